// Setters, and the types of bodies. RFC 9110 §8.3.
#include "response.h"

#include <stdexcept>

#include "ropewalk/core/base/text.h"

namespace ropewalk::http {

Response::Response(int status) : status_(status) {
  if (status < 200 || status > 599) {
    throw std::invalid_argument(
        format("cannot make a response with status {}: not in 200 ... 599", status));
  }
}

Response& Response::header(std::string_view name, std::string_view value) & {
  headers_.set(name, value);
  return *this;
}

Response& Response::add(std::string_view name, std::string_view value) & {
  headers_.add(name, value);
  return *this;
}

Response& Response::body(std::string bytes) & {
  body_ = std::move(bytes);
  return *this;
}

Response& Response::body(SharedBytes bytes) & {
  shared_ = std::move(bytes);
  return *this;
}

Response& Response::text(std::string_view text) & { return plain(std::string(text)); }

Response& Response::plain(std::string text) {
  if (!headers_.has("Content-Type")) headers_.add("Content-Type", "text/plain; charset=utf-8");
  return body(std::move(text));
}

Response& Response::html(std::string text) & {
  headers_.set("Content-Type", "text/html; charset=utf-8");
  return body(std::move(text));
}

Response& Response::json(const JsonValue& value) & {
  headers_.set("Content-Type", "application/json");
  return body(value.text());
}

Response& Response::file(FileSlice slice) & {
  pieces_.push_back({{}, std::move(slice)});
  return *this;
}

Response& Response::more(std::string bytes) & {
  pieces_.push_back({std::move(bytes), {}});
  return *this;
}

Response& Response::stream(Stream write) & {
  stream_ = std::move(write);
  return *this;
}

std::uint64_t Response::length() const noexcept {
  if (shared_) return shared_->size();
  std::uint64_t total = body_.size();
  for (const Piece& piece : pieces_)
    total += piece.slice.file ? piece.slice.length : piece.bytes.size();
  return total;
}

Response json(const JsonValue& value) { return Response().json(value); }

Response redirect(std::string_view location, int status) {
  return Response(status).header("Location", location).text("see {}\n", location);
}

}  // namespace ropewalk::http
