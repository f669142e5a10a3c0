// RequestUrl: the URL of a request, taken apart once. Internal to clients/http.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/clients/http/origin.h"
#include "ropewalk/protocols/http/uri.h"

namespace ropewalk::http::detail {

/// An absolute URL without user and password, as messages and the wire need it: one text, and where
/// its parts lie in it.
///
///     if (const auto url = RequestUrl::plain("http://127.0.0.1:8080/a?b#c")) {
///       std::cout << url->origin();     // http://127.0.0.1:8080, for all that share connections
///       std::cout << url->hostField();  // 127.0.0.1:8080
///       std::cout << url->target();     // /a?b
///     }
class RequestUrl {
 public:
  /// Takes a URL of http or https that parseUrl would leave as it is, as most are: it is looked at
  /// once, and copied nowhere. Nothing for any other, which parseUrl may like nevertheless; `text`
  /// is whole then.
  [[nodiscard]] static std::optional<RequestUrl> plain(std::string&& text);
  /// Any that was parsed. A user and password are left out.
  explicit RequestUrl(Uri uri);

  [[nodiscard]] std::string_view text() const noexcept { return view(text_); }
  [[nodiscard]] std::string_view scheme() const noexcept { return view(scheme_); }
  /// Scheme, host and port as they stand in the text.
  [[nodiscard]] std::string_view origin() const noexcept { return view(origin_); }
  /// As Uri::hostField() and Uri::requestTarget() give them.
  [[nodiscard]] std::string_view hostField() const noexcept { return view(hostField_); }
  [[nodiscard]] std::string_view target() const noexcept { return view(target_); }

  /// Its parts again: for redirects, which are resolved against it.
  [[nodiscard]] Uri toUri() const;
  [[nodiscard]] Origin toOrigin() const;

 private:
  struct Part {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };

  RequestUrl() = default;
  [[nodiscard]] std::string_view view(const Part& part) const noexcept {
    return std::string_view(bytes_).substr(part.at, part.size);
  }
  Part append(std::string_view bytes);

  std::string bytes_;  // the text; behind it what does not stand in it as it is sent
  Part text_;
  Part scheme_;
  Part origin_;
  Part hostField_;
  Part target_;
};

}  // namespace ropewalk::http::detail
