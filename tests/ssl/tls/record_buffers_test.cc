// Who keeps OpenSSL's record buffers between two messages; and that nothing is lost with them.

#include "ropewalk/ssl/detail/record_buffers.h"

#include <openssl/err.h>

#include "ropewalk/ssl/detail/openssl.h"
#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;
using ssl::detail::BioPtr;
using ssl::detail::RecordBuffers;
using ssl::detail::SslPtr;

namespace {

/// A client and a server in memory, set up as ThreadContext does; what one writes is carried over
/// by hand.
struct InMemory {
  InMemory() {
    const ssl::CertificateFiles files = Pki::get().localhost();
    context.reset(SSL_CTX_new(TLS_method()));
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context.get(), 1);
    REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1);
    client = make(*fromServer, *fromClient);
    server = make(*fromClient, *fromServer);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    for (int i = 0; i < 4; ++i) {
      SSL_do_handshake(client.get());
      SSL_do_handshake(server.get());
    }
    REQUIRE(SSL_is_init_finished(client.get()) == 1);
    REQUIRE(SSL_is_init_finished(server.get()) == 1);
  }

  /// The next record of the client's.
  std::string record(std::string_view text) {
    REQUIRE(SSL_write(client.get(), text.data(), static_cast<int>(text.size())) > 0);
    std::string bytes(BIO_ctrl_pending(fromClient.get()), '\0');
    BIO_read(fromClient.get(), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  /// What the server makes of some more bytes.
  std::string serverReads(std::string_view bytes) {
    if (!bytes.empty()) BIO_write(fromClient.get(), bytes.data(), static_cast<int>(bytes.size()));
    std::array<char, 1024> text{};
    const int got = SSL_read(server.get(), text.data(), text.size());
    return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : "";
  }

  ssl::detail::SslContextPtr context;
  BioPtr fromServer = endless();
  BioPtr fromClient = endless();
  SslPtr client;
  SslPtr server;

 private:
  static BioPtr endless() {
    BioPtr bio(BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(bio.get(), -1);  // empty is not the end
    return bio;
  }
  [[nodiscard]] SslPtr make(BIO& in, BIO& out) const {
    SslPtr ssl(SSL_new(context.get()));
    BIO_up_ref(&in);
    BIO_up_ref(&out);
    SSL_set_bio(ssl.get(), &in, &out);
    return ssl;
  }
};

bool keeps(const SslPtr& ssl) { return (SSL_get_mode(ssl.get()) & SSL_MODE_RELEASE_BUFFERS) == 0; }

constexpr TimePoint kStart{std::chrono::hours(1)};

}  // namespace

TEST_CASE("who speaks first in a place keeps its buffers, and stays as long as it speaks") {
  InMemory ends;
  RecordBuffers buffers;
  CHECK_FALSE(keeps(ends.server));
  buffers.speaks(7, ends.server.get(), kStart);
  CHECK(keeps(ends.server));

  const Duration almost = RecordBuffers::kSilence - std::chrono::milliseconds(1);
  buffers.speaks(7, ends.client.get(), kStart + almost);
  CHECK_FALSE(keeps(ends.client));
  buffers.speaks(7, ends.server.get(), kStart + almost);
  buffers.speaks(7, ends.client.get(), kStart + 2 * almost);
  CHECK(keeps(ends.server));
  CHECK_FALSE(keeps(ends.client));
}

TEST_CASE("a silent keeper loses its place to the next that speaks there, a gone one at once") {
  InMemory ends;
  RecordBuffers buffers;
  buffers.speaks(7, ends.server.get(), kStart);
  buffers.speaks(7, ends.client.get(), kStart + RecordBuffers::kSilence);
  CHECK_FALSE(keeps(ends.server));
  CHECK(keeps(ends.client));

  buffers.forget(7, ends.server.get());  // has no place any more: changes nothing
  const TimePoint soon = kStart + RecordBuffers::kSilence;
  buffers.speaks(7, ends.server.get(), soon);
  CHECK_FALSE(keeps(ends.server));
  buffers.forget(7, ends.client.get());
  buffers.speaks(7, ends.server.get(), soon);
  CHECK(keeps(ends.server));
}

TEST_CASE("connections get places in turn") {
  RecordBuffers buffers;
  for (std::size_t i = 0; i < 2 * RecordBuffers::kPlaces; ++i)
    CHECK(buffers.assign() == i % RecordBuffers::kPlaces);
}

TEST_CASE("a place that is lost in the middle of a record loses none of it") {
  InMemory ends;
  const std::string length = ends.record("how long is it?");
  ends.serverReads(length);
  for (std::size_t cut = 0; cut <= length.size(); ++cut) {
    RecordBuffers buffers;
    buffers.speaks(0, ends.server.get(), kStart);
    const std::string record = ends.record("how long is it?");
    const std::string begin = ends.serverReads(std::string_view(record).substr(0, cut));
    buffers.speaks(0, ends.client.get(), kStart + RecordBuffers::kSilence);
    const std::string end = ends.serverReads(std::string_view(record).substr(cut));
    CHECK(begin + end == "how long is it?");
  }
}

TEST_CASE("what others leave in OpenSSL's error queue is no failure of a connection") {
  EVERY_POLLER;
  TlsPair pair(world);
  pair.prepareServer = [](Recorder& server) {
    server.onData = [](std::string_view) { ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR); };
  };
  REQUIRE(pair.connect());
  // Records of 16 KiB come in pieces: reads that find no whole one, among the errors.
  const std::string text(200'000, 'x');
  pair.client.protocol->transport().write(text);
  REQUIRE(world.until([&] { return pair.server.received.size() == text.size(); }));
  CHECK(ERR_peek_error() != 0);
  pair.client.protocol->transport().loseConnection();
  REQUIRE(world.until([&] { return pair.server.over && pair.client.over; }));
  CHECK(pair.server.lostKind == "ConnectionDone");
  CHECK(pair.client.lostKind == "ConnectionDone");
  ERR_clear_error();
}
