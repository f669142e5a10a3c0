// Functions by name, wildcards by the nearest name that exists, what they gave put into messages.
// RFC 4592 §3.3.1.
#include "name_functions.h"

#include <array>
#include <optional>
#include <stdexcept>

#include "ropewalk/core/base/log.h"

namespace ropewalk::dns {

namespace {

inline constexpr log::Logger kLog{"dns.answers"};

std::string_view parentOf(std::string_view name) noexcept {
  return name.substr(static_cast<unsigned char>(name[0]) + std::size_t{1});
}

/// Whether a record belongs into the answer to a question.
bool isAskedFor(Type record, Type asked) noexcept {
  return record == asked || asked == Type::ANY || record == Type::CNAME || record == Type::DNAME;
}

/// Writes at once, into the answer.
class WriterSink final : public detail::AnswerSink {
 public:
  WriterSink(const QueryView& view, MessageWriter& answer)
      : view_(view), answer_(answer), start_(answer.mark()) {
    answer.flags().authoritative = true;
  }

  void record(std::string_view name, Type type, Class klass, std::uint32_t ttl,
              std::string_view data) override {
    if (isAskedFor(type, view_.type)) put(Section::answer, name, type, klass, ttl, data);
  }
  void rcode(Rcode rcode) override { answer_.flags().rcode = rcode; }
  void message(Message message) override {
    asItIs_ = true;
    HeaderFlags& flags = answer_.flags();
    flags.rcode = message.rcode;
    flags.authoritative = message.authoritative;
    flags.recursionAvailable = message.recursionAvailable;
    flags.authenticData = message.authenticData;
    putAll(Section::answer, message.answers);
    putAll(Section::authority, message.authority);
    putAll(Section::additional, message.additional);
  }
  [[nodiscard]] std::string_view name() const noexcept override { return view_.name(); }
  [[nodiscard]] Verdict verdict() const noexcept {
    const HeaderFlags& flags = answer_.flags();
    const bool nothing = !asItIs_ && flags.rcode == Rcode::NOERROR && !flags.truncated &&
                         answer_.count(Section::answer) == 0;
    return nothing ? Verdict::nothing : Verdict::answered;
  }

 private:
  void putAll(Section section, const std::vector<Record>& records) {
    for (const Record& each : records) {
      put(section, each.name.wire(), each.type, each.klass, each.ttl, each.data);
    }
  }
  void put(Section section, std::string_view name, Type type, Class klass, std::uint32_t ttl,
           std::string_view data) {
    if (answer_.flags().truncated) return;
    if (answer_.record(section, name, type, klass, ttl, data)) return;
    if (section == Section::additional) return;
    // Half an RRset would be taken for a whole one: rather none (RFC 2181 §9).
    answer_.rewind(start_);
    answer_.flags().truncated = true;
  }

  bool asItIs_ = false;  // the function gave a whole message
  const QueryView& view_;
  MessageWriter& answer_;
  const MessageWriter::Mark start_;
};

class MessageSink final : public detail::AnswerSink {
 public:
  MessageSink(Message& message, const Question& question) : message_(message), question_(question) {
    message.authoritative = true;
  }

  void record(std::string_view name, Type type, Class klass, std::uint32_t ttl,
              std::string_view data) override {
    if (!isAskedFor(type, question_.type)) return;
    message_.answers.push_back({Name::fromWire(name), type, klass, ttl, std::string(data)});
  }
  void rcode(Rcode rcode) override { message_.rcode = rcode; }
  void message(Message message) override { message_ = std::move(message); }
  [[nodiscard]] std::string_view name() const noexcept override { return question_.name.wire(); }

 private:
  Message& message_;
  const Question& question_;
};

/// Elsewhere than as the first label it is a character like others (RFC 4592 §2.1.1), which nobody
/// who writes a pattern means.
bool hasStrayAsterisk(std::string_view name) noexcept {
  if (name.starts_with("\1*")) name.remove_prefix(2);
  for (; name.size() > 1; name = parentOf(name)) {
    const std::size_t length = static_cast<unsigned char>(name[0]);
    if (name.substr(1, length).find('*') != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<detail::AnswerSink> detail::sinkInto(Message& message, const Question& question) {
  return std::make_unique<MessageSink>(message, question);
}

void NameFunctions::put(const Name& name, std::shared_ptr<detail::NameFunction> function) {
  if (hasStrayAsterisk(name.wire())) {
    throw std::invalid_argument(format(
        "cannot answer for {}: an asterisk stands for names only as the whole first label", name));
  }
  const std::string key = name.lowerCased().wire();
  Node& node = nodes_[key];
  if (node.function) {
    throw std::invalid_argument(
        format("cannot answer for {}: it has a function already; remove() that first", name));
  }
  node.function = std::move(function);
  for (std::string_view at = key; at.size() > 1; at = parentOf(at)) {
    ++nodes_[std::string(at)].below;
  }
  ++nodes_[std::string(1, '\0')].below;
}

void NameFunctions::remove(std::string_view name) {
  const std::string key = Name(name).lowerCased().wire();
  const auto found = nodes_.find(key);
  if (found == nodes_.end() || !found->second.function) return;
  found->second.function.reset();
  const auto release = [this](std::string_view at) {
    const auto node = nodes_.find(at);
    if (--node->second.below == 0) nodes_.erase(node);
  };
  for (std::string_view at = key; at.size() > 1; at = parentOf(at)) release(at);
  release(std::string_view("\0", 1));
}

std::shared_ptr<detail::NameFunction> NameFunctions::find(std::string_view name) const {
  if (nodes_.empty()) return nullptr;
  const auto exact = nodes_.find(name);
  if (exact != nodes_.end()) return exact->second.function;
  // RFC 4592 §3.3.1: the nearest name above that exists decides; only its own wildcard counts.
  while (name.size() > 1) {
    name = parentOf(name);
    if (nodes_.find(name) == nodes_.end()) continue;
    std::array<char, kMaxNameLength + 2> wildcard{'\1', '*'};
    std::copy(name.begin(), name.end(), wildcard.begin() + 2);
    const auto found = nodes_.find(std::string_view(wildcard.data(), name.size() + 2));
    return found == nodes_.end() ? nullptr : found->second.function;
  }
  return nullptr;
}

Verdict NameFunctions::respond(const Query& query, MessageWriter& answer) {
  const QueryView& view = query.view;
  if (view.klass != Class::IN && view.klass != Class::ANY) return Verdict::pass;
  // Kept: it may remove itself.
  const std::shared_ptr<detail::NameFunction> function = find(view.lowerName());
  if (!function) return nodes_.contains(view.lowerName()) ? Verdict::exists : Verdict::pass;
  if (!function->answersAtOnce()) return Verdict::later;
  const MessageWriter::Mark start = answer.mark();
  const HeaderFlags flags = answer.flags();
  try {
    WriterSink sink(view, answer);
    if (function->now(query, sink)) return sink.verdict();
    answer.rewind(start);
    answer.flags() = flags;
    return Verdict::pass;
  } catch (...) {
    kLog.error("answering {}: {}", query.question(), Failure::current());
    answer.rewind(start);
    answer.flags() = flags;
    answer.flags().rcode = Rcode::SERVFAIL;
    return Verdict::answered;
  }
}

Deferred<std::optional<Message>> NameFunctions::resolve(LaterQuery query) {
  const auto function = find(query.question.name.lowerCased().wire());
  if (!function || function->answersAtOnce()) return succeed(std::optional<Message>());
  return function->later(std::move(query));
}

}  // namespace ropewalk::dns
