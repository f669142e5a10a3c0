// spdlog's file sinks, opened again when they fail, and a stream that notices a full disk.

#include "log_sink.h"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/fd.h"

namespace ropewalk::log::detail {

namespace {

class StreamSink final : public LineSink {
 public:
  explicit StreamSink(std::FILE* stream) noexcept : stream_(stream) {}

  void write(std::string_view line) override {
    // spdlog's stream sinks do not notice a full disk.
    const bool written = std::fwrite(line.data(), 1, line.size(), stream_) == line.size();
    if (std::fflush(stream_) == 0 && written) return;
    std::clearerr(stream_);
    throw std::runtime_error("cannot write to the stream");
  }

 private:
  std::FILE* stream_;
};

/// Opening a FIFO that nobody reads would wait for somebody, and the whole program with it.
void requireReader(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISFIFO(status.st_mode)) return;
  const UniqueFd reader(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!reader && errno == ENXIO)
    throw std::runtime_error("it is a FIFO that nobody reads: start its reader first");
}

class FileSink final : public LineSink {
 public:
  FileSink(std::string path, std::uint64_t rotateAt, unsigned keep)
      : path_(std::move(path)), rotateAt_(rotateAt), keep_(keep), file_(open()) {}

  void write(std::string_view line) override {
    // A file sink that threw may be left without its file; it would crash at the next line.
    if (file_ == nullptr) openLater();
    try {
      const spdlog::details::log_msg message(spdlog::string_view_t(), spdlog::level::info,
                                             spdlog::string_view_t(line.data(), line.size()));
      file_->log(message);
      file_->flush();
    } catch (...) {
      file_ = nullptr;
      throw;
    }
  }

  void reopen() override { file_ = open(); }

 private:
  std::shared_ptr<spdlog::sinks::sink> open() const {
    requireReader(path_);
    std::shared_ptr<spdlog::sinks::sink> file;
    if (rotateAt_ == 0) {
      file = std::make_shared<spdlog::sinks::basic_file_sink_st>(path_);
    } else {
      file = std::make_shared<spdlog::sinks::rotating_file_sink_st>(path_, rotateAt_, keep_);
    }
    // The line is complete as it comes.
    file->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%v", spdlog::pattern_time_type::local, std::string()));
    return file;
  }

  // Opening sleeps between its attempts: not at every line.
  void openLater() {
    const auto time = std::chrono::steady_clock::now();
    if (time < retryAt_) throw std::runtime_error("the file could not be opened again");
    retryAt_ = time + kRetryAfter;
    file_ = open();
  }

  static constexpr auto kRetryAfter = std::chrono::seconds(1);

  std::string path_;
  std::uint64_t rotateAt_;
  unsigned keep_;
  std::shared_ptr<spdlog::sinks::sink> file_;
  std::chrono::steady_clock::time_point retryAt_{};
};

}  // namespace

std::unique_ptr<LineSink> makeStreamSink(std::FILE* stream) {
  return std::make_unique<StreamSink>(stream);
}

std::unique_ptr<LineSink> makeFileSink(std::string path, std::uint64_t rotateAt, unsigned keep) {
  return std::make_unique<FileSink>(std::move(path), rotateAt, keep);
}

}  // namespace ropewalk::log::detail
