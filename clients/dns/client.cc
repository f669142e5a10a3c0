// The rounds through the servers, and the account of what each did. RFC 1035 §7.2.
#include "client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "answer.h"
#include "ropewalk/clients/dns/detail/outcome.h"
#include "ropewalk/clients/dns/detail/upstream.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/dns/resolv_conf.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/errors.h"

namespace ropewalk::dns {

namespace {

inline constexpr log::Logger kLog{"dns.client"};

using ropewalk::detail::ResolvConf;
using ropewalk::detail::ResolvConfFile;

using Servers = std::vector<std::shared_ptr<Upstream>>;

/// Answers that another server may have better.
bool isExcuse(Rcode rcode) {
  return rcode == Rcode::SERVFAIL || rcode == Rcode::REFUSED || rcode == Rcode::NOTIMP ||
         rcode == Rcode::FORMERR || rcode == Rcode::NOTAUTH || rcode == Rcode::BADVERS ||
         rcode == Rcode::BADCOOKIE;
}

/// What became of asking each server, for the message of the error.
class Account {
 public:
  void note(const Upstream& server, std::string what) {
    const std::string name = toText(server.address());
    // "cannot ask NAME: why", behind the name: why is enough.
    const std::size_t again = what.find(name + ": ");
    if (again != std::string::npos) what.erase(0, again + name.size() + 2);
    for (auto& [known, last] : lines_) {
      if (known != name) continue;
      last = std::move(what);
      return;
    }
    lines_.emplace_back(name, std::move(what));
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& [name, what] : lines_)
      all += format("{}{}: {}", all.empty() ? "" : "; ", name, what);
    return all;
  }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace

struct Client::Core {
  Core(Reactor& loop, ClientOptions how, std::shared_ptr<ClientCounts> count)
      : reactor(loop), options(std::move(how)), counts(std::move(count)), file(options.resolvConf) {
    if (!options.servers.empty()) use(options.servers);
  }

  /// Servers that are still there keep what is known of them.
  void use(const std::vector<std::string>& names) {
    Servers next;
    for (const std::string& name : names) {
      const ServerAddress address = ServerAddress::parse(name);
      const auto known = std::find_if(servers.begin(), servers.end(), [&](const auto& server) {
        return server->address() == address;
      });
      next.push_back(known != servers.end()
                         ? *known
                         : std::make_shared<Upstream>(reactor, address, options, counts));
    }
    servers = std::move(next);
  }

  void rereadConfiguration() {
    if (!options.servers.empty() || !file.reread()) return;
    const ResolvConf& conf = file.content();
    if (conf.tcp) options.tcp = true;
    use(conf.servers.empty() ? std::vector<std::string>{"127.0.0.1"} : conf.servers);
    kLog.debug("name servers of {}: {}", options.resolvConf, servers.size());
  }

  [[nodiscard]] Duration timeout() const {
    return options.timeout.value_or(file.content().timeout.value_or(ResolvConf::kTimeout));
  }
  [[nodiscard]] int tries() const {
    return std::max(
        1, options.tries.value_or(file.content().attempts.value_or(ResolvConf::kAttempts)));
  }

  /// The order of one question.
  [[nodiscard]] Servers ordered() {
    Servers order = servers;
    if (options.rotate.value_or(file.content().rotate))
      std::rotate(order.begin(), order.begin() + static_cast<long>(turn++ % order.size()),
                  order.end());
    std::stable_partition(order.begin(), order.end(),
                          [](const auto& server) { return !server->penalised(); });
    return order;
  }

  static Deferred<Message> ask(std::shared_ptr<Core> core, Question question);

  Reactor& reactor;
  ClientOptions options;
  std::shared_ptr<ClientCounts> counts;
  ResolvConfFile file;
  Servers servers{};
  std::size_t turn = 0;
};

Deferred<Message> Client::Core::ask(std::shared_ptr<Core> core, Question question) {
  core->rereadConfiguration();
  Servers order = core->ordered();
  Account account;
  std::optional<Message> excuse;
  Duration timeout = core->timeout();
  const int tries = core->tries();
  for (int round = 0; round < tries && !order.empty(); ++round, timeout *= 2) {
    Servers silent;  // only these are asked again
    for (const auto& server : order) {
      Deferred<detail::Outcome<Message>> asking =
          detail::outcomeOf(Upstream::ask(server, question, timeout));
      detail::Outcome<Message> outcome = co_await std::move(asking);
      if (outcome.cancelled()) co_return std::move(outcome.result);
      if (!outcome.ok()) {
        account.note(*server, outcome.result.failure().getErrorMessage());
        silent.push_back(server);
        continue;
      }
      const bool nothing = saysNothing(*outcome.result);
      if (!nothing && !isExcuse(outcome.result->rcode)) co_return std::move(outcome.result);
      account.note(*server,
                   nothing ? "an answer that says nothing" : toText(outcome.result->rcode));
      if (!excuse || !isLame(*outcome.result)) excuse = std::move(*outcome.result);
    }
    order = std::move(silent);
    // Somebody tried, and could not: who says nothing will hardly do better.
    if (excuse && excuse->rcode == Rcode::SERVFAIL) break;
  }
  // That a lame server has nothing is no news of what those have who were silent.
  if (excuse && (order.empty() || !isLame(*excuse))) co_return std::move(*excuse);
  co_return Failure(DNSQueryTimeoutError(
      format("cannot resolve {}: no answer ({})", toText(question), account.text())));
}

Client::Client(Reactor& reactor, ClientOptions options)
    : counts_(std::make_shared<ClientCounts>()),
      core_(std::make_shared<Core>(reactor, std::move(options), counts_)) {}

Client::~Client() = default;

Deferred<Message> Client::ask(Question question) {
  ++counts_->asked;
  if (inFlight_.contains(question)) ++counts_->merged;
  return inFlight_.ask(question, [this, question] { return Core::ask(core_, question); });
}

std::vector<std::string> Client::servers() {
  core_->rereadConfiguration();
  std::vector<std::string> names;
  for (const auto& server : core_->servers) names.push_back(toText(server->address()));
  return names;
}

}  // namespace ropewalk::dns
