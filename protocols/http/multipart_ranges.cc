// The body of a 206 with several ranges. RFC 9110 §14.6, RFC 2046 §5.1.
#include "multipart_ranges.h"

#include <utility>

namespace ropewalk::http {

MultipartRanges::MultipartRanges(std::vector<ByteRange> ranges, std::uint64_t size,
                                 std::string_view mediaType, std::string_view boundary)
    : ranges_(std::move(ranges)), size_(size), mediaType_(mediaType), boundary_(boundary) {}

std::string MultipartRanges::contentType() const {
  return "multipart/byteranges; boundary=" + boundary_;
}

std::uint64_t MultipartRanges::contentLength() const {
  std::uint64_t length = closing().size();
  for (std::size_t i = 0; i < count(); ++i) length += partHead(i).size() + ranges_[i].size();
  return length;
}

std::string MultipartRanges::partHead(std::size_t i) const {
  std::string head = i == 0 ? "--" : "\r\n--";
  head.append(boundary_).append("\r\n");
  if (!mediaType_.empty()) head.append("Content-Type: ").append(mediaType_).append("\r\n");
  return head.append("Content-Range: ").append(contentRange(ranges_[i], size_)).append("\r\n\r\n");
}

std::string MultipartRanges::closing() const { return "\r\n--" + boundary_ + "--\r\n"; }

}  // namespace ropewalk::http
