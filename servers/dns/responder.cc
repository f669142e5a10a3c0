// What responders have in common.
#include "responder.h"

#include <arpa/inet.h>

#include <array>
#include <stdexcept>

namespace ropewalk::dns {

Question Query::question() const { return {Name::fromWire(view.name()), view.type, view.klass}; }

Address Query::peer() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = peerBytes.size() == 4 ? AF_INET : AF_INET6;
  if (peerBytes.size() != 4 && peerBytes.size() != 16) return {};
  if (::inet_ntop(family, peerBytes.data(), text.data(), text.size()) == nullptr) return {};
  return family == AF_INET ? Address::IPv4(text.data(), 0) : Address::IPv6(text.data(), 0);
}

Deferred<std::optional<Message>> Responder::resolve(LaterQuery /*query*/) {
  throw std::logic_error("a responder that says later must override resolve");
}

}  // namespace ropewalk::dns
