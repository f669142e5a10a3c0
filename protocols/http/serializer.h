// Messages to bytes: appends to a string, without streams. RFC 9112 §3, §4, §5, §7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "field_line.h"
#include "headers.h"
#include "message.h"

namespace ropewalk::http {

inline constexpr std::string_view kCrlf = "\r\n";
/// The end of a chunked body without trailers.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinueResponse = "HTTP/1.1 100 Continue\r\n\r\n";

/// `HTTP/1.1 200 OK` and its CRLF: one copy of a line rendered at compile time.
void appendStatusLine(std::string& out, Version version, int status);
/// The same with a reason phrase of one's own.
/// @throws InvalidHeaderError on control characters in it
void appendStatusLine(std::string& out, Version version, int status, std::string_view reason);

/// `GET /path HTTP/1.1` and its CRLF.
/// @throws InvalidHeaderError when method is no token, or target is empty or has a byte outside
///         0x21 … 0x7e
void appendRequestLine(std::string& out, std::string_view method, std::string_view target,
                       Version version = Version::http11);

/// `Name: value` and its CRLF. Not checked: for names and values that are known to be clean.
/// Headers checks what it takes.
inline void appendField(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append(kCrlf);
}
/// All of them, in order.
void appendFields(std::string& out, const Headers& headers);
/// `Content-Length: 5` and its CRLF.
void appendContentLength(std::string& out, std::uint64_t length);
/// The line before the bytes of a chunk: the size in hexadecimal and a CRLF. After the bytes comes
/// another CRLF. size must not be 0: that would end the body (kLastChunk).
void appendChunkHeader(std::string& out, std::uint64_t size);

/// The number in decimal.
void appendNumber(std::string& out, std::uint64_t number);
/// The number in lower-case hexadecimal, without leading zeros.
void appendHex(std::string& out, std::uint64_t number);

/// The Date field line, rendered once a second. One a thread.
class DateCache {
 public:
  /// `Date: Sun, 06 Nov 1994 08:49:37 GMT` and its CRLF. Valid until the next call.
  /// @param now  seconds since 1970
  [[nodiscard]] std::string_view fieldLine(std::int64_t now) {
    if (now != rendered_) render(now);
    return {text_, sizeof text_};
  }
  /// Only the date.
  [[nodiscard]] std::string_view date(std::int64_t now) { return fieldLine(now).substr(6, 29); }

 private:
  void render(std::int64_t now);

  std::int64_t rendered_ = INT64_MIN;
  char text_[6 + 29 + 2] = {};
};

}  // namespace ropewalk::http
