// ClientRequest: what an Agent is asked to send.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "request_body.h"
#include "ropewalk/core/base/set_option.h"
#include "ropewalk/protocols/http/headers.h"
#include "timing.h"

namespace ropewalk {
class Factory;
}

namespace ropewalk::http {

/// What becomes of a 301, 302, 303, 307 or 308 with a Location (RFC 9110 §15.4).
struct RedirectPolicy {
  /// Redirects in a row; one more fails with TooManyRedirects. 0: none is followed.
  int limit = 20;
  bool follow = true;           ///< false: the redirect itself is the response
  bool allowDowngrade = false;  ///< from https to http
  /// Not sent on when scheme, host or port change; compared without regard to case.
  std::vector<std::string> sensitive = {"Authorization", "Cookie", "Cookie2",
                                        "Proxy-Authorization"};

  RedirectPolicy() = default;  // declared, so that it is no aggregate: it is awaited with
};

/// What every fetch may be told, in setters that give `Self` back.
template <class Self>
class FetchSettings {
 public:
  /// Adds a field. Host, User-Agent and Accept have defaults. Content-Length and Transfer-Encoding
  /// are ours to say, and Expect is not supported: with any of them the request fails with
  /// InvalidRequest.
  Self& header(std::string_view name, std::string_view value) {
    headers_.add(name, value);
    return self();
  }
  /// All of them.
  Self& headers(Headers value) { return setOption(self(), headers_, std::move(value)); }
  [[nodiscard]] const Headers& headers() const& noexcept { return headers_; }
  [[nodiscard]] Headers headers() && noexcept { return std::move(headers_); }
  /// How long each step may take; else the agent's.
  Self& timeouts(const Timeouts& value) { return setOption(self(), timeouts_, value); }
  [[nodiscard]] const std::optional<Timeouts>& timeouts() const noexcept { return timeouts_; }
  /// Timeouts::total alone: redirects and the body included. Zero: for ever.
  Self& timeout(Duration total) {
    if (!timeouts_) timeouts_.emplace();
    return setOption(self(), timeouts_->total, total);
  }
  /// What becomes of redirects; else the agent's.
  Self& redirects(RedirectPolicy value) { return setOption(self(), redirects_, std::move(value)); }
  [[nodiscard]] const std::optional<RedirectPolicy>& redirects() const& noexcept {
    return redirects_;
  }
  [[nodiscard]] std::optional<RedirectPolicy> redirects() && noexcept {
    return std::move(redirects_);
  }

 protected:
  /// Leaves nothing there.
  template <class Other>
  void takeFrom(FetchSettings<Other>& other) {
    headers_ = std::move(other.headers_);
    timeouts_ = other.timeouts_;
    redirects_ = std::move(other.redirects_);
  }

 private:
  template <class>
  friend class FetchSettings;

  Self& self() noexcept { return static_cast<Self&>(*this); }

  Headers headers_;
  std::optional<Timeouts> timeouts_;
  std::optional<RedirectPolicy> redirects_;
};

/// The same, with what is sent.
template <class Self>
class RequestSettings : public FetchSettings<Self> {
 public:
  /// A token, in capitals as a rule: "GET" unless it is said otherwise.
  Self& method(std::string value) { return setOption(self(), method_, std::move(value)); }
  [[nodiscard]] const std::string& method() const& noexcept { return method_; }
  [[nodiscard]] std::string method() && noexcept { return std::move(method_); }
  /// What is sent after the head; nothing unless it is said otherwise.
  Self& body(RequestBody value) { return setOption(self(), body_, std::move(value)); }
  [[nodiscard]] const RequestBody& body() const& noexcept { return body_; }
  [[nodiscard]] RequestBody body() && noexcept { return std::move(body_); }
  /// All of it, as something else was told it.
  template <class Other>
  Self& settings(RequestSettings<Other>&& other) {
    this->takeFrom(other);
    method_ = std::move(other.method_);
    body_ = std::move(other.body_);
    return self();
  }

 private:
  template <class>
  friend class RequestSettings;

  Self& self() noexcept { return static_cast<Self&>(*this); }

  std::string method_ = "GET";
  RequestBody body_;
};

/// One request, redirects included. A value; everything but the URL has a default.
///
///     co_await agent.request(http::get("http://127.0.0.1:8080/"));
///     co_await agent.request(
///         http::post(url).header("Content-Type", "text/csv").body("a,b\n").timeout(5s));
class ClientRequest : public RequestSettings<ClientRequest> {
 public:
  /// @param url  absolute; a missing scheme means http. A user and password in it are sent as Basic
  ///             credentials (RFC 7617)
  explicit ClientRequest(std::string url) : url_(std::move(url)) {}

  [[nodiscard]] const std::string& url() const& noexcept { return url_; }
  [[nodiscard]] std::string url() && noexcept { return std::move(url_); }
  /// Takes the connection over when the server answers 101; the Upgrade and Connection fields are
  /// the caller's to add. Without it a 101 is an error.
  ClientRequest& upgradeTo(std::shared_ptr<Factory> factory) {
    return setOption(*this, upgradeTo_, std::move(factory));
  }
  [[nodiscard]] const std::shared_ptr<Factory>& upgradeTo() const noexcept { return upgradeTo_; }

 private:
  std::string url_;
  std::shared_ptr<Factory> upgradeTo_;
};

/// Requests to begin with; any other method is ClientRequest(url).method("PATCH").
[[nodiscard]] inline ClientRequest get(std::string url) { return ClientRequest(std::move(url)); }
[[nodiscard]] inline ClientRequest head(std::string url) {
  return ClientRequest(std::move(url)).method("HEAD");
}
[[nodiscard]] inline ClientRequest post(std::string url, RequestBody body = RequestBody()) {
  return ClientRequest(std::move(url)).method("POST").body(std::move(body));
}
[[nodiscard]] inline ClientRequest put(std::string url, RequestBody body = RequestBody()) {
  return ClientRequest(std::move(url)).method("PUT").body(std::move(body));
}

}  // namespace ropewalk::http
