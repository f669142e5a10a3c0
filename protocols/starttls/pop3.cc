// "+OK", and behind that of CAPA a list that ends in a line of one dot. RFC 2449 §5.
#include "pop3.h"

#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

using Kind = StartTlsMeaning::Kind;

class Pop3Reader {
 public:
  StartTlsMeaning operator()(StartTlsState state, std::string_view line) {
    if (listing_) {
      listing_ = line != ".";
      if (!listing_) return {Kind::good};
      return {Kind::more, equalIgnoreCase(trim(line), "STLS")};
    }
    const bool good = line == "+OK" || line.starts_with("+OK ");
    if (state != StartTlsState::capabilities) return {good ? Kind::good : Kind::refused};
    listing_ = good;
    return {good ? Kind::more : Kind::askAnyway};  // RFC 2449 came later than many a server
  }

 private:
  bool listing_ = false;  // the lines of CAPA come
};

}  // namespace

StartTlsWords pop3StartTls() { return {"STLS", "CAPA\r\n", "STLS\r\n", Pop3Reader()}; }

}  // namespace ropewalk
