// Answers made of a parsed hosts file, and addresses out of reverse names. RFC 1035 §3.5, RFC 3596
// §2.5.
#include "hosts_resolver.h"

#include <utility>

#include "answer.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/dns/hosts_file.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

namespace {

/// The address that "7.2.0.192.in-addr.arpa" or a name of ip6.arpa is about; "" for other names.
std::string addressOf(const Name& name) {
  const bool four = name.isBelow(Name("in-addr.arpa")) && name.labels() == 6;
  const bool six = name.isBelow(Name("ip6.arpa")) && name.labels() == 34;
  if (!four && !six) return "";
  std::string literal;
  Name rest = name;
  for (std::size_t label = 0; label < (four ? 4U : 32U); ++label, rest = rest.parent()) {
    const bool separated = four ? label > 0 : label > 0 && label % 4 == 0;
    literal = std::string(rest.firstLabel()) + (separated ? (four ? "." : ":") : "") + literal;
  }
  const Address address = Address::fromLiteral(literal, 0);
  return address.family == Address::Family::none ? "" : address.host;
}

}  // namespace

HostsResolver::HostsResolver(std::string file, Duration ttl)
    : file_(std::make_unique<ropewalk::detail::HostsFile>(std::move(file))),
      ttl_(static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::seconds>(ttl).count())) {}

HostsResolver::~HostsResolver() = default;

Deferred<Message> HostsResolver::ask(Question question) {
  std::optional<Message> known = answer(question);
  if (known) return succeed(std::move(*known));
  return fail<Message>(ResolverError(
      format("cannot resolve {}: {} does not list it", toText(question), file_->path())));
}

std::optional<Message> HostsResolver::answer(const Question& question) {
  if (question.klass != Class::IN) return {};
  Message message;
  message.response = message.recursionDesired = message.recursionAvailable = true;
  message.questions.push_back(question);
  const auto add = [&](Type type, std::string data) {
    message.answers.push_back({question.name, type, Class::IN, ttl_, std::move(data)});
  };
  const std::string literal = addressOf(question.name);
  if (!literal.empty()) {
    const std::vector<std::string> names = file_->namesOf(literal);
    if (names.empty()) return {};
    for (const std::string& text : names) {
      const Result<Name> name = Name::parse(text);
      if (name && question.type == Type::PTR) add(Type::PTR, name->wire());
    }
    vouchForNothing(message, ttl_);
    return message;
  }
  const auto addresses = file_->lookup(toText(question.name), 0);
  if (addresses.empty()) return {};
  for (const Address& address : addresses) {
    const bool four = address.family == Address::Family::IPv4;
    if (four && question.type == Type::A) add(Type::A, A(address.host).data());
    const bool scoped = address.host.find('%') != std::string::npos;  // means nothing elsewhere
    if (!four && !scoped && question.type == Type::AAAA) add(Type::AAAA, AAAA(address.host).data());
  }
  vouchForNothing(message, ttl_);
  return message;
}

}  // namespace ropewalk::dns
