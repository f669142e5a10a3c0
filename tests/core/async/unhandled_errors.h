// Collects the failures that nobody handled, for as long as it lives.
#pragma once

#include <string>
#include <vector>

#include "ropewalk/core/async/unhandled.h"

namespace ropewalk::testing {

class UnhandledErrors {
 public:
  UnhandledErrors() : former_(setUnhandledHook(&collect)) { seen().clear(); }
  UnhandledErrors(const UnhandledErrors&) = delete;
  UnhandledErrors& operator=(const UnhandledErrors&) = delete;
  ~UnhandledErrors() { setUnhandledHook(former_); }

  static std::vector<std::string> messages() { return seen(); }
  static std::size_t count() { return seen().size(); }

 private:
  static std::vector<std::string>& seen() {
    static std::vector<std::string> messages;
    return messages;
  }
  static void collect(const Failure& failure) { seen().push_back(failure.getErrorMessage()); }

  UnhandledHook former_;
};

}  // namespace ropewalk::testing
