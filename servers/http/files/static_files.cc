// A file found below the directory, then its answer: cached, conditional, whole or in ranges.
// RFC 9110 §13.2.2, §14.
#include "static_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/date.h"
#include "ropewalk/protocols/http/etag.h"
#include "ropewalk/protocols/http/mime.h"
#include "ropewalk/protocols/http/multipart_ranges.h"
#include "ropewalk/protocols/http/range.h"
#include "ropewalk/protocols/http/uri.h"
#include "ropewalk/servers/http/files/detail/listing.h"
#include "ropewalk/servers/http/http1/detail/channel.h"
#include "ropewalk/servers/http/request_error.h"
#include "ropewalk/servers/http/site.h"

namespace ropewalk::http {

namespace {

#ifdef O_PATH
constexpr int kLook = O_PATH;
#else
constexpr int kLook = 0;
#endif

/// Reads a whole file. Nothing when it is not as long as it was, or cannot be read.
std::optional<std::string> readAll(int fd, std::uint64_t size) {
  std::string content(static_cast<std::size_t>(size), '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t got =
        pread(fd, content.data() + done, content.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return content;
}

std::string joined(const std::vector<std::string>& segments) {
  std::string path;
  for (const std::string& segment : segments) {
    if (segment.empty()) continue;
    if (!path.empty()) path += '/';
    path += segment;
  }
  return path;
}

/// RFC 9110 §8.8.2.1: never later than Date, whatever the clock that dated the file said.
std::optional<std::int64_t> modifiedAt(const CachedFile& file, const Site& site) {
  const auto modified = file.stamp.lastModified();
  if (!modified) return std::nullopt;
  return std::min(*modified, site.unixTime());
}

std::string lastModifiedOf(const FileStamp& stamp) {
  const auto modified = stamp.lastModified();
  return modified ? formatDate(*modified) : std::string();
}

}  // namespace

StaticFiles::StaticFiles(std::string directory, FilesOptions options)
    : directory_(std::move(directory)), options_(std::move(options)), cache_(options_.cache) {
  if (root() < 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot serve files from " + directory_);
}

StaticFiles::~StaticFiles() = default;

/// The directory; looked up again once in a while, so that one which replaces it (a new release) is
/// seen.
int StaticFiles::root() {
  if (!root_ || now_ - rootOpened_ >= options_.revalidate) {
    UniqueFd opened(::open(directory_.c_str(), kLook | O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened || !root_) root_ = std::move(opened);
    rootOpened_ = now_;
  }
  return root_.get();
}

bool StaticFiles::allowed(const std::vector<std::string>& segments) const noexcept {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& segment = segments[i];
    if (segment.empty() && i + 1 != segments.size()) return false;
    if (segment == "." || segment == "..") return false;
    if (segment.find('/') != std::string::npos || segment.find('\0') != std::string::npos)
      return false;
    if (segment.starts_with('.') && segment != ".well-known" && !options_.dotfiles) return false;
  }
  return true;
}

std::optional<StaticFiles::Found> StaticFiles::open(const std::string& path, int& code) {
  OpenedFile opened = openBeneath(root(), path, options_.symlinks);
  code = opened.code;
  if (!opened.fd) return std::nullopt;
  struct stat status {};
  if (fstat(opened.fd.get(), &status) != 0) {
    code = errno;
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode) &&
      !S_ISDIR(status.st_mode)) {  // devices, FIFOs: nothing to be downloaded
    code = ENOENT;
    return std::nullopt;
  }
  return Found{std::move(opened.fd), FileStamp::of(status), S_ISDIR(status.st_mode)};
}

void StaticFiles::serve(Request& request, const std::vector<std::string>& segments) {
  now_ = request.now();
  if (!allowed(segments)) return notFound(request, ENOENT);
  const std::string path = joined(segments);
  const bool slash = !segments.empty() && segments.back().empty();
  if (!slash) {
    if (const auto file = cached(path)) return answer(request, *file, nullptr);
  }
  int code = 0;
  std::optional<Found> found = open(path, code);
  if (!found) return notFound(request, code);
  if (found->directory)
    return slash ? serveDirectory(request, path, *std::move(found)) : redirectToSlash(request);
  if (slash) return notFound(request, ENOTDIR);
  serveFile(request, path, *std::move(found));
}

void StaticFiles::serveDirectory(Request& request, const std::string& path, Found found) {
  for (const std::string& name : options_.index) {
    const std::string index = path.empty() ? name : path + '/' + name;
    if (const auto file = cached(index)) return answer(request, *file, nullptr);
    int code = 0;
    std::optional<Found> file = open(index, code);
    if (file && !file->directory) return serveFile(request, index, *std::move(file));
  }
  if (!options_.browse) return notFound(request, ENOENT);
  request.respond(
      listDirectory(request, std::move(found.fd), {options_.dotfiles, options_.symlinks}));
}

void StaticFiles::serveFile(Request& request, const std::string& path, Found found) {
  const auto size = static_cast<std::size_t>(found.stamp.size);
  if (size <= options_.cachedFile && cache_.makeRoom(size + path.size(), now_)) {
    if (const auto file = load(path, found)) return answer(request, *file, nullptr);
  }
  CachedFile file{found.stamp, path, found.stamp.etag(), lastModifiedOf(found.stamp), nullptr, {}};
  answer(request, file, std::make_shared<const UniqueFd>(std::move(found.fd)));
}

void StaticFiles::notFound(Request& request, int code) {
  if (!options_.fallback.empty() && code == ENOENT) {
    if (const auto file = cached(options_.fallback)) return answer(request, *file, nullptr);
    int ignored = 0;
    std::optional<Found> found = open(options_.fallback, ignored);
    if (found && !found->directory) return serveFile(request, options_.fallback, *std::move(found));
  }
  switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      throw RequestError(404);
    case EACCES:
      throw RequestError(403);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      throw RequestError(503);
    default:
      throw std::system_error(code, std::generic_category(),
                              "cannot open a file below " + directory_);
  }
}

/// The copy in memory, if there is one and it is as good as the file.
std::shared_ptr<CachedFile> StaticFiles::cached(const std::string& path) {
  std::shared_ptr<CachedFile> file = cache_.find(path, now_);
  if (!file || now_ - file->checked < options_.revalidate) return file;
  const OpenedFile look = openBeneath(root(), path, options_.symlinks, kLook);
  struct stat status {};
  if (look.fd && fstat(look.fd.get(), &status) == 0 && FileStamp::of(status) == file->stamp) {
    file->checked = now_;
    return file;
  }
  cache_.remove(path);
  return nullptr;
}

std::shared_ptr<CachedFile> StaticFiles::load(const std::string& path, const Found& found) {
  auto content = readAll(found.fd.get(), found.stamp.size);
  struct stat after {};
  if (!content || fstat(found.fd.get(), &after) != 0 || FileStamp::of(after) != found.stamp)
    return nullptr;
  auto file = std::make_shared<CachedFile>();
  file->stamp = found.stamp;
  file->name = path;
  file->etag = found.stamp.etag();
  file->lastModified = lastModifiedOf(found.stamp);
  file->content = std::make_shared<const std::string>(*std::move(content));
  file->checked = now_;
  cache_.put(path, file, now_);
  return file;
}

Response StaticFiles::base(const Site& site, int status, const CachedFile& file) const {
  Response response(status);
  response.add("ETag", file.etag);
  if (const auto modified = modifiedAt(file, site)) {
    response.add("Last-Modified",
                 *modified < file.stamp.seconds ? formatDate(*modified) : file.lastModified);
  }
  if (!options_.cacheControl.empty()) response.add("Cache-Control", options_.cacheControl);
  return response;
}

void StaticFiles::answer(Request& request, const CachedFile& file, SharedFd fd) {
  const Validators validators{.etag = file.etag, .lastModified = modifiedAt(file, request.site())};
  const auto condition = evaluatePreconditions(request.method(), request.headers(), validators,
                                               request.site().unixTime());
  if (condition == Precondition::notModified)
    return request.respond(base(request.site(), 304, file));
  if (condition == Precondition::failed) throw RequestError(412);
  // RFC 9110 §14.2: Range means something to GET only.
  if (condition == Precondition::proceed && request.method() == Method::get) {
    if (const auto range = request.headers().single("Range")) {
      const RangeSelection selection = selectRanges(*range, file.stamp.size);
      if (selection.kind != RangeSelection::Kind::whole)
        return answerRanges(request, file, fd, selection);
    }
  }
  Response response = base(request.site(), 200, file);
  response.add("Content-Type", mediaTypeForPath(file.name)).add("Accept-Ranges", "bytes");
  response.add("X-Content-Type-Options", "nosniff");
  if (file.content) {
    response.body(file.content);
  } else {
    response.file({std::move(fd), 0, file.stamp.size});
  }
  request.respond(std::move(response));
}

void StaticFiles::answerRanges(Request& request, const CachedFile& file, const SharedFd& fd,
                               const RangeSelection& selection) {
  if (selection.kind == RangeSelection::Kind::unsatisfiable) {
    Response response = request.site().errorResponse(request, 416, {});
    return request.respond(
        std::move(response.header("Content-Range", unsatisfiedContentRange(file.stamp.size))));
  }
  Response response = base(request.site(), 206, file);
  const auto add = [&](const ByteRange& range) {
    if (file.content) {
      response.more(file.content->substr(range.first, range.size()));
    } else {
      response.file({fd, range.first, range.size()});
    }
  };
  const std::string_view type = mediaTypeForPath(file.name);
  response.add("X-Content-Type-Options", "nosniff");
  if (selection.ranges.size() == 1) {
    response.add("Content-Type", type)
        .add("Content-Range", contentRange(selection.ranges[0], file.stamp.size));
    add(selection.ranges[0]);
  } else {
    const MultipartRanges parts(selection.ranges, file.stamp.size, type, hex(randomBytes(12)));
    response.add("Content-Type", parts.contentType());
    for (std::size_t i = 0; i < parts.count(); ++i) {
      response.more(parts.partHead(i));
      add(parts.range(i));
    }
    response.more(parts.closing());
  }
  request.respond(std::move(response));
}

/// Relative links of the page would miss their directory without it. The path is a clean one, so it
/// does not begin with "//", which would lead to another host (RFC 3986 §4.2); what may stand in a
/// target and not in a URI is encoded: browsers take a "\" for a "/".
void StaticFiles::redirectToSlash(Request& request) {
  std::string location = encodeRaw(request.path(), EncodeSet::path) + '/';
  if (request.head().hasQuery)
    location.append(1, '?').append(encodeRaw(request.query(), EncodeSet::query));
  request.respond(redirect(location, 301));
}

void FilesHandler::handle(Request& request) {
  std::vector<std::string> segments;
  if (!request.captures_.empty()) {
    for (const std::string_view segment : split(request.captures_.back(), '/')) {
      segments.push_back(percentDecode(segment).value_or(std::string(segment)));
    }
  }
  files_->serve(request, segments);
}

File::File(std::string directory, FilesOptions options)
    : files_(std::move(directory), std::move(options)) {
  isLeaf = true;
}

Rendered File::renderGET(Request& request) {
  files_.serve(request, request.postpath);
  return NOT_DONE_YET;
}

}  // namespace ropewalk::http
