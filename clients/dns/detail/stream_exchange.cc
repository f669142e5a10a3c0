// The conversation on one connection: ids to those who wait, and the second try where a kept one
// was closed. RFC 7766 §6.2.
#include "stream_exchange.h"

#include <map>
#include <optional>
#include <utility>

#include "outcome.h"
#include "ropewalk/clients/dns/shared_result.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/protocols/basic/string_receivers.h"
#include "ropewalk/protocols/dns/errors.h"

namespace ropewalk::dns {

namespace {
inline constexpr log::Logger kLog{"dns.client"};
}

/// The client's end of a connection: messages behind their length (RFC 1035 §4.2.2).
class StreamExchange::Conversation final : public Int16StringReceiver {
 public:
  Conversation(Clock& clock, StreamOptions options, std::shared_ptr<ClientCounts> counts)
      : Int16StringReceiver(kMaxMessageLength),
        options_(options),
        counts_(std::move(counts)),
        idle_(clock, [this] { transport().loseConnection(); }) {}

  Deferred<Message> ask(Question question, QueryOptions options) {
    if (asked_.size() >= options_.underWay)
      return fail<Message>(
          ResolverError(format("cannot ask for {}: {} questions wait for {} already",
                               toText(question), asked_.size(), toText(transport().getPeer()))));
    const std::uint16_t id = freeId();
    const auto [at, fresh] =
        asked_.try_emplace(id, OutgoingQuery(std::move(question), std::move(options), id));
    Asked& asked = at->second;
    Deferred<Message> answer = asked.answer.deferred();
    asked.answer.onCancel([self = handleOf(*this), id](Source<Message>& source) {
      source.errback(CancelledError("cancelled"));
      if (self) self->forget(id);
    });
    idle_.clear();
    ++counts_->sent;
    sendString(asked.query.wire());
    return answer;
  }

  /// No more questions: closes when those under way are over.
  void retire() {
    options_.idle = Duration::zero();
    if (asked_.empty()) transport().abortConnection();
  }

  [[nodiscard]] bool usable() const {
    return transport().connected() && !transport().disconnecting();
  }

  void stringReceived(std::string_view string) override {
    if (string.size() < kHeaderLength) return broken("it is shorter than a header");
    const auto id = static_cast<std::uint16_t>(static_cast<unsigned char>(string[0]) << 8 |
                                               static_cast<unsigned char>(string[1]));
    const auto found = asked_.find(id);
    if (found == asked_.end()) return ignore("nobody waits for its id");
    Result<Message> answer = found->second.query.receive(string);
    if (!answer) return ignore(answer.failure().getErrorMessage());
    ++counts_->answers;
    Source<Message> source = std::move(found->second.answer);
    forget(id);
    source.fire(std::move(answer));
  }

  void connectionLost(const Failure& reason) override {
    std::map<std::uint16_t, Asked> asked = std::move(asked_);
    asked_.clear();
    for (auto& [id, one] : asked) {
      if (!one.answer.called()) one.answer.errback(reason);
    }
  }

 private:
  struct Asked {
    explicit Asked(OutgoingQuery outgoing) : query(std::move(outgoing)) {}
    OutgoingQuery query;
    Source<Message> answer{};
  };

  [[nodiscard]] std::uint16_t freeId() const {
    std::uint16_t id = randomId();
    while (asked_.contains(id)) ++id;  // there are far fewer than 65,536
    return id;
  }
  void forget(std::uint16_t id) {
    asked_.erase(id);
    if (!asked_.empty()) return;
    if (options_.idle == Duration::zero()) return transport().loseConnection();
    idle_.set(options_.idle);
  }
  void ignore(std::string_view why) {
    ++counts_->ignored;
    kLog.debug("ignored a message from {}: {}", toText(transport().getPeer()), why);
  }
  /// A server that cannot write messages is not to be trusted with the next one.
  void broken(std::string_view why) {
    ignore(why);
    transport().abortConnection();
  }

  StreamOptions options_;
  std::shared_ptr<ClientCounts> counts_;
  Deadline idle_;
  std::map<std::uint16_t, Asked> asked_;
};

struct StreamExchange::Core {
  using Opening = detail::SharedResult<Handle<Protocol>>;

  Core(Clock& timer, OpenStream opens, std::shared_ptr<ClientCounts> count, StreamOptions how)
      : clock(timer), open(std::move(opens)), counts(std::move(count)), options(how) {}

  [[nodiscard]] bool kept() const {
    return connection && static_cast<Conversation&>(*connection).usable();
  }

  /// Joins the attempt to connect, or begins one.
  Deferred<Handle<Protocol>> connected() {
    if (opening) return opening->wait();
    opening = std::make_shared<Opening>();
    const std::shared_ptr<Opening> attempt = opening;
    Deferred<Handle<Protocol>> mine = attempt->wait();
    auto factory = factoryFor<Conversation>(std::ref(clock), options, counts);
    Deferred<Handle<Protocol>> opened = maybeDeferred(open, std::move(factory));
    opened.addCallback([this](const Handle<Protocol>& made) { connection = made; });
    attempt->start(std::move(opened), [this] { opening.reset(); });
    return mine;
  }

  void close() {
    if (kept()) connection->transport().abortConnection();
    if (const auto attempt = std::exchange(opening, {})) attempt->abandon();
  }

  Clock& clock;
  OpenStream open;
  std::shared_ptr<ClientCounts> counts;
  StreamOptions options;
  Handle<Protocol> connection{};  // made by our factory: a Conversation
  std::shared_ptr<Opening> opening{};
};

StreamExchange::StreamExchange(Clock& clock, OpenStream open, std::shared_ptr<ClientCounts> counts,
                               StreamOptions options)
    : core_(std::make_shared<Core>(clock, std::move(open), std::move(counts), options)) {}

StreamExchange::~StreamExchange() { core_->close(); }

void StreamExchange::leaveConnection() {
  if (core_->kept()) static_cast<Conversation&>(*core_->connection).retire();
  core_->connection = {};
}

Deferred<Message> StreamExchange::ask(Question question, QueryOptions options) {
  options.cookie.clear();  // who completes a handshake is where he says (RFC 7873 §5.2.3)
  options.randomCase = options.sameCase = false;
  return askOn(core_, std::move(question), std::move(options));
}

Deferred<Message> StreamExchange::askOn(std::shared_ptr<Core> core, Question question,
                                        QueryOptions options) {
  for (;;) {
    const bool reused = core->kept();
    if (!reused) {
      Deferred<Handle<Protocol>> connecting = core->connected();
      static_cast<void>(co_await std::move(connecting));
      if (!core->kept()) co_return Failure(ConnectionLost("the connection was closed at once"));
    }
    auto& conversation = static_cast<Conversation&>(*core->connection);
    Deferred<detail::Outcome<Message>> asking =
        detail::outcomeOf(conversation.ask(question, options));
    detail::Outcome<Message> outcome = co_await std::move(asking);
    if (outcome.ok()) co_return std::move(outcome.result);
    // RFC 7766 §6.2.4: the server may have closed an idle connection as we asked.
    const bool closed = outcome.result.failure().check<ConnectionClosed>() != nullptr;
    if (!reused || !closed) co_return std::move(outcome.result);
  }
}

}  // namespace ropewalk::dns
