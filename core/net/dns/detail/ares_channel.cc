// c-ares options and callbacks: sockets watched by the reactor, one timer, answers kept until
// c-ares has returned; reopened when resolv.conf has changed.

#include "ares_channel.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::detail {

namespace {

inline constexpr log::Logger kLog{"dns"};

/// The library's own initialisation is not thread-safe, and reactors may be made on many threads.
void initializeLibrary() {
  static std::once_flag once;
  static int status = ARES_SUCCESS;
  std::call_once(once, [] { status = ares_library_init(ARES_LIB_INIT_ALL); });
  if (status != ARES_SUCCESS) {
    throw DNSLookupError(format("cannot start c-ares: {}", ares_strerror(status)));
  }
}

Address toAddress(const sockaddr* from, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(from)->sin_addr, text, sizeof text);
    return Address::IPv4(text, port);
  }
  const auto* wide = reinterpret_cast<const sockaddr_in6*>(from);
  ::inet_ntop(AF_INET6, &wide->sin6_addr, text, sizeof text);
  std::string host = text;
  char scope[IF_NAMESIZE] = "";
  if (wide->sin6_scope_id != 0 && ::if_indextoname(wide->sin6_scope_id, scope) != nullptr) {
    host.append("%").append(scope);
  }
  return Address::IPv6(host, port);
}

// As clients/dns has it: a server that left a question unanswered comes last for so long.
constexpr Duration kPenalty = 30s;

std::string toText(const ares_addr_port_node& server) {
  const int port = server.udp_port != 0 ? server.udp_port : 53;
  return serverText(server.family, &server.addr, static_cast<std::uint16_t>(port));
}

/// c-ares takes C strings that it does not change, by pointers to non-const.
std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (const std::string& text : strings) all.push_back(const_cast<char*>(text.c_str()));
  return all;
}

/// c-ares 1.18 refuses a whole list for one fe80::1%eth0.
std::vector<std::string> withoutZones(std::vector<std::string> servers) {
  std::erase_if(servers, [](const std::string& server) {
    const bool zone = server.find('%') != std::string::npos;
    if (zone) kLog.debug("connecting by name leaves out the name server {}: it has a zone", server);
    return zone;
  });
  return servers;
}

/// Whether a name can be searched for below it: "." is no part of a name, and nor is what is empty.
bool isSearchDomain(std::string_view domain) {
  return !domain.empty() && !domain.starts_with('.') && domain.find("..") == domain.npos;
}

/// What c-ares is given in the place of the list that it reads for itself; nothing: it may read it.
/// systemd-resolved writes "search .", which means no more than the name itself; c-ares makes
/// "name.." of it, and fails the name for that.
std::optional<std::vector<std::string>> searchList(const ResolverOptions& options,
                                                   const ResolvConf& conf) {
  if (!options.search && std::getenv("LOCALDOMAIN") != nullptr) return {};  // beats the file
  auto list = options.search ? options.search : conf.search;
  if (!list) return {};
  const auto odd = std::erase_if(*list, [](const auto& each) { return !isSearchDomain(each); });
  return options.search || odd != 0 ? list : std::nullopt;
}

std::string joined(const std::vector<std::string>& servers) {
  std::string list;
  for (const std::string& server : servers) list += (list.empty() ? "" : ",") + server;
  return list;
}

int giveServers(ares_channel channel, const std::vector<std::string>& servers) {
  return ares_set_servers_ports_csv(channel, joined(servers).c_str());
}

}  // namespace

AresChannel::AresChannel(Reactor& reactor, ResolverOptions options)
    : reactor_(reactor),
      options_(std::move(options)),
      sockets_([this](int fd) { readRefusal(fd); }),
      conf_(options_.resolvConf) {
  initializeLibrary();
  (void)conf_.reread();
  open();
}

AresChannel::~AresChannel() { close(); }

