// The logger of the HTTP server: module "http.server".
#pragma once

#include "ropewalk/core/base/log.h"

namespace ropewalk::http {

inline constexpr log::Logger kLog{"http.server"};

}  // namespace ropewalk::http
