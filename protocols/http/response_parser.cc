// Bytes to response heads. RFC 9112 §4, §5, §6.3.
#include "response_parser.h"

#include <memory>

#include "ropewalk/protocols/http/detail/field_section.h"

namespace ropewalk::http {
namespace {

ResponseParser::Step refuse(std::string_view reason) noexcept {
  ResponseParser::Step step;
  step.kind = ResponseParser::Step::Kind::error;
  step.reason = reason;
  return step;
}

// `HTTP/1.1 200 OK`: the space before an empty reason is often left out, as before RFC 9112.
// @param line  without its CRLF
Refusal readStatusLine(std::string_view line, ResponseHead& head) noexcept {
  constexpr std::size_t kReasonAt = 12;
  if (line.size() < kReasonAt || !line.starts_with("HTTP/") || !isDigit(line[5]) ||
      line[6] != '.' || !isDigit(line[7]) || line[8] != ' ' || !isDigit(line[9]) ||
      !isDigit(line[10]) || !isDigit(line[11])) {
    return {400, "malformed status line"};
  }
  if (line[5] != '1') return {400, "HTTP version not supported"};
  head.version = line[7] == '0' ? Version::http10 : Version::http11;
  head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (head.status < 100) return {400, "invalid status code"};
  if (line.size() == kReasonAt) return {};
  head.reason = line.substr(kReasonAt + 1);
  if (line[kReasonAt] != ' ' || !isFieldText(head.reason)) return {400, "malformed status line"};
  return {};
}

// RFC 9112 §5.2: a user agent replaces each obs-fold in a response by spaces. Copies the head if
// there is one.
// @return the head without obs-folds; empty when the first field line is one, which is not to be
//         repaired (§2.2)
std::string_view unfold(std::string_view text, std::size_t fieldsAt, std::string& copy) {
  if (isOws(text[fieldsAt])) return {};
  bool copied = false;
  for (std::size_t at = text.find('\n', fieldsAt); at + 1 < text.size();
       at = text.find('\n', at + 1)) {
    if (!isOws(text[at + 1])) continue;
    if (!copied) copy = text;
    copied = true;
    copy[at - 1] = copy[at] = ' ';
  }
  return copied ? std::string_view(copy) : text;
}

// RFC 9112 §6.3, in its order. Where it lets a client guess, we refuse: a guess that differs from a
// proxy's splits responses.
Refusal readFraming(const KnownFields& known, Method requestMethod, ResponseHead& head) noexcept {
  head.contentLength = known.contentLength;
  const bool tunnel = requestMethod == Method::connect && head.status / 100 == 2;
  if (tunnel) {
    head.contentLength.reset();  // item 2: such fields are to be ignored
    return {};
  }
  if (known.transferEncodings > 0) {
    if (head.version == Version::http10) return {400, "Transfer-Encoding in HTTP/1.0"};
    if (known.contentLength) return {400, "both Transfer-Encoding and Content-Length"};
    if (!known.chunked) return {400, "unknown transfer coding"};
    head.chunked = true;
  }
  if (requestMethod == Method::head || !statusHasBody(head.status)) return {};
  if (head.chunked) {
    head.framing = Framing::chunked;
  } else if (head.contentLength) {
    head.framing = *head.contentLength > 0 ? Framing::length : Framing::none;
  } else {
    head.framing = Framing::untilClose;
  }
  return {};
}

bool mayStayOpen(const KnownFields& known, Method requestMethod,
                 const ResponseHead& head) noexcept {
  if (known.close || (head.version == Version::http10 && !known.keepAlive)) return false;
  if (head.framing == Framing::untilClose || head.status == 101) return false;
  if (requestMethod == Method::connect && head.status / 100 == 2) return false;
  // 1xx and 204 must have no length (RFC 9112 §6.1, RFC 9110 §8.6): a server that sends one may
  // send a body as well.
  const bool bodiless = head.status < 200 || head.status == 204;
  return !bodiless || (!head.chunked && head.contentLength.value_or(0) == 0);
}

Refusal readHead(std::string_view text, Method requestMethod, HeadStorage& storage) {
  ResponseHead& head = storage.response;
  std::construct_at(&head);
  const std::size_t fieldsAt = text.find('\n') + 1;  // the gate saw one, and a CR before it
  text = unfold(text, fieldsAt, storage.unfolded);
  if (text.empty()) return {400, "white space before the first field"};
  head.text = text;
  if (auto refusal = readStatusLine(text.substr(0, fieldsAt - 2), head)) return refusal;
  if (auto refusal =
          splitFields(text.substr(fieldsAt), storage.limits.fields, storage.slots, head.fields)) {
    return refusal;
  }
  KnownFields known;
  if (auto refusal = readKnownFields(head.fields, Sender::server, known)) return refusal;
  if (auto refusal = readFraming(known, requestMethod, head)) return refusal;
  head.keepAlive = mayStayOpen(known, requestMethod, head);
  if (head.status == 101 && known.upgradeOption) head.upgrade = known.upgrade;
  return {};
}

// Just behind the first empty line, whatever ends its lines; 0 when there is none. What precedes
// text counts as the end of a line.
// @param from  where to look from; no empty line begins before it
std::size_t endOfLines(std::string_view text, std::size_t from) noexcept {
  for (std::size_t lf = text.find('\n', from); lf != std::string_view::npos;
       lf = text.find('\n', lf + 1)) {
    const std::string_view before = text.substr(0, lf);
    const std::string_view line = before.ends_with('\r') ? before.substr(0, lf - 1) : before;
    if (line.empty() || line.back() == '\n') return lf + 1;
  }
  return 0;
}

// A head as it would be had each of its lines ended in CRLF.
std::string withCrlf(std::string_view head) {
  std::string mended;
  mended.reserve(head.size() + head.size() / 8);
  for (const char c : head) {
    if (c == '\n' && !mended.ends_with('\r')) mended += '\r';
    mended += c;
  }
  return mended;
}

}  // namespace

// Browsers, curl and others read such heads, so refusing them protects nobody from what a proxy
// makes of them.
ResponseParser::Step ResponseParser::parseBareLines(std::string_view input, Method requestMethod,
                                                    HeadStorage& storage) {
  const bool cut = input.size() >= storage.limits.head;
  if (cut) input = input.substr(0, storage.limits.head);
  const std::size_t end = endOfLines(input, linesSeen_);
  linesSeen_ = static_cast<std::uint32_t>(input.size());
  Step step;
  if (end == 0) return cut ? refuse(reasonFor(HeadGate::Verdict::tooLong)) : step;

  reset();
  storage.unfolded = withCrlf(input.substr(0, end));
  const HeadGate::Step gate = HeadGate().scan(storage.unfolded, storage.unfolded.size() + 1);
  if (gate.verdict != HeadGate::Verdict::complete) return refuse(reasonFor(gate.verdict));
  if (auto refusal = readHead(storage.unfolded, requestMethod, storage))
    return refuse(refusal.reason);
  step.kind = Step::Kind::head;
  step.consumed = end;
  step.head = &storage.response;
  return step;
}

ResponseParser::Step ResponseParser::parse(std::string_view input, Method requestMethod,
                                           HeadStorage& storage) {
  // Who speaks another protocol waits for us now, and would for ever.
  constexpr std::string_view kBegin = "HTTP/";
  if (!kBegin.starts_with(input.substr(0, kBegin.size()))) return refuse("malformed status line");
  const HeadGate::Step gate = gate_.scan(input, storage.limits.head);
  Step step;
  if (gate.verdict == HeadGate::Verdict::needMore) return step;
  if (gate.verdict == HeadGate::Verdict::bareLf)
    return parseBareLines(input, requestMethod, storage);
  if (gate.verdict != HeadGate::Verdict::complete) return refuse(reasonFor(gate.verdict));
  if (auto refusal = readHead(input.substr(0, gate.at), requestMethod, storage))
    return refuse(refusal.reason);
  step.kind = Step::Kind::head;
  step.consumed = gate.at;
  step.head = &storage.response;
  return step;
}

}  // namespace ropewalk::http
