// Logging: levels by module, lines for people or JSON for machines, observers. Rules G-01, G-02;
// docs/logging.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "error.h"
#include "format.h"
#include "timestamp.h"
#include "unique_function.h"
#include "where.h"

// How it fits together:
//
//     inline constexpr log::Logger kLog{"http.client"};  // one a module, at namespace scope
//
//     void fetched(std::string_view url, std::chrono::milliseconds took) {
//       kLog.info("fetched {} in {}", url, took);  // a pattern and arguments, as for format()
//       kLog.warn("slow", log::field("url", url), log::field("ms", took.count()));  // for machines
//       log::info("done");  // the same without a module
//     }
//
//     int main() {
//       log::startLogging(stdout);          // coloured lines on a terminal, else JSON
//       log::setLevels("info,http=debug");  // http and http.client, not httpd
//     }
//
// Threads: everything here may be called from any thread. A call whose level is off costs
// two relaxed loads and no lock; its arguments are not formatted. A call never throws and
// never ends the program.

namespace ropewalk::log {

/// How much an event matters. What is below the level of its module is not said; off is no level of
/// events, but silences a module.
enum class Level : std::uint8_t { trace, debug, info, warn, error, critical, off };

/// "trace" … "critical", "off".
std::string_view toText(Level level) noexcept;

/// Levels that nobody can read: the message names the word at fault, and the nearest level.
ROPEWALK_ERROR(BadLevelsError, Error);
/// A log file that cannot be opened.
ROPEWALK_ERROR(CannotLogError, Error);

/// What a program said once. Handed to observers; copy what must outlive the call.
struct Event {
  using Value = std::variant<std::int64_t, std::uint64_t, double, bool, std::string>;
  struct Field {
    std::string key;
    Value value;
  };

  Timestamp time;
  Level level = Level::info;
  std::string module;  ///< "http.client"; empty for the functions without a module
  /// As it was said: control characters and bad UTF-8 are escaped when it is printed.
  std::string message;
  std::vector<Field> fields;  ///< the named arguments, in order
  Where where;                ///< the call
};

namespace detail {
/// What a pattern can be written as: a literal, as a rule.
template <class S>
concept Text = std::is_convertible_v<const S&, std::string_view>;
}  // namespace detail

/// Text with {} in it, and the place of the call. Made by the conversion of a string;
/// do not name it.
class Pattern {
 public:
  template <detail::Text S>
  constexpr Pattern(const S& pattern,  // NOLINT(google-explicit-constructor)
                    Where where = Where::here())
      : text(pattern), where(where) {}

  std::string_view text;
  Where where;
};

namespace detail {

/// Goes up when levels change; what a Logger remembers of an older one is stale.
extern std::atomic<std::uint32_t> levelsGeneration;

/// An argument with a name; borrowed for the call.
template <class T>
struct NamedArgument {
  std::string_view key;
  const T& value;
};

template <class T>
constexpr std::string_view keyOf(const T& /*argument*/) noexcept {
  return {};
}
template <class T>
constexpr std::string_view keyOf(const NamedArgument<T>& argument) noexcept {
  return argument.key;
}
template <class T>
FormatArgument valueOf(const T& argument) {
  return FormatArgument(argument);
}
template <class T>
FormatArgument valueOf(const NamedArgument<T>& argument) {
  return FormatArgument(argument.value);
}

}  // namespace detail

/// A named argument: becomes a field of the event, and fills a {} where the pattern has one for it.
template <class T>
detail::NamedArgument<T> field(std::string_view key, const T& value) noexcept {
  return {key, value};
}

/// Speaks for one module. A value without resources; make it constexpr at namespace scope.
///
/// Levels are those of the module, or else of what its name is part of: "http.client", then
/// "http", then the default.
class Logger {
 public:
  /// @param module  dotted name, a literal
  constexpr explicit Logger(std::string_view module) noexcept : module_(module) {}
  constexpr Logger(const Logger& other) noexcept : module_(other.module_) {}
  Logger& operator=(const Logger&) = delete;

  [[nodiscard]] constexpr std::string_view module() const noexcept { return module_; }

  /// Whether anything said at this level goes anywhere: for work that only serves the log.
  [[nodiscard]] bool enabled(Level level) const noexcept {
    const std::uint32_t known = known_.load(std::memory_order_relaxed);
    const std::uint32_t generation = detail::levelsGeneration.load(std::memory_order_relaxed);
    const Level threshold =
        known >> kLevelBits == generation ? static_cast<Level>(known & kLevelMask) : look();
    return level >= threshold;
  }

  // One event of that level. Each argument fills a {} of the pattern, or is a field().

  template <class... Args>
  void trace(Pattern pattern, const Args&... args) const noexcept {
    if (enabled(Level::trace)) write(Level::trace, pattern, args...);
  }
  template <class... Args>
  void debug(Pattern pattern, const Args&... args) const noexcept {
    if (enabled(Level::debug)) write(Level::debug, pattern, args...);
  }
  template <class... Args>
  void info(Pattern pattern, const Args&... args) const noexcept {
    if (enabled(Level::info)) write(Level::info, pattern, args...);
  }
  template <class... Args>
  void warn(Pattern pattern, const Args&... args) const noexcept {
    if (enabled(Level::warn)) write(Level::warn, pattern, args...);
  }
  template <class... Args>
  void error(Pattern pattern, const Args&... args) const noexcept {
    if (enabled(Level::error)) write(Level::error, pattern, args...);
  }
  template <class... Args>
  void critical(Pattern pattern, const Args&... args) const noexcept {
    if (enabled(Level::critical)) write(Level::critical, pattern, args...);
  }
  /// For a level that is known at run time only.
  template <class... Args>
  void at(Level level, Pattern pattern, const Args&... args) const noexcept {
    if (level < Level::off && enabled(level)) write(level, pattern, args...);
  }

