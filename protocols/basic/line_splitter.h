// LineSplitter: cuts a stream of bytes into lines. No I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

/// What a line is.
struct LineOptions {
  std::string delimiter = "\r\n";     ///< never empty
  std::size_t maxLength = 16 * 1024;  ///< of a line in bytes, without its delimiter
  /// One CR at the end of a line is not part of it: with "\n", CRLF ends a line, too.
  bool dropCR = false;
  /// Lines end as terminals end them, whatever the delimiter: LF, CRLF, CR NUL (RFC 854), a lone
  /// CR.
  bool typed = false;
  std::string ending{};  ///< of the lines that are sent; empty: the delimiter
};

/// What people type into nc and telnet: LF, CRLF, CR NUL and CR end a line, none of them is in one.
/// Answered with CRLF, which every terminal and every protocol of the Internet takes.
[[nodiscard]] LineOptions anyNewline(std::size_t maxLength = 16 * 1024);
/// Lines that end in LF or in CRLF, as programs send them. Answered with CRLF.
[[nodiscard]] LineOptions bothNewlines(std::size_t maxLength = 16 * 1024);

/// Where a line ends, and how many bytes that takes.
struct LineEnd {
  std::size_t at;
  std::size_t size;
};
/// The first end of a line at or behind `from`, of LineOptions::typed.
/// @param final  nothing follows: else a CR in the last place waits for what follows it
[[nodiscard]] std::optional<LineEnd> findTypedEnd(std::string_view bytes, std::size_t from,
                                                  bool final) noexcept;

/// Cuts bytes into lines. Fed the same bytes it gives the same events, however they are cut into
/// pieces; a line that lies whole in the input is given as a view into it, and only an unfinished
/// rest is kept.
///
///     LineSplitter splitter;
///     while (true) {
///       const auto step = splitter.next(input);
///       input.remove_prefix(step.taken);
///       if (step.event == LineSplitter::Event::needMore) break;
///       if (step.event == LineSplitter::Event::line) lineReceived(step.line);
///     }
///
/// Never throws on input; takes time in proportion to it, also when it drips. A line that is too
/// long is reported once, as soon as that is certain; what is left of it is skipped, and the lines
/// after it are given as usual.
class LineSplitter {
 public:
  enum class Event { needMore, line, tooLong };
  struct Step {
    Event event;
    /// Without its delimiter; of a long one the first maxLength bytes. Dies with the next call, or
    /// the input.
    std::string_view line;
    std::size_t taken;  ///< bytes of the input that are done with
  };

  /// Throws std::invalid_argument for an empty delimiter.
  explicit LineSplitter(LineOptions options = LineOptions());

  /// The next event. When more is needed all of the input has been taken.
  [[nodiscard]] Step next(std::string_view input);

  /// Bytes that belong to an unfinished line.
  [[nodiscard]] std::string_view rest() const noexcept;
  /// Gives the unfinished rest up, for somebody who reads it otherwise. A line being skipped has
  /// none.
  [[nodiscard]] std::string takeRest();

  [[nodiscard]] const LineOptions& options() const noexcept { return options_; }
  /// For what comes from now on. Throws std::invalid_argument for an empty delimiter.
  /// @return the unfinished rest, to be fed again: it may hold the new delimiter
  [[nodiscard]] std::string setOptions(LineOptions options);

 private:
  enum class State {
    collecting,  // rest_ is the start of a line, without any delimiter
    given,       // rest_ is what the last Step views: free it
    skipping     // rest_ is the end of what was skipped, where a delimiter may have begun
  };

  std::optional<LineEnd> find(std::string_view input) const;
  std::optional<LineEnd> findTyped(std::string_view input) const noexcept;
  std::size_t lengthOf(std::string_view input, std::size_t end) const noexcept;
  [[nodiscard]] std::string_view tailOf(std::string_view bytes) const noexcept;
  Step finish(std::string_view input, LineEnd end, std::size_t length);
  Step tooLong(std::string_view input);
  Step skip(std::string_view input);
  /// From how many bytes without a delimiter on a line is certainly too long.
  std::size_t certainlyLong() const noexcept {
    const std::size_t end = options_.typed ? 2 : options_.delimiter.size();
    return options_.maxLength + end + (options_.dropCR ? 1 : 0);
  }

  LineOptions options_;
  std::string rest_;
  State state_ = State::collecting;
};

}  // namespace ropewalk
