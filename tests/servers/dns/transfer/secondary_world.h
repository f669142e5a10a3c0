// Primaries that are honest or lie, and a secondary of theirs, on loopback.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/servers/dns/dispatcher.h"
#include "ropewalk/servers/dns/stream_server.h"
#include "ropewalk/servers/dns/transfer/secondary.h"
#include "ropewalk/servers/dns/transfer/transfer.h"
#include "tests/catch.h"
#include "tests/servers/dns/zone_world.h"

namespace ropewalk::dns::trial {

inline const Name kApex("example.test");
inline const std::string kLoopback("\x7f\0\0\1", 4);

inline std::string manyRecords(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "host" + std::to_string(i) + " A 10.0." + std::to_string(i / 250) + "." +
            std::to_string(i % 250) + "\n";
  }
  return text;
}

/// All records of a zone, as text.
inline Lines recordsOf(const Zone& zone) {
  Lines all;
  zone.forEach([&](const RecordView& record) {
    all.push_back(wire::nameToText(record.name) + " " + std::to_string(record.ttl) + " " +
                  toText(record.type) + " " + rdataToText(record.type, record.data));
    return true;
  });
  std::sort(all.begin(), all.end());
  return all;
}

/// A server that gives its zones to anybody on this machine.
struct Primary {
  explicit Primary(Reactor& reactor) : history(std::make_shared<ZoneHistory>(reactor)) {
    authority->onChange([this](const auto& zone) { history->changed(zone); });
    transfers = std::make_shared<Transfers>(authority, history);
    TransferPolicy policy;
    policy.allow({"127.0.0.0/8"});
    transfers->setPolicy(policy);
    dispatcher->setResponders({authority});
    dispatcher->setTransfers(transfers);
    port = reactor.listenTCP(0, factoryOf([this](const Address&) {
                               ++connections;
                               return std::make_unique<StreamServer>(dispatcher,
                                                                     StreamServerOptions());
                             }),
                             {.interface = "127.0.0.1"});
  }
  std::string address() const { return toText(port.getHost()); }

  std::shared_ptr<Authority> authority = std::make_shared<Authority>();
  std::shared_ptr<ZoneHistory> history;
  std::shared_ptr<Transfers> transfers;
  std::shared_ptr<Dispatcher> dispatcher = std::make_shared<Dispatcher>();
  ListeningPort port;
  int connections = 0;
};

/// A primary that answers as a test likes; a message that is no answer: it ends the connection.
struct Liar {
  using Script = std::function<std::vector<Message>(const Message& question)>;
  struct Connection : Int16StringReceiver {
    explicit Connection(const Script& answer) : answer(answer) {}
    void stringReceived(std::string_view bytes) override {
      const auto question = Message::decode(bytes);
      REQUIRE(question);
      const std::vector<Message> messages = answer(*question);
      for (const Message& message : messages) sendString(message.encode());
      if (!messages.empty() && !messages.back().response) transport().abortConnection();
    }
    const Script& answer;
  };

  Liar(Reactor& reactor, Script answers)
      : script(std::move(answers)),
        port(reactor.listenTCP(
            0, factoryOf([this](const Address&) { return std::make_unique<Connection>(script); }),
            {.interface = "127.0.0.1"})) {}
  std::string address() const { return toText(port.getHost()); }

  const Script script;
  ListeningPort port;
};

inline Record soaRecord(std::uint32_t serial) {
  SOA soa;
  soa.mname = Name("ns.example.test");
  soa.rname = Name("hostmaster.example.test");
  soa.serial = serial;
  soa.refresh = 3600;
  soa.retry = 600;
  soa.expire = 86400;
  soa.minimum = 60;
  return makeRecord(kApex, soa);
}
inline Record nsRecord() { return makeRecord(kApex, NS(Name("ns.example.test"))); }
inline Record hostRecord(std::string_view name, std::string_view address) {
  return makeRecord(Name(name), A(address));
}

inline Message answerTo(const Message& question, std::vector<Record> records) {
  Message answer;
  answer.id = question.id;
  answer.response = true;
  answer.authoritative = true;
  answer.questions = question.questions;
  answer.answers = std::move(records);
  return answer;
}

/// A secondary of example.test, whose time the test moves.
struct SecondaryWorld {
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      reactor.iterate(20ms);
    }
    return true;
  }
  SecondaryOptions options(std::string primary) {
    SecondaryOptions options;
    options.primaries = {std::move(primary)};
    options.clock = &clock;
    options.notifySpacing = 0s;
    return options;
  }
  /// Starts one, and waits until its first round is over.
  Secondary& start(SecondaryOptions options) {
    secondary.emplace(reactor, authority, kApex, std::move(options));
    secondary->start();
    REQUIRE(until([&] { return !secondary->refreshing(); }));
    return *secondary;
  }
  void round(Secondary& which) {
    which.refresh();
    REQUIRE(until([&] { return !which.refreshing(); }));
  }
  std::uint32_t serial() const {
    const auto zone = authority->zone(kApex);
    return zone ? zone->serial() : 0;
  }

  log::testing::Captured captured;
  testing::Clock clock;
  Reactor reactor;
  std::shared_ptr<Authority> authority = std::make_shared<Authority>();
  std::optional<Secondary> secondary;
};

inline Message notifyOf(std::optional<std::uint32_t> serial = {},
                        std::string_view apex = "example.test") {
  Message message = Asked::questionFor(apex, Type::SOA);
  message.opcode = Opcode::NOTIFY;
  if (serial) message.answers = {soaRecord(*serial)};
  return message;
}

}  // namespace ropewalk::dns::trial
