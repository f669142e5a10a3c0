// Where rendered log lines go: a stream or a file. Private to core/base/log*.cc;
// spdlog is behind it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace ropewalk::log::detail {

/// Takes whole lines. Not thread-safe: the log's lock is held.
class LineSink {
 public:
  virtual ~LineSink() = default;
  /// Writes and flushes. Throws std::exception where it can tell that the line was lost.
  virtual void write(std::string_view line) = 0;
  /// Opens the file again by its name. Throws, and then keeps the old one. Streams ignore it.
  virtual void reopen() {}
};

std::unique_ptr<LineSink> makeStreamSink(std::FILE* stream);

/// Throws std::exception when the file cannot be opened.
/// @param rotateAt  bytes, 0 for never
std::unique_ptr<LineSink> makeFileSink(std::string path, std::uint64_t rotateAt, unsigned keep);

}  // namespace ropewalk::log::detail
