// What can go wrong between a request and the end of its response.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/failure.h"

namespace ropewalk::http {

/// Base of the client's errors. The message names the URL, the address and the reason; it never
/// shows a password.
///
///     page.addErrback([](const Failure& why) {
///       const auto* failed = why.check<http::RequestNotSent>();
///       if (failed != nullptr && failed->cause() != nullptr) {
///         std::cerr << "not sent: " << failed->cause()->getErrorMessage() << '\n';
///       }
///     });
class FetchError : public Error {
 public:
  using Error::Error;
  FetchError(std::string message, Failure cause)
      : Error(std::move(message)), cause_(std::move(cause)) {}
  [[nodiscard]] std::string_view kind() const noexcept override { return "FetchError"; }

  /// What led to it: a ConnectionRefusedError, a ConnectionLost, a ProtocolError. Null where it is
  /// the first of its kind.
  [[nodiscard]] const Failure* cause() const noexcept { return cause_ ? &*cause_ : nullptr; }

 private:
  std::optional<Failure> cause_;
};

/// An E whose cause is told by cause() and by the traceback.
template <class E>
[[nodiscard]] Failure causedBy(const Failure& cause, std::string message,
                               Where where = Where::here()) {
  return Failure(E(std::move(message), cause), cause, where);
}

// Before anything was sent: the request itself cannot be right.

/// Not a URL, or one with a line end in it.
ROPEWALK_ERROR(InvalidUrl, FetchError);
/// A method, field or body that must not be sent as it is.
ROPEWALK_ERROR(InvalidRequest, FetchError);
/// Nobody registered a Connector for the scheme.
ROPEWALK_ERROR(SchemeNotSupported, FetchError);

// On the way, in this order.

/// No connection: nothing of the request reached anybody.
ROPEWALK_ERROR(RequestNotSent, FetchError);
/// A proxy did not open the tunnel that https needs, and what it said; the cause of a
/// RequestNotSent.
class TunnelRefused : public FetchError {
 public:
  TunnelRefused(std::string message, int status)
      : FetchError(std::move(message)), status_(status) {}
  [[nodiscard]] std::string_view kind() const noexcept override { return "TunnelRefused"; }
  /// 407: the proxy wants to know who asks. 0: it gave no answer that could be understood.
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};
/// The connection was lost, or the body could not be made, while the request was sent.
ROPEWALK_ERROR(RequestTransmissionFailed, FetchError);
/// The request was sent; the connection was lost before the first byte of a response.
ROPEWALK_ERROR(ResponseNeverReceived, FetchError);
/// A response began, and was cut short or malformed.
ROPEWALK_ERROR(ResponseFailed, FetchError);
/// More body than the reader allowed.
ROPEWALK_ERROR(BodyTooLarge, FetchError);

/// A body producer wrote less than it had promised (H-06).
ROPEWALK_ERROR(WrongBodyLength, Error);
/// A body producer wrote more than it had promised (H-06).
ROPEWALK_ERROR(ExcessWrite, WrongBodyLength);

// Redirects.

/// More in a row than RedirectPolicy::limit.
ROPEWALK_ERROR(TooManyRedirects, FetchError);
/// The same request comes around again and again.
ROPEWALK_ERROR(RedirectLoop, TooManyRedirects);
/// Following it would be unsafe, or impossible: from https to http, or with a body that is gone.
ROPEWALK_ERROR(RedirectRefused, FetchError);

/// What a request was waiting for when its time was up.
enum class Stage : std::uint8_t { connect, firstByte, idle, total };

/// "connect", "first byte", "next byte", "total".
[[nodiscard]] constexpr std::string_view toText(Stage stage) noexcept {
  constexpr std::string_view kNames[] = {"connect", "first byte", "next byte", "total"};
  return kNames[static_cast<int>(stage)];
}

/// A time-out of Timeouts, and which.
class RequestTimeout : public TimeoutError {
 public:
  RequestTimeout(std::string message, Stage stage)
      : TimeoutError(std::move(message)), stage_(stage) {}
  [[nodiscard]] std::string_view kind() const noexcept override { return "RequestTimeout"; }
  [[nodiscard]] Stage stage() const noexcept { return stage_; }

 private:
  Stage stage_;
};

}  // namespace ropewalk::http
