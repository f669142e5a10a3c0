// What is answered without the network: literals, special names (RFC 6761 §6, RFC 7686), the
// hosts file, and names that cannot be.

#include "ares_resolver.h"

#include <string_view>
#include <utility>

#include "ares_channel.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/dns/hosts_file.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035 §2.3.4: 255 octets on the wire
constexpr std::size_t kMaxLabel = 63;  // RFC 1035 §2.3.4

/// Why `name` (canonical) can be no host name; empty when it can. RFC 2181 §11 allows any byte;
/// what people type by mistake is refused.
std::string_view faultOf(std::string_view name) {
  if (name.empty()) return "the name is empty";
  if (name.size() > kMaxName) return "the name is longer than 253 bytes";
  std::size_t label = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return "the name is not ASCII; use its A-label form (xn--...)";
    if (byte <= ' ' || byte == 0x7f) return "the name has a blank or a control character in it";
    if (c != '.') {
      if (++label > kMaxLabel) return "a part of the name is longer than 63 bytes";
    } else if (std::exchange(label, 0) == 0) {
      return "a part of the name is empty";
    }
  }
  return {};
}

/// Whether `name` is `domain` or lies below it.
bool isWithin(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

Deferred<std::vector<Address>> lookupFailed(std::string_view name, std::string_view why) {
  return fail<std::vector<Address>>(
      DNSLookupError(format("cannot resolve {}: {}", quoteBytes(name), why)));
}

class AresResolver final : public HostResolver {
 public:
  AresResolver(Reactor& reactor, ResolverOptions options)
      : hosts_(options.hostsFile),
        channel_(std::make_shared<detail::AresChannel>(reactor, std::move(options))) {}
  AresResolver(const AresResolver&) = delete;
  AresResolver& operator=(const AresResolver&) = delete;
  ~AresResolver() override { channel_->close(); }

  Deferred<std::vector<Address>> resolve(std::string name, std::uint16_t port) override {
    if (Address literal = Address::fromLiteral(name, port);
        literal.family != Address::Family::none) {
      return succeed(std::vector{std::move(literal)});
    }
    const std::string canonical = detail::canonicalName(name);
    if (const auto fault = faultOf(canonical); !fault.empty()) return lookupFailed(name, fault);
    if (isWithin(canonical, "localhost")) {  // RFC 6761 §6.3: never asked
      return succeed(std::vector{Address::IPv6("::1", port), Address::IPv4("127.0.0.1", port)});
    }
    if (isWithin(canonical, "invalid"))
      return lookupFailed(name, "names below invalid do not exist, by RFC 6761");
    if (isWithin(canonical, "onion"))
      return lookupFailed(
          name, "names below onion are no DNS names (RFC 7686); connect through a Tor proxy");
    if (auto listed = hosts_.lookup(canonical, port); !listed.empty())
      return succeed(std::move(listed));
    return channel_->ask(std::move(name), port);
  }

 private:
  detail::HostsFile hosts_;
  std::shared_ptr<detail::AresChannel> channel_;
};

}  // namespace

std::unique_ptr<HostResolver> makeAresResolver(Reactor& reactor, ResolverOptions options) {
  return std::make_unique<AresResolver>(reactor, std::move(options));
}

std::unique_ptr<HostResolver> makeHostResolver(Reactor& reactor) {
  return makeAresResolver(reactor);
}

}  // namespace ropewalk