 private:
  static constexpr std::uint32_t kLevelBits = 3;
  static constexpr std::uint32_t kLevelMask = (1U << kLevelBits) - 1;

  // Out of line: a call that is off must cost its caller little code as well.
  template <class... Args>
  [[gnu::noinline, gnu::cold]] void write(Level level, const Pattern& pattern,
                                          const Args&... args) const noexcept {
    try {
      emit(level, pattern, {detail::keyOf(args)...}, {detail::valueOf(args)...});
    } catch (...) {  // a toText() of the caller's threw
      emitUnformatted(level, pattern);
    }
  }
  void emit(Level level, const Pattern& pattern, std::initializer_list<std::string_view> keys,
            std::initializer_list<FormatArgument> values) const noexcept;
  void emitUnformatted(Level level, const Pattern& pattern) const noexcept;
  Level look() const noexcept;

  std::string_view module_;
  mutable std::atomic<std::uint32_t> known_{0};  // generation << 3 | level; generations start at 1
};

/// Speaks for the program itself; what the functions below use.
inline constexpr Logger kProgram{""};

// As Logger's functions of these names, for events without a module.

template <class... Args>
void trace(Pattern pattern, const Args&... args) noexcept {
  kProgram.trace(pattern, args...);
}
template <class... Args>
void debug(Pattern pattern, const Args&... args) noexcept {
  kProgram.debug(pattern, args...);
}
template <class... Args>
void info(Pattern pattern, const Args&... args) noexcept {
  kProgram.info(pattern, args...);
}
template <class... Args>
void warn(Pattern pattern, const Args&... args) noexcept {
  kProgram.warn(pattern, args...);
}
template <class... Args>
void error(Pattern pattern, const Args&... args) noexcept {
  kProgram.error(pattern, args...);
}
template <class... Args>
void critical(Pattern pattern, const Args&... args) noexcept {
  kProgram.critical(pattern, args...);
}

// Levels. The default is info; ROPEWALK_LOG ("debug", "info,http=trace") is read at the first use.

/// Replaces all levels: "info,http=debug,dns=off". What is not named has the default, which is info
/// unless it is given. Throws BadLevelsError, and then changes nothing.
void setLevels(std::string_view levels);
/// Sets one module and what is below it, or with "" the default; the others stay.
void setLevel(std::string_view module, Level level);
/// The levels now, as setLevels() reads them: setLevels(levels() + ",http=debug") changes one.
[[nodiscard]] std::string levels();

// Where events go. Until the first start, warnings and worse are printed on stderr, and the last
// 200 events are kept for it (G-02). Starting twice with different places logs to both; with the
// same place it warns and uses the later.

/// How events look at their destination.
enum class Format : std::uint8_t {
  automatic,  ///< text on a terminal, JSON elsewhere
  /// "10:11:12.345 I http.client  fetched …", coloured on a terminal (NO_COLOR, CLICOLOR_FORCE).
  text,
  json,  ///< one object a line: time, level, module, message, at, and the fields
};

/// @param stream  borrowed until stopLogging(); each event is written and flushed at once
void startLogging(std::FILE* stream, Format format = Format::automatic,
                  Where where = Where::here());

/// How startLoggingToFile writes its file, and when it begins another one.
struct FileOptions {
  Format format = Format::automatic;  ///< JSON, unless it is text
  std::uint64_t rotateAt = 0;         ///< bytes; past them log.txt becomes log.1.txt; 0 never
  unsigned keep = 5;                  ///< files that were rotated
};
/// Appends to a file, which is made where it does not exist. Throws CannotLogError.
void startLoggingToFile(const std::string& path, const FileOptions& options = FileOptions(),
                        Where where = Where::here());

/// Opens the log files again by their names, after something else renamed them. One that cannot be
/// opened is reported, and its old file stays in use.
void reopen() noexcept;

/// Lets go of all streams and files. Observers stay.
void stopLogging() noexcept;

namespace detail {
struct Receiver;
}

/// Keeps an observer registered for as long as it lives.
class [[nodiscard]] ObserverHandle {
 public:
  ObserverHandle() noexcept = default;
  explicit ObserverHandle(std::shared_ptr<detail::Receiver> receiver) noexcept;
  ObserverHandle(ObserverHandle&& other) noexcept = default;
  ObserverHandle& operator=(ObserverHandle&& other) noexcept;
  ~ObserverHandle() { remove(); }

  /// After this the observer is not called any more, on any thread.
  void remove() noexcept;

 private:
  std::shared_ptr<detail::Receiver> receiver_;
};

/// Calls observe with every event that is not off, one at a time, on the thread that logs. It may
/// log (it does not see that event itself) and may remove itself; it must not wait for another
/// thread. One that throws is reported to the others and stays (G-01).
ObserverHandle addObserver(UniqueFunction<void(const Event&)> observe);

}  // namespace ropewalk::log