void AresChannel::open() {
  ares_options wanted{};
  char lookups[] = "b";  // DNS only: the hosts file is HostsFile's
  const auto search = searchList(options_, conf_.content());
  std::vector<char*> domains;
  if (search) domains = pointers(*search);
  std::string resolvConf = options_.resolvConf;
  wanted.lookups = lookups;
  wanted.resolvconf_path = resolvConf.data();
  wanted.sock_state_cb_data = this;
  wanted.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<AresChannel*>(self)->watch(fd, {readable != 0, writable != 0});
  };
  wanted.domains = domains.data();
  wanted.ndomains = static_cast<int>(domains.size());
  wanted.ndots = options_.ndots.value_or(1);
  // c-ares 1.18 reads neither timeout nor attempts, and other versions have defaults of their own.
  const ResolvConf conf = options_.servers.empty() ? conf_.content() : ResolvConf();
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(
      options_.timeout.value_or(conf.timeout.value_or(ResolvConf::kTimeout)));
  wanted.timeout = static_cast<int>(std::max<std::int64_t>(timeout.count(), 1));
  wanted.tries =
      std::max(options_.tries.value_or(conf.attempts.value_or(ResolvConf::kAttempts)), 1);
  if (conf.tcp) wanted.flags = ARES_FLAG_USEVC;

  int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_TIMEOUTMS |
             ARES_OPT_TRIES | (conf.rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
  if (conf.tcp) mask |= ARES_OPT_FLAGS;
  if (search) mask |= ARES_OPT_DOMAINS;
  if (options_.ndots) mask |= ARES_OPT_NDOTS;
  if (const int status = ares_init_options(&channel_, &wanted, mask); status != ARES_SUCCESS) {
    channel_ = nullptr;
    throw DNSLookupError(format("cannot start the resolver: {}", ares_strerror(status)));
  }
  sockets_.serve(channel_);
  useServers(options_.servers.empty() ? withoutZones(conf.servers) : options_.servers);
  configured_ = ordered_ = serverList();
}

/// c-ares asks in the same order for every name, also when the first server has been silent.
void AresChannel::orderServers() {
  std::vector<std::string> wanted = configured_;
  const auto better = std::find(wanted.begin(), wanted.end(), better_);
  if (reactor_.now() < betterUntil_ && better != wanted.end())
    std::rotate(wanted.begin(), better, better + 1);
  if (wanted == ordered_) return;
  useServers(wanted);
  ordered_ = std::move(wanted);
}

/// A program that names no servers is not to blame for resolv.conf: those that c-ares has read for
/// itself stay in use then.
void AresChannel::useServers(const std::vector<std::string>& servers) {
  if (servers.empty()) return;  // those of c-ares, or 127.0.0.1
  const std::vector<std::string> before = serverList();
  const int status = giveServers(channel_, servers);
  if (status == ARES_SUCCESS) return;
  const std::string why =
      format("cannot use the name servers \"{}\": {}", joined(servers), ares_strerror(status));
  if (options_.servers.empty()) {
    kLog.debug("{}", why);
    (void)giveServers(channel_, before);
    return;
  }
  ares_destroy(std::exchange(channel_, nullptr));
  throw DNSLookupError(why + "; give IP addresses, \"192.0.2.1:53\"");
}

/// A laptop changes networks, a container's resolv.conf is rewritten: a server that runs
/// for months must notice.
void AresChannel::reopenIfReconfigured() {
  if (!asked_.empty()) return;
  const bool changed = conf_.reread();
  if (channel_ != nullptr) {
    if (!changed) return orderServers();
    ares_destroy(std::exchange(channel_, nullptr));
  }
  open();
}

void AresChannel::close() {
  timer_.clear();
  if (channel_ == nullptr) return;
  ares_destroy(std::exchange(channel_, nullptr));  // answers every query, closes every socket
  handOut();
}

Deferred<std::vector<Address>> AresChannel::ask(std::string name, std::uint16_t port) {
  try {
    reopenIfReconfigured();
  } catch (...) {
    return fail<std::vector<Address>>(Failure::current());
  }
  Query& query = asked_.emplace_back(Query{this, {}, std::move(name), port});
  query.position = std::prev(asked_.end());
  Deferred<std::vector<Address>> result = query.source.deferred();
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else each address comes once for each kind of socket
  ares_getaddrinfo(channel_, query.name.c_str(), nullptr, &hints, &AresChannel::answered, &query);
  waitForTimeout();
  handOut();  // what needed no network
  return result;
}

