// TLS over a transport that fails at its nth operation, for every n until the conversation ends
// well; and over one that cuts what arrives in every place.
#include "ropewalk/core/service/policies/protocol_wrapper.h"
#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

enum class Fault {
  abort,    ///< the connection is reset
  cut,      ///< it ends properly, as far as the wire knows
  garble,   ///< a bit of what arrives is wrong
  lose,     ///< one piece of what arrives is missing
  swallow,  ///< a write vanishes
  raise,    ///< an exception when something arrives; writes never throw
};

const char* toText(Fault fault) {
  constexpr const char* kNames[] = {"abort", "cut", "garble", "lose", "swallow", "raise"};
  return kNames[static_cast<int>(fault)];
}

/// What fails when; shared with the layer, which does not live long enough to be asked.
struct Plan {
  Fault fault;
  int at;  ///< the operation that goes wrong: a read or a write, counted from 0
  int operations = 0;
  bool happened = false;
};

/// The layer below TLS: counts reads and writes, and lets one go wrong.
class Faulty final : public TransportWrapper {
 public:
  Faulty(std::unique_ptr<Protocol> inner, std::shared_ptr<Plan> plan)
      : TransportWrapper(std::move(inner)), plan_(std::move(plan)) {}

  void dataReceived(std::string_view data) override {
    if (!due()) return TransportWrapper::dataReceived(data);
    std::string broken(data);
    switch (plan_->fault) {
      case Fault::garble:
        broken[broken.size() / 2] ^= 1;
        return TransportWrapper::dataReceived(broken);
      case Fault::lose:
      case Fault::swallow:
        return;
      default:
        return strike();
    }
  }

  using TransportWrapper::write;
  void write(std::string_view data) override {
    if (plan_->fault == Fault::raise || !due()) return TransportWrapper::write(data);
    if (plan_->fault == Fault::swallow || plan_->fault == Fault::lose) return;
    if (plan_->fault != Fault::garble) return strike();
    std::string broken(data);
    broken[broken.size() / 2] ^= 1;
    TransportWrapper::write(std::string_view(broken));
  }
  void write(std::string&& data) override { write(std::string_view(data)); }

 private:
  bool due() {
    const bool now = plan_->operations++ == plan_->at;
    plan_->happened |= now;
    return now;
  }
  void strike() {
    if (plan_->fault == Fault::abort) return transport().abortConnection();
    if (plan_->fault == Fault::cut) return transport().loseConnection();
    throw std::runtime_error("the wire is on fire");
  }

  std::shared_ptr<Plan> plan_;
};

/// A Recorder that keeps the words of its end.
struct Told final : Recorder {
  Told(Record& record, std::string& words) : Recorder(record), words(words) {}
  void connectionLost(const Failure& why) override {
    words = why.getErrorMessage();
    Recorder::connectionLost(why);
  }
  std::string& words;
};

