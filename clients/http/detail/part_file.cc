// The file and its note: URL, validator and size, a line each; without its last line it is none.
#include "part_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "ropewalk/clients/http/download.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::http::detail {

namespace {

constexpr std::size_t kInfoAtMost = 16_KiB;

template <class T>
T orThrow(Result<T> result) {
  if (!result.ok()) throw DownloadFailed(result.failure().getErrorMessage());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::string readSmallFile(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return {};
  std::string text(kInfoAtMost, '\0');
  const ssize_t size = ::read(fd.get(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

}  // namespace

PartFile PartFile::temporary(const std::string& target) {
  return {orThrow(DurableFile::create(target)), false};
}

PartFile PartFile::resumable(const std::string& target) {
  DurableFile file = orThrow(DurableFile::resume(target));
  const bool keep = !file.writtenThrough();
  return {std::move(file), keep};
}

std::optional<PartNote> PartFile::noteFor(std::string_view url) const {
  if (!keep_ || size() == 0) return std::nullopt;
  const std::string info = readSmallFile(infoPath());
  const std::vector<std::string_view> lines = split(info, '\n');
  // The last line is there only when the whole was written.
  if (lines.size() != 4 || lines[0] != url || lines[1].empty()) return std::nullopt;
  const PartNote note{std::string(lines[1]), parseNumber<std::uint64_t>(lines[2])};
  if (note.total.value_or(size()) < size()) return std::nullopt;
  return note;
}

void PartFile::restart(std::string_view url, const std::optional<PartNote>& note) {
  orThrow(file_.clear());
  if (!keep_) return;
  ::unlink(infoPath().c_str());
  if (!note) return;
  const std::string total = note->total ? format("{}", *note->total) : std::string();
  orThrow(writeFile(infoPath(), format("{}\n{}\n{}\n", url, note->validator, total)));
}

void PartFile::append(std::string_view bytes) { orThrow(file_.write(bytes)); }

void PartFile::commit() {
  const std::string info = keep_ ? infoPath() : "";
  orThrow(file_.commit());
  if (keep_) ::unlink(info.c_str());
}

}  // namespace ropewalk::http::detail
