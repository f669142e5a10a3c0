// Names answered here: the last label decides. RFC 6761 §6.3 and §6.4, RFC 7686 §2.
#include "special_names.h"

#include "answer.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

namespace {

constexpr std::string_view kLocalhost("\x09localhost\0", 11);
constexpr std::string_view kInvalid("\7invalid\0", 9);
constexpr std::string_view kOnion("\5onion\0", 7);

}  // namespace

std::string_view specialNameAbove(std::string_view name) noexcept {
  for (const std::string_view special : {kLocalhost, kInvalid, kOnion}) {
    if (wire::isBelow(name, special)) return special;
  }
  return {};
}

bool isLocalhost(std::string_view special) noexcept { return special == kLocalhost; }

Deferred<Message> SpecialNames::ask(Question question) {
  Message answer;
  answer.response = answer.recursionDesired = answer.recursionAvailable = true;
  answer.questions.push_back(question);
  const std::string_view special = specialNameAbove(question.name.wire());
  if (special.empty()) {
    return fail<Message>(ResolverError(format("{} is no special name", toText(question.name))));
  }
  if (isLocalhost(special)) {
    if (question.type == Type::A) answer.answers = {makeRecord(question.name, A("127.0.0.1"))};
    if (question.type == Type::AAAA) answer.answers = {makeRecord(question.name, AAAA("::1"))};
    vouchForNothing(answer, static_cast<std::uint32_t>(kDefaultTtl.count()));
  } else {
    answer.rcode = Rcode::NXDOMAIN;
  }
  return succeed(std::move(answer));
}

}  // namespace ropewalk::dns
