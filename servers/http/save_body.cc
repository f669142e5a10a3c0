// Request::saveBody: a request body on its way into a file.
#include <memory>

#include "request.h"
#include "ropewalk/core/base/durable_file.h"

namespace ropewalk::http {

Deferred<std::uint64_t> Request::saveBody(std::string path, std::optional<std::uint64_t> limit) {
  auto opened = DurableFile::create(path);
  if (!opened) return ropewalk::fail<std::uint64_t>(opened.failure());
  const auto file = std::make_shared<DurableFile>(*std::move(opened));
  Deferred<void> end = body_.consume(*this, limit, [file = file.get()](std::string_view piece) {
    auto written = file->write(piece);
    return written ? succeed() : ropewalk::fail<void>(written.failure());
  });
  // The last holder: where this is cancelled or fails, the unfinished file goes at once.
  return std::move(end).addCallback([file]() -> Result<std::uint64_t> {
    if (auto whole = file->commit(); !whole) return whole.failure();
    return file->size();
  });
}

}  // namespace ropewalk::http
