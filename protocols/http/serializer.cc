// Messages to bytes. RFC 9112 §3, §4, §5, §7.1.
#include "serializer.h"

#include <cstring>

#include "date.h"

namespace ropewalk::http {
namespace {

std::string_view versionText(Version version) noexcept {
  return version == Version::http10 ? "HTTP/1.0" : "HTTP/1.1";
}

// The lines that nearly every response begins with.
std::string_view commonStatusLine(int status) noexcept {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 206:
      return "HTTP/1.1 206 Partial Content\r\n";
    case 301:
      return "HTTP/1.1 301 Moved Permanently\r\n";
    case 302:
      return "HTTP/1.1 302 Found\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 500:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    default:
      return {};
  }
}

}  // namespace

void appendStatusLine(std::string& out, Version version, int status) {
  if (version == Version::http11) {
    const std::string_view line = commonStatusLine(status);
    if (!line.empty()) {
      out.append(line);
      return;
    }
  }
  appendStatusLine(out, version, status, reasonPhrase(status));
}

void appendStatusLine(std::string& out, Version version, int status, std::string_view reason) {
  if (status < 100 || status > 999)
    throw InvalidHeaderError("cannot send a status outside 100 … 999");
  if (!isFieldText(reason))
    throw InvalidHeaderError("cannot send a reason phrase with control characters");
  out.append(versionText(version)).append(1, ' ');
  appendNumber(out, static_cast<std::uint64_t>(status));
  out.append(1, ' ').append(reason).append(kCrlf);
}

void appendRequestLine(std::string& out, std::string_view method, std::string_view target,
                       Version version) {
  if (!isToken(method)) throw InvalidHeaderError("cannot send a request method that is no token");
  bool clean = !target.empty();
  for (const char c : target) clean = clean && c > ' ' && c < 0x7f;
  if (!clean) {
    throw InvalidHeaderError(
        "cannot send a request target that is empty or has spaces, control or non-ASCII "
        "characters; percent-encode them");
  }
  out.append(method)
      .append(1, ' ')
      .append(target)
      .append(1, ' ')
      .append(versionText(version))
      .append(kCrlf);
}

void appendFields(std::string& out, const Headers& headers) {
  for (const FieldLine line : headers) appendField(out, line.name, line.value);
}

void appendContentLength(std::string& out, std::uint64_t length) {
  out.append("Content-Length: ");
  appendNumber(out, length);
  out.append(kCrlf);
}

void appendChunkHeader(std::string& out, std::uint64_t size) {
  appendHex(out, size);
  out.append(kCrlf);
}

void appendNumber(std::string& out, std::uint64_t number) {
  char digits[20];
  char* at = digits + sizeof digits;
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  out.append(at, static_cast<std::size_t>(digits + sizeof digits - at));
}

void appendHex(std::string& out, std::uint64_t number) {
  char digits[16];
  char* at = digits + sizeof digits;
  do {
    *--at = "0123456789abcdef"[number & 15];
    number >>= 4;
  } while (number > 0);
  out.append(at, static_cast<std::size_t>(digits + sizeof digits - at));
}

void DateCache::render(std::int64_t now) {
  std::memcpy(text_, "Date: ", 6);
  writeDate(text_ + 6, now);
  std::memcpy(text_ + 6 + kDateSize, "\r\n", 2);
  rendered_ = now;
}

}  // namespace ropewalk::http
