// Asking in turn; a question that was kept is made a message again.
#include "chain.h"

#include <algorithm>
#include <string>
#include <utility>

#include "ropewalk/core/net/network.h"

namespace ropewalk::dns {

namespace {

/// A question that was kept, as a message again: for responders that answer at once.
class AskedAgain {
 public:
  explicit AskedAgain(const LaterQuery& later)
      : peerBytes_(addressBytes(later.peer)), carrier_(later.carrier), wire_(encode(later)) {
    readable_ = readQuery(wire_, view_) == QueryFault::none;
  }

  AskedAgain(const AskedAgain&) = delete;
  AskedAgain& operator=(const AskedAgain&) = delete;

  [[nodiscard]] bool readable() const noexcept { return readable_; }
  [[nodiscard]] Query query() const noexcept { return {view_, carrier_, peerBytes_, {}}; }

 private:
  static std::string encode(const LaterQuery& later) {
    Message message;
    message.recursionDesired = later.recursionDesired;
    message.checkingDisabled = later.checkingDisabled;
    message.questions.push_back(later.question);
    if (later.dnssecOk) message.edns.emplace().dnssecOk = true;
    return message.encode();
  }

  std::string peerBytes_;
  Carrier carrier_;
  std::string wire_;
  QueryView view_;
  bool readable_;
};

/// What a responder wrote, as a message.
Result<Message> written(MessageWriter& writer) { return Message::decode(writer.finish()); }

/// Whether what a later one has written can be the answer for a name that one before it knows; makes
/// NODATA of NXDOMAIN.
bool suits(Verdict known, MessageWriter& answer) {
  HeaderFlags& flags = answer.flags();
  const bool negative = answer.count(Section::answer) == 0 && flags.authoritative &&
                        (flags.rcode == Rcode::NOERROR || flags.rcode == Rcode::NXDOMAIN);
  if (known == Verdict::nothing && !negative) return false;
  if (negative) flags.rcode = Rcode::NOERROR;
  return true;
}

}  // namespace

Verdict askInTurn(std::span<const std::shared_ptr<Responder>> links, const Query& query,
                  MessageWriter& answer, std::shared_ptr<Responder>* later) {
  const MessageWriter::Mark before = answer.mark();
  const HeaderFlags flags = answer.flags();
  Verdict known = Verdict::pass;
  for (const auto& link : links) {
    const Verdict verdict = link->respond(query, answer);
    if (verdict == Verdict::silence) return verdict;
    if (verdict == Verdict::answered && known == Verdict::pass) return verdict;
    if (verdict == Verdict::answered && suits(known, answer)) return verdict;
    if (verdict == Verdict::later && known != Verdict::nothing) {
      if (later != nullptr) *later = link;
      return verdict;
    }
    // One that passed has written nothing; this is for those that forgot.
    answer.rewind(before);
    answer.flags() = flags;
    if (verdict == Verdict::exists || verdict == Verdict::nothing) known = std::max(known, verdict);
  }
  return known;
}

Verdict Chain::respond(const Query& query, MessageWriter& answer) {
  return askInTurn(links_, query, answer);
}

Deferred<std::optional<Message>> Chain::resolve(LaterQuery query) {
  const AskedAgain again(query);
  if (!again.readable()) co_return std::nullopt;
  std::string room(kMaxMessageLength, '\0');
  MessageWriter writer(room);
  for (const auto& link : links_) {
    writer.start(0);
    writer.question(query.question.name.wire(), query.question.type, query.question.klass);
    const Verdict verdict = link->respond(again.query(), writer);
    if (verdict == Verdict::pass || verdict == Verdict::exists) continue;
    if (verdict == Verdict::answered || verdict == Verdict::nothing)
      co_return written(writer).value();
    if (verdict == Verdict::silence) co_return std::nullopt;
    Deferred<std::optional<Message>> later = link->resolve(query);
    std::optional<Message> answer = co_await std::move(later);
    if (answer) co_return answer;
  }
  co_return std::nullopt;
}

}  // namespace ropewalk::dns
