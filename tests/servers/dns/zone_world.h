// What the tests of zones share: zones from text, questions as they come over the wire, answers
// as text.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/query_view.h"
#include "ropewalk/servers/dns/responder.h"
#include "ropewalk/servers/dns/zone/zone.h"
#include "tests/catch.h"

namespace ropewalk::dns::trial {

inline std::shared_ptr<const Zone> zoneOf(std::string_view text,
                                          std::string_view origin = "example.test") {
  auto zone = Zone::parse(text, Name(origin));
  if (!zone) FAIL(zone.failure().getErrorMessage());
  return *zone;
}

/// example.test with this serial and these records.
inline std::shared_ptr<const Zone> zoneWith(std::uint32_t serial, std::string_view records = {}) {
  return zoneOf("$TTL 300\n@ SOA ns hostmaster " + std::to_string(serial) +
                " 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n" + std::string(records));
}

/// A question, and what a responder is told of it.
class Asked {
 public:
  explicit Asked(Message message, Carrier carrier = Carrier::udp, std::string peer = {})
      : wire_(message.encode()), peer_(std::move(peer)), query_{view_, carrier, peer_, {}} {
    REQUIRE(readQuery(wire_, view_) == QueryFault::none);
  }
  Asked(std::string_view name, Type type, Carrier carrier = Carrier::udp, std::string peer = {})
      : Asked(questionFor(name, type), carrier, std::move(peer)) {}

  Asked(const Asked&) = delete;  // query_ looks into the rest
  Asked& operator=(const Asked&) = delete;

  static Message questionFor(std::string_view name, Type type) {
    Message message;
    message.id = 4711;
    message.questions.push_back({Name(name), type, Class::IN});
    return message;
  }
  Query& query() { return query_; }
  const std::string& wire() const { return wire_; }

 private:
  std::string wire_;
  std::string peer_;
  QueryView view_;
  Query query_;
};

struct Answer {
  Verdict verdict = Verdict::pass;
  Message message{};
  std::size_t size = 0;
};

inline Answer ask(Responder& responder, Asked asked, std::size_t room = 1232) {
  std::string bytes(room, '\0');
  MessageWriter writer(bytes);
  const QueryView& view = asked.query().view;
  writer.start(view.id);
  (void)writer.question(view.name(), view.type, view.klass);
  Answer answer;
  answer.verdict = responder.respond(asked.query(), writer);
  const std::string_view wire = writer.finish();
  auto decoded = Message::decode(wire);
  if (!decoded) FAIL(decoded.failure().getErrorMessage());
  answer.message = *std::move(decoded);
  answer.size = wire.size();
  return answer;
}
inline Answer ask(Responder& responder, std::string_view name, Type type,
                  Carrier carrier = Carrier::udp) {
  return ask(responder, Asked(name, type, carrier));
}

/// "www.example.test. 300 A 192.0.2.1", sorted.
inline std::vector<std::string> lines(const std::vector<Record>& records) {
  std::vector<std::string> all;
  for (const auto& record : records) {
    std::string line = toText(record);
    std::replace(line.begin(), line.end(), '\t', ' ');
    const auto klass = line.find(" IN ");
    all.push_back(klass == std::string::npos ? line : line.erase(klass, 3));
  }
  std::sort(all.begin(), all.end());
  return all;
}
using Lines = std::vector<std::string>;

}  // namespace ropewalk::dns::trial
