// LineReceiver, LineOnlyReceiver: protocols of lines. Twisted's protocols.basic.
#pragma once

#include <string>
#include <string_view>

#include "line_splitter.h"
#include "pausable_receiver.h"

namespace ropewalk {

/// A protocol that receives and sends lines, ended by CRLF and at most 16 KiB long unless
/// LineOptions say otherwise. Owned by its transport, like any Protocol.
///
///     struct Timestamps : LineOnlyReceiver {
///       void lineReceived(std::string_view line) override {
///         sendLine(format("[{}] {}", toText(now()), line));
///       }
///     };
class LineOnlyReceiver : public PausableReceiver {
 public:
  /// Throws std::invalid_argument for an empty delimiter.
  explicit LineOnlyReceiver(LineOptions options = LineOptions()) : splitter_(std::move(options)) {}

  /// @param line  without its delimiter; may be empty; dies when the call returns
  virtual void lineReceived(std::string_view line) = 0;
  /// A line is longer than maxLength. Loses the connection; an override that does not gets the
  /// lines after it.
  /// @param start  the first maxLength bytes; what follows up to the delimiter is thrown away
  virtual void lineLengthExceeded(std::string_view start);

  /// Writes the line and its ending in one. Throws std::invalid_argument for a line with the
  /// delimiter in it, or with a CR or LF when that is made of these: the peer would see two lines
  /// where there should be one.
  void sendLine(std::string_view line);

  /// For what was not delivered yet, an unfinished line included.
  void setLineOptions(LineOptions options);
  [[nodiscard]] const LineOptions& lineOptions() const noexcept { return splitter_.options(); }
  /// Gives up, and returns, everything that was not delivered yet.
  std::string clearLineBuffer();
  void transportReplaced() override;

 protected:
  bool deliverOne() override;
  [[nodiscard]] LineSplitter& splitter() noexcept { return splitter_; }

 private:
  LineSplitter splitter_;
};

/// Lines, and raw data in between: for a protocol whose lines announce blocks of bytes.
///
///     struct Blocks : LineReceiver {
///       void lineReceived(std::string_view line) override {
///         missing_ = parseNumber<std::size_t>(line).value_or(0);
///         if (missing_ > 0) setRawMode();
///       }
///       void rawDataReceived(std::string_view data) override {
///         const auto mine = data.substr(0, missing_);
///         body_ += mine;
///         missing_ -= mine.size();
///         if (missing_ == 0) setLineMode(data.substr(mine.size()));
///       }
///
///       std::string body_;
///       std::size_t missing_ = 0;  // of the block, in bytes
///     };
///
/// Either switch holds at once, in the middle of a chunk, without recursion; the end of a chunk
/// that is handed back to setLineMode is not copied.
class LineReceiver : public LineOnlyReceiver {
 public:
  using LineOnlyReceiver::LineOnlyReceiver;

  /// In raw mode, instead of lineReceived. Throws std::logic_error unless it is overridden.
  /// @param data  never empty; dies when the call returns
  virtual void rawDataReceived(std::string_view data);

  /// From now on everything goes to rawDataReceived, an unfinished line first.
  void setRawMode();
  /// From now on everything goes to lineReceived, `extra` first: the part of raw data that was not
  /// for us.
  void setLineMode(std::string_view extra = {});
  [[nodiscard]] bool lineMode() const noexcept { return !raw_; }

 protected:
  bool deliverOne() override;

 private:
  bool raw_ = false;
};

}  // namespace ropewalk