const std::string& question() {
  static const std::string text(5000, 'q');
  return text;
}
const std::string& answer() {
  static const std::string text(100'000, 'a');
  return text;
}

/// A question and an answer over TLS in memory. Sessions are not kept: each handshake is whole.
struct Conversation {
  static const ssl::Context& serverSide() {
    static const ssl::Context context = serverContext();
    return context;
  }
  static const ssl::Context& clientSide() {
    static const ssl::Context context = clientContext({.resume = false});
    return context;
  }

  Conversation() {
    server = ssl::wrap(serverSide(), factoryOf([this](const Address&) {
                         auto each = std::make_unique<Told>(serverRecord, serverWords);
                         each->onData = [this, self = each.get()](std::string_view) {
                           if (serverRecord.received.size() < question().size()) return;
                           self->transport().write(answer());
                           self->transport().loseConnection();
                         };
                         return each;
                       }))
                 ->buildProtocol({});
    client = ssl::wrapClient(clientSide(), {"localhost"}, factoryOf([this](const Address&) {
                               auto each = std::make_unique<Told>(clientRecord, clientWords);
                               each->onMade = [self = each.get()] {
                                 self->transport().write(question());
                               };
                               return each;
                             }))
                 ->buildProtocol({});
  }

  void run(testing::LoopbackOptions options = {}) {
    auto pump = testing::connectInMemory(*server, *client, options);
    pump.flush();
    // Who waits for what never comes would be ended by a time-out; there is no clock here.
    clientGaveUp = !clientRecord.over;
    if (clientGaveUp) clientRecord.protocol->transport().loseConnection();
    pump.flush();
    if (!serverRecord.over) serverRecord.protocol->transport().abortConnection();
    if (!clientRecord.over) clientRecord.protocol->transport().abortConnection();
    pump.flush();
  }
  [[nodiscard]] bool endedWell() const {
    return serverRecord.lostKind == "ConnectionDone" && clientRecord.lostKind == "ConnectionDone" &&
           clientRecord.received == answer() && serverRecord.received == question();
  }

  Record serverRecord;
  Record clientRecord;
  std::string serverWords;
  std::string clientWords;
  bool clientGaveUp = false;
  std::unique_ptr<Protocol> server;
  std::unique_ptr<Protocol> client;
};

void checkEnd(const Record& record, const std::string& words, const std::string& whole) {
  CHECK(std::count(record.events.begin(), record.events.end(), "lost") == 1);
  CHECK(record.events.back() == "lost");
  CHECK(std::count(record.events.begin(), record.events.end(), "made") == 1);
  CHECK(words.size() > 5);  // something that can be read
  const bool nothingMadeUp = whole.compare(0, record.received.size(), record.received) == 0;
  CHECK(nothingMadeUp);
}

/// One conversation with a fault. @return whether it came to that
bool suffers(Fault fault, int at, bool atServer) {
  INFO(toText(fault) << " at operation " << at << (atServer ? " of the server" : " of the client"));
  log::testing::Captured captured;  // what is thrown is logged
  Conversation talk;
  const auto plan = std::make_shared<Plan>(Plan{fault, at});
  std::unique_ptr<Protocol>& side = atServer ? talk.server : talk.client;
  side = std::make_unique<Faulty>(std::move(side), plan);
  talk.run();
  checkEnd(talk.serverRecord, talk.serverWords, question());
  checkEnd(talk.clientRecord, talk.clientWords, answer());
  if (!plan->happened) CHECK(talk.endedWell());
  // Nobody who was cheated of a part of the text takes the end for a clean one.
  if (talk.clientRecord.received != answer() && !talk.clientGaveUp)
    CHECK(talk.clientRecord.lostKind != "ConnectionDone");
  return plan->happened;
}

/// Hands on what arrives in two pieces, cut at one place of the stream.
class Cutting final : public TransportWrapper {
 public:
  Cutting(std::unique_ptr<Protocol> inner, std::size_t at, std::size_t& seen)
      : TransportWrapper(std::move(inner)), at_(at), seen_(seen) {}
  void dataReceived(std::string_view data) override {
    const std::size_t from = std::exchange(seen_, seen_ + data.size());
    if (at_ <= from || at_ >= seen_) return TransportWrapper::dataReceived(data);
    const std::string copy(data);
    TransportWrapper::dataReceived(std::string_view(copy).substr(0, at_ - from));
    TransportWrapper::dataReceived(std::string_view(copy).substr(at_ - from));
  }

 private:
  std::size_t at_;
  std::size_t& seen_;
};

}  // namespace

TEST_CASE("without a fault the conversation ends well") {
  Conversation talk;
  talk.run();
  CHECK(talk.endedWell());
}

TEST_CASE("whatever goes wrong, and whenever: one connectionLost at each end, with words") {
  const Fault fault =
      GENERATE(Fault::abort, Fault::cut, Fault::garble, Fault::lose, Fault::swallow, Fault::raise);
  const bool atServer = GENERATE(false, true);
  int at = 0;
  while (suffers(fault, at, atServer)) ++at;
  CHECK(at >= 3);  // two flights, the question or the answer, the end
}

TEST_CASE("ciphertext may come byte by byte") {
  Conversation talk;
  auto pump = testing::connectInMemory(*talk.server, *talk.client, {.split = 1});
  for (int turn = 0; turn < 500'000 && !(talk.serverRecord.over && talk.clientRecord.over); ++turn)
    pump.pump();
  CHECK(talk.endedWell());
}

TEST_CASE("the server's first flight may be cut in any place") {
  std::size_t flight = 2;  // its length varies by some bytes: signatures do
  for (std::size_t at = 1; at < flight; ++at) {
    INFO("cut at " << at << " of " << flight);
    Conversation talk;
    std::size_t seen = 0;
    talk.client = std::make_unique<Cutting>(std::move(talk.client), at, seen);
    {
      auto pump = testing::connectInMemory(*talk.server, *talk.client);
      while (seen == 0) REQUIRE(pump.pump());
      flight = seen;
      pump.flush();
    }
    REQUIRE(talk.endedWell());
  }
  CHECK(flight > 500);
}
