#include "ropewalk/clients/dns/special_names.h"

#include "ropewalk/clients/dns/answer.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

Deferred<Message> SpecialNames::ask(Question question) {
  Message answer;
  answer.response = answer.recursionDesired = answer.recursionAvailable = true;
  answer.questions.push_back(question);
  const auto below = [&](const char* name) { return question.name.isBelow(Name(name)); };
  if (below("localhost")) {  // RFC 6761 §6.3
    if (question.type == Type::A) answer.answers = {makeRecord(question.name, A("127.0.0.1"))};
    if (question.type == Type::AAAA) answer.answers = {makeRecord(question.name, AAAA("::1"))};
    vouchForNothing(answer, static_cast<std::uint32_t>(kDefaultTtl.count()));
  } else if (below("invalid") || below("onion")) {  // RFC 6761 §6.4, RFC 7686 §2
    answer.rcode = Rcode::NXDOMAIN;
  } else {
    return fail<Message>(ResolverError(format("{} is no special name", toText(question.name))));
  }
  return succeed(std::move(answer));
}

}  // namespace ropewalk::dns
