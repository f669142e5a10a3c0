// NameFunctions: answers of the user's own, by name, from a function or a coroutine.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "name_function_inl.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns {

/// Calls functions for names.
///
///     answers->add("*.build.test", [](const dns::Question& q) { return dns::A("192.0.2.7"); });
///     answers->add("me.test", [](const dns::Query& q) { return dns::TXT(toText(q.peer())); });
///     answers->add("load.test", [](dns::Question q) -> Deferred<dns::TXT> {
///       const std::string load = co_await ask(q.name);
///       co_return dns::TXT(load, 5s);
///     });
///
/// A function takes a `const Question&`, a `const Query&` (which costs nothing to make) or nothing.
/// It gives
///   - a typed record, a Record, a vector of one of them: NOERROR; an empty vector is NODATA;
///   - an Rcode: that, without records;
///   - a Message: its flags, rcode and sections as they are;
///   - an optional of one of these: nothing means that the next responder is asked (REFUSED, in a
///     Deferred: it is too late then);
///   - a Deferred of any of these: the question waits for it. Such a function takes a Question, a
///     LaterQuery (by value where it is a coroutine) or nothing, for a Query is gone by then.
///
/// Of the records those are sent whose type was asked for (all for ANY), and every CNAME: a
/// function that only knows of A gives NODATA for AAAA. Functions that throw, or fail, are logged,
/// and the answer is SERVFAIL.
///
/// Names are as in a zone file: "*.build.test" is for all names below build.test but those that
/// exist, because they, or others below them, are answered here as well (RFC 4592 §2.2). Where
/// nothing is found, the question is passed. Over a zone NODATA comes with the zone's SOA, unless a
/// Deferred gave it, and a name that has others below it here exists for the zone, too.
class NameFunctions final : public Responder {
 public:
  /// Throws FormatError when it is no name, std::invalid_argument when the name has a function
  /// already, or an asterisk elsewhere than as its whole first label.
  template <class F>
  void add(std::string_view name, F f) {
    put(Name(name), std::make_shared<detail::NameFunctionOf<F>>(std::move(f)));
  }
  /// Forgets a name; what is under way goes on.
  void remove(std::string_view name);

  Verdict respond(const Query& query, MessageWriter& answer) override;
  Deferred<std::optional<Message>> resolve(LaterQuery query) override;

 private:
  struct Node {
    std::shared_ptr<detail::NameFunction> function;  // null: only there for those below it
    std::size_t below = 0;                           // functions at and below it
  };
  struct HashName {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return static_cast<std::size_t>(wire::hashName(name, 0));
    }
  };

  void put(const Name& name, std::shared_ptr<detail::NameFunction> function);
  /// @param name  wire form, lower case
  [[nodiscard]] std::shared_ptr<detail::NameFunction> find(std::string_view name) const;

  std::unordered_map<std::string, Node, HashName, std::equal_to<>> nodes_;  // by lower case name
};

}  // namespace ropewalk::dns
