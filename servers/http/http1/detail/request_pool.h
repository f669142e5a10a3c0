// RequestPool: Request objects that are reused, so that a request allocates nothing.
#pragma once

#include "ropewalk/servers/http/request.h"

namespace ropewalk::http {

/// One a thread. Requests that are being answered are with their connections; here are the others.
class RequestPool {
 public:
  static RequestRef take();
  /// The last reference is gone.
  static void give(Request& request) noexcept;

 private:
  struct List;
  static List& list() noexcept;
};

}  // namespace ropewalk::http
