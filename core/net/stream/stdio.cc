// Opens terminals and pipes once more, so that their flags stay the neighbours' own; copies what
// cannot be opened so, and puts its flags back at the end.

#include "stdio.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

constexpr int kFirstOther = 3;  // 0, 1 and 2 have their meaning: a copy must not become one of them

/// A copy for the stream to own and close: 0 and 1 must stay open, or the next file that is
/// opened takes their place.
UniqueFd copyOf(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstOther));
  if (!copy) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot use descriptor " + std::to_string(fd));
  }
  return copy;
}

/// Whether both are one socket, as a super-server (inetd) hands it over.
bool oneSocket(int input, int output) {
  struct stat in {};
  struct stat out {};
  return ::fstat(input, &in) == 0 && ::fstat(output, &out) == 0 && S_ISSOCK(in.st_mode) &&
         in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

/// The flags of a descriptor as they were, O_NONBLOCK above all. They belong to the open file,
/// which copies and other processes share.
class Flags {
 public:
  /// @param fd  -1: nothing to put back
  explicit Flags(int fd) noexcept : fd_(fd), flags_(::fcntl(fd, F_GETFL)) {}
  void restore() noexcept {
    const int flags = std::exchange(flags_, -1);
    if (flags >= 0) ::fcntl(fd_, F_SETFL, flags);
  }

 private:
  int fd_;
  int flags_;
};

/// Stands between the stream and the user's protocol, and cleans up after both.
class StdioProtocol final : public Protocol {
 public:
  /// @param changed  the descriptors of which the flags will be changed; -1 for none
  StdioProtocol(std::unique_ptr<Protocol> user, StdioOptions options, StdioOptions changed)
      : user_(std::move(user)), options_(options), input_(changed.input), output_(changed.output) {}
  StdioProtocol(const StdioProtocol&) = delete;
  StdioProtocol& operator=(const StdioProtocol&) = delete;
  ~StdioProtocol() override {
    input_.restore();
    output_.restore();
  }

  void connectionMade() override { user_->makeConnection(transport()); }
  void dataReceived(std::string_view data) override { user_->dataReceived(data); }
  void connectionLost(const Failure& reason) override { user_->endConnection(reason); }
  void readConnectionLost() override { user_->readConnectionLost(); }
  void writeConnectionLost() override {
    endOutput();
    user_->writeConnectionLost();
  }
  void writeDrained() override { user_->writeDrained(); }

 private:
  /// The stream has closed its copy; the reader of a pipe sees the end once ours is closed too. A
  /// terminal has no such reader, and may be the input as well; one socket for both was shut down.
  void endOutput() noexcept {
    if (::isatty(options_.output) == 1 || oneSocket(options_.input, options_.output)) return;
    output_.restore();
    const UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (nothing) ::dup2(nothing.get(), options_.output);
  }

  const std::unique_ptr<Protocol> user_;
  const StdioOptions options_;
  Flags input_;
  Flags output_;
};

}  // namespace

UniqueFd reopened(int fd, int access) {
  struct stat status {};
  const bool terminal = ::isatty(fd) == 1;
  if (!terminal && (::fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode))) return {};
  const int flags = access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd again(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), flags));
  // After su the terminal is another user's, who lets us use it all the same under this name.
  const bool controlling = terminal && ::tcgetsid(fd) == ::getsid(0);
  if (!again && controlling) again.reset(::open("/dev/tty", flags));
  return again && again.get() < kFirstOther ? copyOf(again.get()) : std::move(again);
}

Transport& connectStdio(Reactor& reactor, std::unique_ptr<Protocol> protocol,
                        StdioOptions options) {
  UniqueFd input = reopened(options.input, O_RDONLY);
  UniqueFd output = reopened(options.output, O_WRONLY);
  const StdioOptions changed{.input = input ? -1 : options.input,
                             .output = output ? -1 : options.output};
  if (!input) input = copyOf(options.input);
  if (!output) output = copyOf(options.output);
  if (oneSocket(input.get(), output.get())) output.reset();
  auto wrapped = std::make_unique<StdioProtocol>(std::move(protocol), options, changed);
  return reactor.adoptStreamConnection(std::move(input), std::move(wrapped), std::move(output));
}

}  // namespace ropewalk
