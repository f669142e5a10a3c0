// A place in the source, for error messages: who made this Failure, this Deferred, this log line.
#pragma once

namespace ropewalk {

/// File, line and function of a call. `Where where = Where::here()` as a last parameter records the
/// caller. clang 14 with libstdc++ 12 has no std::source_location; the builtins behind it work
/// everywhere. With constructors, so that g++ 12 takes it for no aggregate, whose temporaries it
/// destroys twice inside a co_await expression.
struct Where {
  constexpr Where() noexcept = default;
  constexpr Where(const char* file, const char* function, int line) noexcept
      : file(file), function(function), line(line) {}

  const char* file = "";      ///< as the compiler was given it; "": not known
  const char* function = "";  ///< without its parameters
  int line = 0;               ///< from 1; 0: not known

  static constexpr Where here(const char* file = __builtin_FILE(),
                              const char* function = __builtin_FUNCTION(),
                              int line = __builtin_LINE()) noexcept {
    return {file, function, line};
  }
};

}  // namespace ropewalk
