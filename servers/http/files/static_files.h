// Files below a directory as a part of a site. RFC 9110 §8.8 (validators), §13 (conditions), §14
// (ranges).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file_cache.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/files/beneath.h"
#include "ropewalk/servers/http/handler.h"
#include "ropewalk/servers/http/resource.h"

namespace ropewalk::http {

using ropewalk::Symlinks;  // http::Symlinks, as all that FilesOptions is made of

/// What Site::files() and File serve, and how.
///
///     http::FilesOptions options;
///     options.browse = true;
///     options.cacheControl = "public, max-age=3600";
///     site->files("/static", "public", options);
struct FilesOptions {
  /// Show a page with the names in a directory that has no index file. Off: 404.
  bool browse = false;
  /// Served for a directory; the first that is there.
  std::vector<std::string> index = {"index.html", "index.htm"};
  Symlinks symlinks = Symlinks::beneath;
  /// Serve names that begin with a dot. ".well-known" (RFC 8615) is served in any case.
  bool dotfiles = false;
  /// Of the Cache-Control field: "public, max-age=3600". Empty: none is sent.
  std::string cacheControl = {};
  /// Served with 200 where nothing is found: "index.html" for applications that route in the
  /// browser. Empty: 404.
  std::string fallback = {};
  /// Files of at most cachedFile bytes are kept in memory, cache bytes of them at most, while they
  /// are asked for; all others are sent with sendfile. From some 300 KiB on memory is the dearer
  /// way.
  std::size_t cachedFile = 128 * 1024;
  std::size_t cache = 16 * 1024 * 1024;
  /// A file in memory is compared with the one on disk (inode, size, times) when the last
  /// comparison is so long ago.
  Duration revalidate = std::chrono::seconds(1);
};

/// Answers GET and HEAD with files: media type by extension, strong ETag and Last-Modified (not of
/// files that are dated 0 or 1 second after 1970, as reproducible builds do: that date says
/// nothing), conditional requests, one range or several, redirection of directories to their "/",
/// index files, pages of names. No request gets a file that is not below the directory: not by
/// "..", encoded or not, not by NUL, not by a symbolic link (see Symlinks). One thread.
class StaticFiles {
 public:
  /// Throws std::system_error when the directory cannot be opened.
  explicit StaticFiles(std::string directory, FilesOptions options = FilesOptions());
  ~StaticFiles();

  /// Answers with the file at a path.
  /// @param segments  decoded; an empty one at the end stands for "/" at the end. Empty: the
  ///                  directory without its "/"
  void serve(Request& request, const std::vector<std::string>& segments);

  [[nodiscard]] const FileCache& cache() const noexcept { return cache_; }

 private:
  /// A file or directory as it was found.
  struct Found {
    UniqueFd fd;
    FileStamp stamp;
    bool directory = false;
  };
  using Slices = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

  [[nodiscard]] bool allowed(const std::vector<std::string>& segments) const noexcept;
  int root();
  [[nodiscard]] std::optional<Found> open(const std::string& path, int& code);
  void serveDirectory(Request& request, const std::string& path, Found found);
  void serveFile(Request& request, const std::string& path, Found found);
  void notFound(Request& request, int code);
  [[nodiscard]] std::shared_ptr<CachedFile> cached(const std::string& path);
  [[nodiscard]] std::shared_ptr<CachedFile> load(const std::string& path, const Found& found);
  void answer(Request& request, const CachedFile& file, SharedFd fd);
  void answerRanges(Request& request, const CachedFile& file, const SharedFd& fd,
                    const struct RangeSelection& selection);
  [[nodiscard]] Response base(const Site& site, int status, const CachedFile& file) const;
  static void redirectToSlash(Request& request);

  std::string directory_;
  FilesOptions options_;
  UniqueFd root_;
  TimePoint rootOpened_{};
  TimePoint now_{};  // of the request at hand
  FileCache cache_;
};

/// StaticFiles as a route's handler: of what the last name of the pattern stands for.
class FilesHandler final : public Handler {
 public:
  explicit FilesHandler(std::shared_ptr<StaticFiles> files) : files_(std::move(files)) {}
  void handle(Request& request) override;

 private:
  std::shared_ptr<StaticFiles> files_;
};

/// StaticFiles as a leaf of a tree of resources. Twisted's static.File.
class File final : public Resource {
 public:
  explicit File(std::string directory, FilesOptions options = FilesOptions());
  Rendered renderGET(Request& request) override;

 private:
  StaticFiles files_;
};

}  // namespace ropewalk::http
