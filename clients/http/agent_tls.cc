// The options of https as ssl::ClientOptions.
#include "agent_tls.h"

namespace ropewalk::http {

ssl::Context contextOf(const AgentTLS& options) {
  ssl::ClientOptions client;
  client.trust = options.trust;
  client.verify = options.verify;
  client.certificate = options.certificate;
  client.key = options.key;
  client.password = options.password;
  client.passwordFile = options.passwordFile;
  client.pins = options.pins;
  client.alpn = options.alpn;
  return ssl::Context::client(std::move(client));
}

}  // namespace ropewalk::http
