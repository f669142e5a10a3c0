// Bytes to request heads. RFC 9112 §3, §5, §6.
#include "request_parser.h"

#include <cstring>
#include <memory>
#include <string>

#include "request_target.h"
#include "ropewalk/protocols/http/detail/field_section.h"

namespace ropewalk::http {
namespace {

constexpr std::size_t kMaxRememberedHost = 255;  // no name of the DNS is longer
constexpr std::uint8_t kMaxEmptyLines = 4;       // RFC 9112 §2.2 asks for one at least

RequestParser::Step refuse(Refusal refusal) noexcept {
  RequestParser::Step step;
  step.kind = RequestParser::Step::Kind::error;
  step.status = refusal.status;
  step.reason = refusal.reason;
  return step;
}

// A request line past its limit: mostly the target's fault (414), unless there is not even a method
// (RFC 9112 §3).
Refusal refuseLongLine(std::string_view begin) noexcept {
  const std::size_t method = spanOf(begin, kTchar);
  if (method == begin.size()) return {501, "method too long"};
  if (method == 0 || begin[method] != ' ') return {400, "malformed request line"};
  return {414, "request target too long"};
}

// `HTTP/` DIGIT `.` DIGIT: eight bytes.
Refusal readVersion(std::string_view text, Version& version) noexcept {
  if (std::memcmp(text.data(), "HTTP/1.1", 8) == 0) return {};
  if (!text.starts_with("HTTP/") || !isDigit(text[5]) || text[6] != '.' || !isDigit(text[7])) {
    return {400, "malformed HTTP version"};
  }
  if (text[5] != '1') return {505, "HTTP version not supported"};
  if (text[7] == '0') version = Version::http10;
  return {};
}

// @param line  without its CRLF
Refusal readRequestLine(std::string_view line, const Limits& limits, RequestHead& head) noexcept {
  constexpr std::size_t kVersionSize = 8;
  constexpr std::size_t kShortestLine = kVersionSize + 4;  // "G / HTTP/1.1"
  if (line.size() > limits.requestLine) return refuseLongLine(line.substr(0, limits.requestLine));
  if (line.size() < kShortestLine || line[line.size() - kVersionSize - 1] != ' ')
    return {400, "malformed request line"};
  const bool get = std::memcmp(line.data(), "GET ", 4) == 0;  // most requests: 40 instructions less
  const std::size_t methodSize = get ? 3 : spanOf(line, kTchar);
  if (methodSize == 0 || methodSize + 3 + kVersionSize > line.size() || line[methodSize] != ' ') {
    return {400, "malformed request line"};
  }
  if (auto refusal = readVersion(line.substr(line.size() - kVersionSize), head.version))
    return refusal;
  head.methodText = line.substr(0, methodSize);
  head.method = get ? Method::get : methodFromText(head.methodText);
  if (head.method == Method::unknown) return {501, "unknown method"};
  head.target = line.substr(methodSize + 1, line.size() - methodSize - kVersionSize - 2);
  if (!parseRequestTarget(head.method, head.target, limits.strictTarget, head))
    return {400, "invalid request target"};
  return {};
}

// RFC 9112 §3.2: exactly one Host in 1.1, never two, always valid, also where an absolute-form
// target overrules it.
Refusal readHost(const KnownFields& known, std::string& lastHost, RequestHead& head) {
  if (known.hosts > 1) return {400, "two Host fields"};
  if (known.hosts == 0) {
    if (head.version != Version::http10) return {400, "no Host field"};
    return {};
  }
  if (known.host != lastHost) {
    if (!parseAuthority(known.host)) return {400, "invalid Host"};
    if (known.host.size() <= kMaxRememberedHost) lastHost = known.host;
  }
  if (head.host.empty()) head.host = known.host;
  return {};
}

// RFC 9112 §6.1, §6.3: any doubt about where the body ends is an attack on whoever shares the
// connection.
Refusal readFraming(const KnownFields& known, RequestHead& head) noexcept {
  head.contentLength = known.contentLength;
  if (known.transferEncodings == 0) return {};
  if (head.version == Version::http10) return {400, "Transfer-Encoding in HTTP/1.0"};
  if (known.contentLength) return {400, "both Transfer-Encoding and Content-Length"};
  if (known.unknownCoding) return {501, "unknown transfer coding"};
  if (!known.chunked) return {400, "invalid Transfer-Encoding"};
  head.chunked = true;
  return {};
}

void readConnectionOptions(const KnownFields& known, RequestHead& head) noexcept {
  const bool http11 = head.version == Version::http11;
  head.keepAlive = !known.close && (http11 || known.keepAlive);  // RFC 9112 §9.3
  if (!http11) return;                                           // HTTP/1.0 knows neither of these
  head.expectContinue = known.expectContinue;
  head.expectUnknown = known.expectUnknown;
  if (known.upgradeOption) head.upgrade = known.upgrade;
}

Refusal readHead(std::string_view text, HeadStorage& storage) {
  RequestHead& head = *std::construct_at(&storage.request);
  head.text = text;
  const std::size_t lineEnd = text.find('\n');  // the gate saw one, and a CR before it
  if (auto refusal = readRequestLine(text.substr(0, lineEnd - 1), storage.limits, head))
    return refusal;
  if (auto refusal = splitFields(text.substr(lineEnd + 1), storage.limits.fields, storage.slots,
                                 head.fields)) {
    return refusal;
  }
  KnownFields known;
  if (auto refusal = readKnownFields(head.fields, Sender::client, known)) return refusal;
  if (auto refusal = readHost(known, storage.lastHost, head)) return refusal;
  if (auto refusal = readFraming(known, head)) return refusal;
  readConnectionOptions(known, head);
  return {};
}

}  // namespace

RequestParser::Step RequestParser::parse(std::string_view input, HeadStorage& storage) {
  const std::size_t skipped = skipEmptyLines(input);
  input.remove_prefix(skipped);
  if (emptyLines_ > kMaxEmptyLines)
    return refuse({400, "too many empty lines before the request line"});

  const HeadGate::Step gate = gate_.scan(input, storage.limits.head);
  Step step;
  if (gate.verdict != HeadGate::Verdict::complete) {
    step = refuseOrWait(input, gate, storage);
    step.consumed = skipped;
    return step;
  }
  reset();
  if (auto refusal = readHead(input.substr(0, gate.at), storage)) return refuse(refusal);
  step.kind = Step::Kind::head;
  step.consumed = skipped + gate.at;
  step.head = &storage.request;
  return step;
}

std::size_t RequestParser::skipEmptyLines(std::string_view input) noexcept {
  std::size_t skipped = 0;
  if (gate_.scanned() > 1)
    return skipped;  // in the middle of a head; 1: may be the CR of an empty line
  while (input.size() >= skipped + 2 && input[skipped] == '\r' && input[skipped + 1] == '\n' &&
         emptyLines_ <= kMaxEmptyLines) {
    skipped += 2;
    ++emptyLines_;
    gate_.reset();
  }
  return skipped;
}

// The head has no end yet, or breaks a rule of the gate. A request line that is whole is judged
// first and at once: whoever speaks HTTP/0.9, HTTP/2 or nonsense gets an answer instead of a
// time-out, and the same one however the bytes were cut.
RequestParser::Step RequestParser::refuseOrWait(std::string_view head, HeadGate::Step gate,
                                                HeadStorage& storage) {
  head = head.substr(0, gate.at);
  if (!lineChecked_) {
    const std::size_t lineEnd = head.find('\n');
    if (lineEnd != std::string_view::npos) {
      RequestHead scratch;
      if (auto refusal = readRequestLine(head.substr(0, lineEnd - 1), storage.limits, scratch))
        return refuse(refusal);
      lineChecked_ = true;
    } else if (head.size() > storage.limits.requestLine + 2) {
      return refuse(refuseLongLine(head.substr(0, storage.limits.requestLine)));
    }
  }
  if (gate.verdict == HeadGate::Verdict::needMore) return {};
  if (gate.verdict == HeadGate::Verdict::tooLong) return refuse({431, reasonFor(gate.verdict)});
  return refuse({400, reasonFor(gate.verdict)});
}

}  // namespace ropewalk::http
