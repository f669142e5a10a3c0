// The body of a 206 with several ranges: multipart/byteranges. RFC 9110 §14.6.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "range.h"

namespace ropewalk::http {

/// Knows the text between the parts, and so the length of the whole body before any of it is sent.
///
///     void sendParts(const MultipartRanges& parts, const SharedFd& file, Transport& out) {
///       for (std::size_t i = 0; i < parts.count(); ++i) {
///         out.write(parts.partHead(i));
///         out.writeFile(file, parts.range(i).first, parts.range(i).size());
///       }
///       out.write(parts.closing());
///     }
class MultipartRanges {
 public:
  /// @param boundary  of 1 … 70 token characters that the representation does not hold; random
  /// @param size      of the whole representation in bytes
  MultipartRanges(std::vector<ByteRange> ranges, std::uint64_t size, std::string_view mediaType,
                  std::string_view boundary);

  /// `multipart/byteranges; boundary=…`
  [[nodiscard]] std::string contentType() const;
  /// Of the whole body in bytes, everything between the parts included.
  [[nodiscard]] std::uint64_t contentLength() const;
  [[nodiscard]] std::size_t count() const noexcept { return ranges_.size(); }
  [[nodiscard]] const ByteRange& range(std::size_t i) const noexcept { return ranges_[i]; }
  /// Delimiter and fields of part i: what goes before its bytes.
  [[nodiscard]] std::string partHead(std::size_t i) const;
  /// What goes after the last part.
  [[nodiscard]] std::string closing() const;

 private:
  std::vector<ByteRange> ranges_;
  std::uint64_t size_;
  std::string mediaType_;
  std::string boundary_;
};

}  // namespace ropewalk::http