/// c-ares says which directions of a socket it waits for;
/// neither means that it is about to close it.
void AresChannel::watch(int fd, Interest interest) {
  const Interest before = watched_[fd];
  if (interest.read != before.read) {
    if (interest.read) {
      reactor_.addReader(fd, [this, fd] { process(fd, ARES_SOCKET_BAD); });
    } else {
      reactor_.removeReader(fd);
    }
  }
  if (interest.write != before.write) {
    if (interest.write) {
      reactor_.addWriter(fd, [this, fd] { process(ARES_SOCKET_BAD, fd); });
    } else {
      reactor_.removeWriter(fd);
    }
  }
  watched_[fd] = interest;
  if (!interest.read && !interest.write) watched_.erase(fd);
}

void AresChannel::process(int readable, int writable) {
  const auto self = shared_from_this();  // a callback may close the resolver
  ares_process_fd(channel_, readable, writable);
  waitForTimeout();
  handOut();
}

/// Once c-ares has returned: it is not to be entered from within.
void AresChannel::readRefusal(int fd) {
  reactor_.callSoon([weak = weak_from_this(), fd] {
    const auto self = weak.lock();
    if (self && self->watched_.contains(fd)) self->process(fd, ARES_SOCKET_BAD);
  });
}

void AresChannel::waitForTimeout() {
  timer_.clear();
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return;
  const Duration delay =
      std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  timer_ = reactor_.callLater(delay, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
}

void AresChannel::handOut() {
  while (!answered_.empty()) {
    std::list<Query> one;
    one.splice(one.begin(), answered_, answered_.begin());
    one.front().source.fire(*std::move(one.front().result));
  }
}

void AresChannel::answered(void* argument, int status, int timeouts,
                           ares_addrinfo* found) noexcept {
  Query& query = *static_cast<Query*>(argument);
  AresChannel& self = *query.channel;
  try {
    query.result = status == ARES_SUCCESS ? toAddresses(query, found) : self.explain(query, status);
  } catch (...) {
    query.result = Failure::current();
  }
  if (found != nullptr) ares_freeaddrinfo(found);
  const bool heard = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
  if (heard && timeouts > 0) {
    self.better_ = self.sockets_.answeredLast();
    self.betterUntil_ = self.reactor_.now() + kPenalty;
  }
  self.answered_.splice(self.answered_.end(), self.asked_, query.position);
}

Result<std::vector<Address>> AresChannel::toAddresses(const Query& query,
                                                      const ares_addrinfo* found) {
  std::vector<Address> addresses;
  for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    Address address = toAddress(node->ai_addr, query.port);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  if (addresses.empty()) {
    return Failure(DNSLookupError(
        format("cannot resolve {}: the name has no address", quoteBytes(query.name))));
  }
  return addresses;
}

Failure AresChannel::explain(const Query& query, int status) const {
  const auto failed = [&query](std::string_view why) {
    return Failure(DNSLookupError(format("cannot resolve {}: {}", quoteBytes(query.name), why)));
  };
  switch (status) {
    case ARES_ENOTFOUND:
      return failed(
          format("no such name; check the spelling, or list it in {}", options_.hostsFile));
    case ARES_ENODATA:
      return failed("the name has no address; it may have records of other types");
    case ARES_ETIMEOUT:
      return failed(format("timed out: no answer from {}; check the network and {}", servers(),
                           options_.resolvConf));
    case ARES_ECONNREFUSED:  // also what c-ares says when every server answered REFUSED or SERVFAIL
      return failed(format("refused by {}, or nothing listens there; check {}", servers(),
                           options_.resolvConf));
    case ARES_EREFUSED:
      return failed(format("refused by {}; it may not serve this machine", servers()));
    case ARES_EDESTRUCTION:
    case ARES_ECANCELLED:
      return failed("the resolver was closed meanwhile");
    default:
      return failed(format("{} (asked {}); try again", ares_strerror(status), servers()));
  }
}

std::vector<std::string> AresChannel::serverList() const {
  ares_addr_port_node* list = nullptr;
  std::vector<std::string> all;
  if (channel_ == nullptr || ares_get_servers_ports(channel_, &list) != ARES_SUCCESS) return all;
  for (const auto* server = list; server != nullptr; server = server->next) {
    all.push_back(toText(*server));
  }
  ares_free_data(list);
  return all;
}

/// "127.0.0.1:53, [::1]:53".
std::string AresChannel::servers() const {
  if (channel_ == nullptr) return "the name servers";
  std::string text;
  for (const std::string& server : serverList()) text += (text.empty() ? "" : ", ") + server;
  return text.empty() ? "no name server" : text;
}

}  // namespace ropewalk::detail
