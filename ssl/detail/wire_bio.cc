// A BIO method that reads a view and writes to a transport: no buffer in between.
#include "wire_bio.h"

#include <algorithm>
#include <cstring>

#include "ropewalk/core/net/transport.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

namespace {

Wire& wireOf(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

int readWire(BIO* bio, char* into, std::size_t size, std::size_t* read) {
  Wire& wire = wireOf(bio);
  if (wire.incoming.empty()) {
    BIO_set_retry_read(bio);  // for good: this is the only way in which it fails
    return 0;
  }
  *read = std::min(size, wire.incoming.size());
  std::memcpy(into, wire.incoming.data(), *read);
  wire.incoming.remove_prefix(*read);
  return 1;
}

int writeWire(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  wireOf(bio).below->write(std::string_view(bytes, size));
  *written = size;
  return 1;
}

long controlWire(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP ? 1 : 0;
}

BIO_METHOD* makeMethod() {
  BIO_METHOD* method =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ropewalk transport");
  BIO_meth_set_read_ex(method, &readWire);
  BIO_meth_set_write_ex(method, &writeWire);
  BIO_meth_set_ctrl(method, &controlWire);
  return method;
}

}  // namespace

BIO* makeWireBio(Wire& wire) {
  static BIO_METHOD* const method = makeMethod();  // for as long as the process lives
  BIO* const bio = BIO_new(method);
  if (bio == nullptr) throw ContextError("cannot set up TLS for a connection: no memory");
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace ropewalk::ssl::detail
