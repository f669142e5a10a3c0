// Heads rendered, the usual one from a copy that is good for a second; bodies framed and counted.
// RFC 9112 §4, §6, §7.1.
#include "response_writer.h"

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/field_values.h"
#include "ropewalk/protocols/http/serializer.h"
#include "ropewalk/servers/http/site.h"

namespace ropewalk::http {

namespace {

// One a thread: the text of the current second serves every response.
std::string_view dateField(std::int64_t now) {
  static thread_local DateCache cache;
  return cache.fieldLine(now);
}

/// The head of most responses of a second, up to the number of its Content-Length: one copy instead
/// of six. One a thread.
std::string_view usualHead(std::int64_t now, std::string_view contentType) {
  struct Rendered {
    std::int64_t second = INT64_MIN;
    const char* contentType = nullptr;  // these are literals: as good as the text
    std::string text;
  };
  static thread_local Rendered cache;
  if (cache.second != now || cache.contentType != contentType.data()) {
    cache.second = now;
    cache.contentType = contentType.data();
    cache.text.clear();
    appendStatusLine(cache.text, Version::http11, 200);
    cache.text.append(dateField(now));
    appendField(cache.text, "Content-Type", contentType);
    cache.text.append("Content-Length: ");
  }
  return cache.text;
}

/// Fields that frame the message or name the connection: what they say is the server's business
/// (RFC 9110 §7.6.1).
bool isFraming(std::string_view name) noexcept {
  switch (name.size()) {
    case 10:
      return equalIgnoreCase(name, "Connection") || equalIgnoreCase(name, "Keep-Alive");
    case 14:
      return equalIgnoreCase(name, "Content-Length");
    case 17:
      return equalIgnoreCase(name, "Transfer-Encoding");
    default:
      return false;
  }
}

}  // namespace

void ResponseWriter::begin(const RequestHead& request) noexcept {
  *this = ResponseWriter();
  version_ = request.version;
  head_ = request.method == Method::head;
  closes_ = !request.keepAlive;
}

void ResponseWriter::open(std::string& out, const Site& site, const Head& head) {
  state_ = State::open;
  status_ = static_cast<std::uint16_t>(head.status);
  // RFC 9110 §2.5: the version says what this server speaks, not what the client does.
  appendStatusLine(out, Version::http11, head.status);
  if (head.headers.empty() || !head.headers.has("Date")) out.append(dateField(site.unixTime()));
  if (!site.options().serverHeader.empty()) appendField(out, "Server", site.options().serverHeader);
  if (!head.headers.empty()) appendFields(out, head);
  if (!head.contentType.empty() && statusHasBody(head.status) &&
      !head.headers.has("Content-Type")) {
    appendField(out, "Content-Type", head.contentType);
  }
  appendFraming(out, head);
  appendConnection(out);
}

void ResponseWriter::openKnown(std::string& out, const Site& site, const Head& head,
                               std::uint64_t length) {
  const bool usual = head.status == 200 && head.headers.empty() && !head.contentType.empty();
  if (usual && site.options().serverHeader.empty())
    return openUsual(out, site, head.contentType, length);
  open(out, site, {head.status, head.headers, head.contentType, length});
}

/// The same as open() for 200 without fields of its own.
void ResponseWriter::openUsual(std::string& out, const Site& site, std::string_view contentType,
                               std::uint64_t length) {
  state_ = State::open;
  status_ = 200;
  framing_ = head_ ? Framing::none : Framing::length;
  promised_ = length;
  out.append(usualHead(site.unixTime(), contentType));
  appendNumber(out, length);
  out.append(kCrlf);
  appendConnection(out);
}

/// The last field, and the empty line.
void ResponseWriter::appendConnection(std::string& out) const {
  if (closes_) {
    out.append("Connection: close\r\n");
  } else if (version_ == Version::http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append(kCrlf);
}

void ResponseWriter::appendFields(std::string& out, const Head& head) {
  for (const FieldLine line : head.headers) {
    if (!isFraming(line.name)) {
      appendField(out, line.name, line.value);
    } else if (line.name.size() == 14) {
      if (const auto length = parseNumber<std::uint64_t>(line.value)) {
        promises_ = true;
        promised_ = *length;
      }
    } else if (equalIgnoreCase(line.name, "Connection") && listHas(line.value, "close")) {
      closes_ = true;
    }
  }
}

void ResponseWriter::appendFraming(std::string& out, const Head& head) {
  if (!statusHasBody(head.status)) {  // RFC 9110 §8.6: no Content-Length in a 204
    framing_ = Framing::none;
    return;
  }
  // To HEAD a handler may say how long the body would be, without making it.
  if (head.length && !(head_ && promises_)) {
    promised_ = *head.length;
    promises_ = true;
  }
  if (promises_) {
    appendContentLength(out, promised_);
    framing_ = Framing::length;
  } else if (version_ == Version::http11) {
    out.append("Transfer-Encoding: chunked\r\n");
    framing_ = Framing::chunked;
  } else {
    closes_ = true;
    framing_ = Framing::untilClose;
  }
  if (head_) framing_ = Framing::none;
}

bool ResponseWriter::frame(std::string& before, std::string_view& after, std::uint64_t size) {
  if (framing_ == Framing::none) return true;
  if (framing_ == Framing::length && size > promised_ - sent_) return false;
  sent_ += size;
  if (framing_ == Framing::chunked) {
    appendChunkHeader(before, size);
    after = kCrlf;
  }
  return true;
}

bool ResponseWriter::close(std::string& out) {
  state_ = State::ended;
  if (framing_ == Framing::chunked) out.append(kLastChunk);
  return framing_ != Framing::length || sent_ == promised_;
}

}  // namespace ropewalk::http
