// Asks responders without a server around them: a question in, what they wrote out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ropewalk/core/net/network.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/servers/dns/responder.h"
#include "tests/catch.h"

namespace ropewalk::dns {

/// Everything about a question but its name and type.
struct Asker {
  std::string peer = "192.0.2.1";
  Carrier carrier = Carrier::udp;
  Class klass = Class::IN;
  bool recursionDesired = true;
  bool dnssecOk = false;
  bool checkingDisabled = false;
  std::size_t room = 1232;  ///< for the answer
  std::string key{};        ///< of a TSIG that was checked; as text
};

/// A question as the server would have it; stays where it is, for `query` looks into it.
class AskedQuestion {
 public:
  explicit AskedQuestion(std::string_view name, Type type = Type::A, Asker asker = {})
      : asker_(std::move(asker)),
        question_{Name(name), type, asker_.klass},
        wire_(encode()),
        peerBytes_(addressBytes(Address::fromLiteral(asker_.peer, 0))),
        key_(asker_.key.empty() ? "" : Name(asker_.key).wire()),
        fault_(readQuery(wire_, view_)),
        query{view_, asker_.carrier, peerBytes_, key_} {
    REQUIRE(fault_ == QueryFault::none);
  }
  AskedQuestion(const AskedQuestion&) = delete;
  AskedQuestion& operator=(const AskedQuestion&) = delete;

  /// What a server keeps of it for later.
  [[nodiscard]] LaterQuery later() const {
    LaterQuery query;
    query.question = question_;
    query.carrier = asker_.carrier;
    query.peer = Address::fromLiteral(asker_.peer, 0);
    query.recursionDesired = asker_.recursionDesired;
    query.dnssecOk = asker_.dnssecOk;
    query.checkingDisabled = asker_.checkingDisabled;
    return query;
  }
  /// An answer that is begun, as responders get it.
  void begin(MessageWriter& writer) const {
    writer.start(0, {.recursionDesired = asker_.recursionDesired});
    writer.question(view_.name(), view_.type, view_.klass);
  }

 private:
  [[nodiscard]] std::string encode() const {
    Message message;
    message.recursionDesired = asker_.recursionDesired;
    message.checkingDisabled = asker_.checkingDisabled;
    message.questions = {question_};
    if (asker_.dnssecOk) message.edns.emplace().dnssecOk = true;
    return message.encode();
  }

  Asker asker_;
  Question question_;
  std::string wire_;
  std::string peerBytes_;
  std::string key_;
  QueryView view_;
  QueryFault fault_;

 public:
  Query query;
};

/// What came of a question.
struct Told {
  Verdict verdict = Verdict::pass;
  Message answer{};  ///< only when answered

  /// The answer section, a line each: "a.test. A 192.0.2.7", without TTLs.
  [[nodiscard]] std::vector<std::string> lines() const { return textOf(answer.answers); }

  static std::vector<std::string> textOf(const std::vector<Record>& records) {
    std::vector<std::string> lines;
    for (const Record& record : records) {
      std::string text = toText(record);
      const std::size_t data = text.rfind('\t');
      lines.push_back(toText(record.name) + " " + toText(record.type) + " " +
                      text.substr(data + 1));
    }
    return lines;
  }
};

inline Told ask(Responder& responder, std::string_view name, Type type = Type::A,
                Asker asker = {}) {
  const std::size_t size = asker.room;
  const AskedQuestion asked(name, type, std::move(asker));
  std::string room(size, '\0');
  MessageWriter writer(room);
  asked.begin(writer);
  Told told;
  told.verdict = responder.respond(asked.query, writer);
  if (told.verdict == Verdict::answered || told.verdict == Verdict::nothing) {
    Result<Message> message = Message::decode(writer.finish());
    REQUIRE(message);
    told.answer = std::move(*message);
  }
  return told;
}

/// Like a server: asks, and when it is told "later", goes on to resolve().
inline Deferred<std::optional<Message>> askLater(Responder& responder, std::string_view name,
                                                 Type type = Type::A, Asker asker = {}) {
  const AskedQuestion asked(name, type, std::move(asker));
  std::string room(1232, '\0');
  MessageWriter writer(room);
  asked.begin(writer);
  REQUIRE(responder.respond(asked.query, writer) == Verdict::later);
  return responder.resolve(asked.later());
}

}  // namespace ropewalk::dns
