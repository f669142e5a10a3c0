// The hub: receivers behind one recursive lock, what was said before the first start, and who is
// told of a receiver that throws.

#include "log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "failure.h"
#include "log_capture.h"
#include "log_writer.h"
#include "ropewalk/core/base/detail/log_render.h"
#include "ropewalk/core/base/detail/log_sink.h"

namespace ropewalk::log {

/// An observer, or a destination: then it has a sink.
struct detail::Receiver {
  UniqueFunction<void(const Event&)> receive;
  std::unique_ptr<LineSink> sink;
  std::string name;                   // of a destination: "stdout", or the path
  const std::FILE* stream = nullptr;  // of a destination that is a stream
  Where startedAt;
  bool running = false;
  bool removed = false;
  bool failing = false;  // it threw at the last event, and that was reported
};

namespace {

using detail::Receiver;

constexpr std::size_t kHistory = 200;  // events kept for the first start, as Twisted does

void writeToStderr(const Event& event) {
  const std::string line = render(event, detail::Look::plain);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

// The terminal or file that stderr is, under whatever descriptor.
bool isStderr(std::FILE* stream) {
  struct stat one {};
  struct stat other {};
  return ::fstat(::fileno(stream), &one) == 0 && ::fstat(STDERR_FILENO, &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

std::string nameOf(const std::FILE* stream) {
  if (stream == stdout) return "stdout";
  if (stream == stderr) return "stderr";
  return "a stream";
}

Event ownEvent(Level level, std::string message, Where where) {
  return Event{now(), level, "log", std::move(message), {}, where};
}

// Lines through a function of the program's.
class WriterSink final : public detail::LineSink {
 public:
  explicit WriterSink(UniqueFunction<void(std::string_view)> take) : take_(std::move(take)) {}
  void write(std::string_view line) override { take_(line); }

 private:
  UniqueFunction<void(std::string_view)> take_;
};

// All receivers, behind one lock. It is recursive, since an observer may log. The process has one,
// as it has one stderr.
class Hub {
 public:
  // Never destroyed: destructors of static objects may log.
  static Hub& instance() {
    static Hub& hub = *new Hub;
    return hub;
  }

  void deliver(const Event& event) {
    const std::lock_guard lock(mutex_);
    const bool started = isStarted();
    const bool needsStderr = !spread(event) && event.level >= Level::warn && hushed_ == 0;
    if (needsStderr) writeToStderr(event);
    if (!started) remember(event, needsStderr);
  }

  void start(const std::shared_ptr<Receiver>& destination, bool isOnStderr) {
    const std::lock_guard lock(mutex_);
    const Where former = forget(*destination);
    add(destination);
    for (const Kept& kept : std::exchange(history_, {})) {
      if (!(isOnStderr && kept.printed)) hand(kept.event, *destination);
    }
    if (former.line == 0) return;
    deliver(
        ownEvent(Level::warn,
                 format("logging to {} was started twice, first at {}:{}; the later start counts",
                        destination->name, former.file, former.line),
                 destination->startedAt));
  }

  void add(std::shared_ptr<Receiver> receiver) {
    const std::lock_guard lock(mutex_);
    receivers_.push_back(std::move(receiver));
    sweep();
  }

  void remove(Receiver& receiver) noexcept {
    const std::lock_guard lock(mutex_);
    receiver.removed = true;
    sweep();
  }

  void stop() noexcept {
    const std::lock_guard lock(mutex_);
    for (const auto& receiver : receivers_) {
      if (receiver->sink != nullptr) receiver->removed = true;
    }
    sweep();
  }

  void reopen() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0, count = receivers_.size(); i < count; ++i) {
      const auto receiver = receivers_[i];
      if (receiver->removed || receiver->sink == nullptr) continue;
      try {
        receiver->sink->reopen();
      } catch (const std::exception& error) {
        deliver(ownEvent(Level::error,
                         format("cannot open {} again: {}; its old file stays in use",
                                receiver->name, error.what()),
                         Where::here()));
      }
    }
  }

  void hush(int change) noexcept {
    const std::lock_guard lock(mutex_);
    hushed_ += change;
  }

 private:
  struct Kept {
    Event event;
    bool printed;  // on stderr
  };

  bool isStarted() const {
    return std::any_of(receivers_.begin(), receivers_.end(), [](const auto& receiver) {
      return receiver->sink != nullptr && !receiver->removed;
    });
  }

  // Removes a destination that is the same stream or file.
  // @return where that was started, or nowhere
  Where forget(const Receiver& destination) {
    for (const auto& other : receivers_) {
      if (other->removed || other->sink == nullptr) continue;
      if (other->stream != destination.stream || other->name != destination.name) continue;
      other->removed = true;
      return other->startedAt;
    }
    return {};
  }

  // @return whether a destination took it
  bool spread(const Event& event) {
    bool taken = false;
    ++depth_;
    // By index, and only up to here: receivers may be added meanwhile.
    for (std::size_t i = 0, count = receivers_.size(); i < count; ++i) {
      const auto receiver = receivers_[i];
      if (receiver->removed || receiver->running) continue;
      const bool handed = hand(event, *receiver);
      taken = taken || (handed && receiver->sink != nullptr);
    }
    --depth_;
    sweep();
    return taken;
  }

  // G-01: whoever throws is reported to the others (it is still marked as running) and stays.
  bool hand(const Event& event, Receiver& receiver) {
    receiver.running = true;
    bool good = true;
    try {
      receiver.receive(event);
    } catch (...) {
      good = false;
      const bool known = std::exchange(receiver.failing, true);
      if (!known) reportFailure(receiver, Failure::current());
    }
    receiver.running = false;
    if (good) receiver.failing = false;
    return good;
  }

  void reportFailure(const Receiver& receiver, const Failure& why) noexcept {
    try {
      const std::string who =
          receiver.name.empty() ? "a log observer" : "logging to " + receiver.name;
      deliver(ownEvent(Level::error, format("{} failed: {}", who, why), Where::here()));
    } catch (...) {  // no memory: nothing more can be said
    }
  }

  void remember(const Event& event, bool printed) {
    if (history_.size() == kHistory) history_.pop_front();
    history_.push_back({event, printed});
  }

  // What a running loop still looks at must stay.
  void sweep() noexcept {
    while (depth_ == 0) {
      const auto found = std::find_if(receivers_.begin(), receivers_.end(),
                                      [](const auto& receiver) { return receiver->removed; });
      if (found == receivers_.end()) return;
      const auto gone = std::move(*found);  // dies after the erase: its destructor may log
      receivers_.erase(found);
    }
  }

  std::recursive_mutex mutex_;
  std::vector<std::shared_ptr<Receiver>> receivers_;
  std::deque<Kept> history_;
  int depth_ = 0;
  int hushed_ = 0;
};

void startDestination(std::unique_ptr<detail::LineSink> sink, detail::Look look, std::string name,
                      std::FILE* stream, Where where) {
  auto destination = std::make_shared<Receiver>();
  detail::LineSink& lines = *sink;
  destination->sink = std::move(sink);
  destination->receive = [&lines, look](const Event& event) { lines.write(render(event, look)); };
  destination->name = std::move(name);
  destination->stream = stream;
  destination->startedAt = where;
  Hub::instance().start(destination, stream != nullptr && isStderr(stream));
}

void startOnStream(std::unique_ptr<detail::LineSink> sink, std::FILE* stream, Format format,
                   Where where) {
  startDestination(std::move(sink), detail::lookFor(::isatty(::fileno(stream)) == 1, format),
                   nameOf(stream), stream, where);
}

Event::Value owned(const FormatArgument& argument) {
  return std::visit(
      [](const auto& value) -> Event::Value {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          return std::string(value);
        } else if constexpr (std::is_same_v<T, char>) {
          return std::string(1, value);
        } else {
          return value;
        }
      },
      argument.value());
}

}  // namespace

void Logger::emit(Level level, const Pattern& pattern, std::initializer_list<std::string_view> keys,
                  std::initializer_list<FormatArgument> values) const noexcept {
  try {
    // Without arguments the text is taken as it is: braces in it may come from a peer.
    Event event{
        now(),
        level,
        std::string(module_),
        values.size() == 0 ? std::string(pattern.text) : formatArguments(pattern.text, values),
        {},
        pattern.where};
    auto value = values.begin();
    for (const std::string_view key : keys) {
      if (!key.empty()) event.fields.push_back({std::string(key), owned(*value)});
      ++value;
    }
    Hub::instance().deliver(event);
  } catch (...) {
    emitUnformatted(level, pattern);
  }
}

void Logger::emitUnformatted(Level level, const Pattern& pattern) const noexcept {
  try {
    const Failure why = Failure::current();
    Hub::instance().deliver(Event{now(),
                                  level,
                                  std::string(module_),
                                  format("{} [arguments failed: {}]", pattern.text, why),
                                  {},
                                  pattern.where});
  } catch (...) {  // no memory: the event is lost, the program goes on
  }
}

void startLogging(std::FILE* stream, Format format, Where where) {
  startOnStream(detail::makeStreamSink(stream), stream, format, where);
}

void startLoggingBy(UniqueFunction<void(std::string_view line)> write, std::FILE* stream,
                    Format format, Where where) {
  startOnStream(std::make_unique<WriterSink>(std::move(write)), stream, format, where);
}

void startLoggingToFile(const std::string& path, const FileOptions& options, Where where) {
  std::unique_ptr<detail::LineSink> sink;
  try {
    sink = detail::makeFileSink(path, options.rotateAt, options.keep);
  } catch (const std::exception& error) {
    throw CannotLogError(ropewalk::format("cannot log to {}: {}", path, error.what()));
  }
  const auto look = options.format == Format::text ? detail::Look::plain : detail::Look::json;
  startDestination(std::move(sink), look, path, nullptr, where);
}

void reopen() noexcept {
  try {
    Hub::instance().reopen();
  } catch (...) {  // no memory for the report: the old files stay in use
  }
}

void stopLogging() noexcept { Hub::instance().stop(); }

ObserverHandle::ObserverHandle(std::shared_ptr<detail::Receiver> receiver) noexcept
    : receiver_(std::move(receiver)) {}

ObserverHandle& ObserverHandle::operator=(ObserverHandle&& other) noexcept {
  if (this != &other) {
    remove();
    receiver_ = std::move(other.receiver_);
  }
  return *this;
}

void ObserverHandle::remove() noexcept {
  if (const auto receiver = std::exchange(receiver_, nullptr)) Hub::instance().remove(*receiver);
}

ObserverHandle addObserver(UniqueFunction<void(const Event&)> observe) {
  auto receiver = std::make_shared<Receiver>();
  receiver->receive = std::move(observe);
  Hub::instance().add(receiver);
  return ObserverHandle(std::move(receiver));
}

void detail::hushStderr(int change) noexcept { Hub::instance().hush(change); }

}  // namespace ropewalk::log
