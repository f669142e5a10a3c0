// PrivateRoot: a small DNS of its own on loopback addresses: a root, zones below it, and servers
// that refer from one to the next.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ropewalk/clients/dns/recursive_resolver.h"
#include "tests/clients/dns/lying_server.h"

namespace ropewalk::dns::testing {

/// A zone as one server has it: records by line; delegations are NS records below its own name.
struct TestZone {
  Name name{};
  std::vector<Record> records{};

  TestZone(const std::string& zone, const std::vector<std::string>& lines) : name(zone) {
    for (const std::string& line : lines) {
      const auto space = line.find(' ');
      const Result<Name> owner = Name::parse(line.substr(0, space), &name);
      records.push_back(makeRecord(owner.value(), std::string_view(line).substr(space + 1)));
    }
  }

  [[nodiscard]] std::vector<Record> at(const Name& owner, Type type) const {
    std::vector<Record> found;
    std::copy_if(records.begin(), records.end(), std::back_inserter(found),
                 [&](const Record& record) { return record.name == owner && record.type == type; });
    return found;
  }
  [[nodiscard]] bool exists(const Name& owner) const {
    return std::any_of(records.begin(), records.end(),
                       [&](const Record& record) { return record.name.isBelow(owner); });
  }

  /// RFC 1034 §4.3.2, as far as the tests need it.
  void answer(const Question& question, Message& message) const {
    for (Name cut = question.name; cut != name && cut.isBelow(name); cut = cut.parent()) {
      if (cut == question.name && question.type == Type::DS) continue;  // the parent's to say
      message.authority = at(cut, Type::NS);
      if (message.authority.empty()) continue;
      for (const NS& server : recordsOf<NS>(message.authority)) {
        for (const Type type : {Type::A, Type::AAAA}) {
          for (Record& glue : at(server.name, type)) message.additional.push_back(std::move(glue));
        }
      }
      return;
    }
    message.authoritative = true;
    message.answers = at(question.name, question.type);
    if (message.answers.empty()) message.answers = at(question.name, Type::CNAME);
    for (Name above = question.name.parent(); message.answers.empty() && above.isBelow(name);
         above = above.parent()) {
      message.answers = at(above, Type::DNAME);
      if (above.isRoot()) break;
    }
    if (!message.answers.empty()) return;
    if (!exists(question.name)) message.rcode = Rcode::NXDOMAIN;
    message.authority.push_back(makeRecord(name, "SOA ns.invalid. root.invalid. 1 2 3 4 60"));
  }
};

/// Servers on 127.0.1.x, all on one port: as they do in the world, but for the port.
class PrivateRoot {
 public:
  /// Free on all of 127.0.1.1 to .8.
  explicit PrivateRoot(World& world) : world_(world) {
    for (int attempt = 0; attempt < 20 && !claim(); ++attempt) release();
    REQUIRE(servers_.size() == kServers);
  }
  PrivateRoot(const PrivateRoot&) = delete;
  PrivateRoot& operator=(const PrivateRoot&) = delete;
  ~PrivateRoot() { release(); }

  /// 127.0.1.`host` serves this zone.
  void serve(int host, const TestZone& zone) { server(host).zones.push_back(zone); }
  /// Changes what 127.0.1.`host` answers.
  void spoil(int host, std::function<void(const Question&, Message&)> how) {
    server(host).spoil = std::move(how);
  }
  /// It answers nothing.
  void silence(int host) { server(host).silent = true; }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] RecursiveOptions options() const {
    RecursiveOptions options;
    options.roots = {{Name("root.test"), {"127.0.1.1"}}};
    options.port = port_;
    options.seed = 7;
    return options;
  }
  /// "127.0.1.2 www.example. A", in the order they came.
  [[nodiscard]] const std::vector<std::string>& asked() const noexcept { return asked_; }

 private:
  static constexpr int kServers = 8;

  struct Station final : DatagramProtocol {
    Station(PrivateRoot* world, int host) : world(world), host(host) {}
    void received(const Datagram& datagram) override {
      const Result<Message> query = Message::decode(datagram.data);
      REQUIRE(query.ok());
      const Question question = query->questions.at(0);
      Question lower = question;
      lower.name = question.name.lowerCased();
      world->asked_.push_back(format("127.0.1.{} {}", host, toText(lower)));
      CHECK_FALSE(query->recursionDesired);
      if (silent) return;
      transport().write(answer(*query, question).encode(), datagram.peer);
    }
    [[nodiscard]] Message answer(const Message& query, const Question& question) const {
      Message message;
      message.id = query.id;
      message.response = true;
      message.questions = query.questions;
      const TestZone* best = nullptr;
      for (const TestZone& zone : zones) {
        if (!question.name.isBelow(zone.name)) continue;
        if (best == nullptr || zone.name.isBelow(best->name)) best = &zone;
      }
      if (best == nullptr) {
        message.rcode = Rcode::REFUSED;
      } else {
        best->answer(question, message);
      }
      if (spoil) spoil(question, message);
      return message;
    }
    PrivateRoot* world;
    int host;
    bool silent = false;
    std::vector<TestZone> zones{};
    std::function<void(const Question&, Message&)> spoil{};
  };

  Station& server(int host) { return *servers_.at(static_cast<std::size_t>(host - 1)); }

  bool claim() {
    port_ = 0;
    for (int host = 1; host <= kServers; ++host) {
      auto station = std::make_unique<Station>(this, host);
      Station* const made = station.get();
      try {
        ports_.push_back(world_.reactor.listenUDP(port_, std::move(station),
                                                  {.interface = format("127.0.1.{}", host)}));
      } catch (const CannotListenError&) {
        return false;
      }
      servers_.push_back(made);
      port_ = ports_.back().port();
    }
    return true;
  }
  void release() {
    for (ListeningPort& port : ports_) static_cast<void>(port.stopListening());
    ports_.clear();
    servers_.clear();
    world_.settle();
  }

  World& world_;
  std::uint16_t port_ = 0;
  std::vector<ListeningPort> ports_;
  std::vector<Station*> servers_;
  std::vector<std::string> asked_;
};

}  // namespace ropewalk::dns::testing
