// One pass over the names.

#include "path.h"

#include "files_error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

Failure badName(std::string_view text, std::string_view why) {
  return FilesError(FilesError::Kind::badName,
                    format("cannot use the path {}: {}", quoteBytes(text), why));
}

}  // namespace

Result<Path> Path::parse(std::string_view text, const Path& cwd) {
  if (text.find('\0') != std::string_view::npos) return badName(text, "it has a NUL");
  std::string all = text.starts_with('/') || cwd.isRoot() ? "" : cwd.text_;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t slash = std::min(text.find('/', at), text.size());
    const std::string_view name = text.substr(at, slash - at);
    at = slash + 1;
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      all.resize(all.empty() ? 0 : all.rfind('/'));
      continue;
    }
    if (name.size() > kLongestName) return badName(text, "a name is longer than 255 bytes");
    if (all.size() + 1 + name.size() > kLongest)
      return badName(text, "it is longer than 4096 bytes");
    all += '/';
    all += name;
  }
  return Path(all.empty() ? "/" : std::move(all));
}

std::string_view Path::name() const noexcept {
  return std::string_view(text_).substr(text_.rfind('/') + 1);
}

Path Path::parent() const {
  const std::size_t slash = text_.rfind('/');
  return slash == 0 ? Path() : Path(text_.substr(0, slash));
}

std::string toText(const Path& path) { return quoteBytes(path.text()); }

}  // namespace ropewalk
