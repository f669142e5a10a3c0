// Response: what a handler answers with. RFC 9110 §15.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "json_value.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/shared_bytes.h"
#include "ropewalk/protocols/http/headers.h"

namespace ropewalk::http {

class Request;

/// Part of a regular file, to be sent as (part of) a body.
struct FileSlice {
  SharedFd file;
  std::uint64_t offset = 0;  ///< in bytes
  std::uint64_t length = 0;  ///< in bytes

  FileSlice() = default;  // constructors, as it is awaited with
  FileSlice(SharedFd file, std::uint64_t offset, std::uint64_t length)
      : file(std::move(file)), offset(offset), length(length) {}
};

/// A status, header fields and a body: whole, of files, or streamed. A value that can only be
/// moved.
///
///     Response created(std::string_view url, std::size_t size) {
///       return Response(201).header("Location", url).text("{} bytes\n", size);
///     }
///
///     Response numbers() {
///       return Response().stream([](Request& request) -> Deferred<void> {
///         for (int i = 0; i < 1000; ++i) {
///           co_await request.write(format("{}\n", i));  // waits while the client is slow
///         }
///       });
///     }
///
/// Content-Length, Transfer-Encoding, Connection and Date are the server's business. Two of them
/// may be said all the same: `Connection: close` is kept, and a Content-Length on a streamed body
/// is a promise: writing more or less ends the connection. The setters come twice, so that they
/// read well on a variable and on a temporary.
class Response {
 public:
  /// @throws std::invalid_argument unless status is 200 … 599
  explicit Response(int status = 200);
  Response(Response&&) noexcept = default;
  Response& operator=(Response&&) noexcept = default;

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const Headers& headers() const noexcept { return headers_; }

  /// Sets a field; add() appends one. Both throw InvalidHeaderError on what is no field.
  Response& header(std::string_view name, std::string_view value) &;
  Response& add(std::string_view name, std::string_view value) &;
  /// The body as it is; without a Content-Type of its own it is application/octet-stream.
  Response& body(std::string bytes) &;
  /// A body that others share: a cache, say. Not copied.
  Response& body(SharedBytes bytes) &;
  /// text/plain. With arguments, a pattern as in format().
  Response& text(std::string_view text) &;
  template <class First, class... Rest>
  Response& text(std::string_view pattern, const First& first, const Rest&... rest) & {
    return plain(format(pattern, first, rest...));
  }
  /// text/html.
  Response& html(std::string text) &;
  /// application/json.
  Response& json(const JsonValue& value) &;
  /// Sends parts of files, with sendfile where the wire allows, in order with the text of other
  /// calls of file() and more().
  Response& file(FileSlice slice) &;
  /// Bytes between, before or behind files.
  Response& more(std::string bytes) &;
  /// Called once the head is on its way; the body ends when the Deferred fires. It writes with
  /// `request.write()`. If it fails, or throws, the connection is cut, so that the client sees that
  /// the body is not whole. What it captures lives until then.
  using Stream = AsyncFunction<Deferred<void>(Request& request)>;
  Response& stream(Stream write) &;

  Response header(std::string_view name, std::string_view value) && {
    return std::move(header(name, value));
  }
  Response add(std::string_view name, std::string_view value) && {
    return std::move(add(name, value));
  }
  Response body(std::string bytes) && { return std::move(body(std::move(bytes))); }
  Response body(SharedBytes bytes) && { return std::move(body(std::move(bytes))); }
  Response text(std::string_view text) && { return std::move(this->text(text)); }
  template <class First, class... Rest>
  Response text(std::string_view pattern, const First& first, const Rest&... rest) && {
    return std::move(plain(format(pattern, first, rest...)));
  }
  Response html(std::string text) && { return std::move(html(std::move(text))); }
  Response json(const JsonValue& value) && { return std::move(json(value)); }
  Response file(FileSlice slice) && { return std::move(file(std::move(slice))); }
  Response more(std::string bytes) && { return std::move(more(std::move(bytes))); }
  Response stream(Stream write) && { return std::move(stream(std::move(write))); }

 private:
  friend class Request;

  /// One piece of a body that is made of several.
  struct Piece {
    std::string bytes;
    FileSlice slice;  // when it has a file
  };

  Response& plain(std::string text);
  [[nodiscard]] std::uint64_t length() const noexcept;

  int status_;
  Headers headers_;
  std::string body_;
  SharedBytes shared_;
  std::vector<Piece> pieces_;
  Stream stream_;
};

/// 200 with a JSON body: `http::json({{"id", 7}})`.
[[nodiscard]] Response json(const JsonValue& value);
/// 302, or the 3xx that is given, with a Location and a line of text.
[[nodiscard]] Response redirect(std::string_view location, int status = 302);

}  // namespace ropewalk::http
