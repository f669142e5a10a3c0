// downloadPage: a URL into a file, with progress and resumption.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "page.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/copyable_function.h"

namespace ropewalk::http {

/// The file cannot be made, written or moved into place.
ROPEWALK_ERROR(DownloadFailed, FetchError);

/// How a file is fetched: method, body, header, headers, timeout, timeouts and redirects as in a
/// ClientRequest. Without a total time-out: a large file takes as long as it takes. A server that
/// falls silent is caught by `idle`.
class DownloadOptions : public RequestSettings<DownloadOptions> {
 public:
  /// @param received  bytes of the file so far, those of an earlier attempt included
  /// @param total     bytes of the whole, where the server says so
  using Progress =
      CopyableFunction<void(std::uint64_t received, std::optional<std::uint64_t> total)>;

  DownloadOptions() { timeout(Duration::zero()); }
  /// Called for each piece that was written, and once before the first one.
  DownloadOptions& progress(Progress value) {
    return setOption(*this, progress_, std::move(value));
  }
  [[nodiscard]] const Progress& progress() const noexcept { return progress_; }
  /// Goes on where an earlier attempt broke off, if the server confirms with a strong validator
  /// that the file is still the same (If-Range, RFC 9110 §13.1.5); else from the beginning. A
  /// failed attempt then leaves PATH.part and PATH.part-info. For GET without a body only: else it
  /// fails with InvalidRequest.
  DownloadOptions& resume(bool on) { return setOption(*this, resume_, on); }
  [[nodiscard]] bool resume() const noexcept { return resume_; }
  /// In bytes, of the whole file; past it BodyTooLarge.
  DownloadOptions& limit(std::uint64_t bytes) { return setOption(*this, limit_, bytes); }
  [[nodiscard]] std::optional<std::uint64_t> limit() const noexcept { return limit_; }

 private:
  Progress progress_;
  bool resume_ = false;
  std::optional<std::uint64_t> limit_;
};

/// What a download brought.
struct Download {
  std::string path;
  std::uint64_t size = 0;     ///< of the file
  std::uint64_t resumed = 0;  ///< bytes of it that an earlier attempt had left
  int status = 0;             ///< 200, or 206 where it was resumed
  Headers headers;
  std::string url;
  Timing timing;
  std::shared_ptr<const TlsFacts> tls;  ///< null in the clear
};

/// Streams into a temporary file next to `path`, which takes its name once it is whole and on the
/// disk: `path` is the old file or the whole new one, never a part. Links stay links; devices and
/// FIFOs are written through (core/base/durable_file.h). It is written on the reactor's thread, a
/// read of the socket (64 KiB) at a time. Fails as getPage does, StatusError included (its page has
/// up to 64 KiB of the body), and with DownloadFailed; then the old file is as it was.
///
///     co_await http::downloadPage(agent, url, "image.iso", http::DownloadOptions().resume(true));
[[nodiscard]] Deferred<Download> downloadPage(Agent& agent, std::string url, std::string path,
                                              DownloadOptions options = DownloadOptions());
/// The same over the thread's default agent.
[[nodiscard]] Deferred<Download> downloadPage(std::string url, std::string path,
                                              DownloadOptions options = DownloadOptions());

}  // namespace ropewalk::http
