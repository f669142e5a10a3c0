// RequestError: an error that becomes a response.
#pragma once

#include <string>
#include <string_view>

#include "ropewalk/core/base/error.h"

namespace ropewalk::http {

/// Thrown by a handler, or failed with, it is answered with its status. Its message is for the
/// client; anything else that is thrown is answered with 500 and no details.
///
///     if (!found) throw http::RequestError(404, "no such user");
class RequestError : public Error {
 public:
  /// @param status   400 … 599
  /// @param message  one line for the error page; empty: the reason phrase says it all
  explicit RequestError(int status, std::string message = {})
      : Error(std::move(message)), status_(status) {}
  [[nodiscard]] int status() const noexcept { return status_; }
  std::string_view kind() const noexcept override { return "RequestError"; }

 private:
  int status_;
};

}  // namespace ropewalk::http
