// OutputChain: what a stream has been given to send and the kernel has not taken yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/shared_bytes.h"

namespace ropewalk::detail {

/// A queue of pieces: small writes copied behind one another into pooled blocks, large strings as
/// they came, bytes that others share, parts of files. Sent bytes are never moved: the first piece
/// has an offset. An empty chain owns no memory; pieces are pooled by thread, so that a steady
/// flow allocates nothing.
class OutputChain {
 public:
  OutputChain() noexcept = default;
  OutputChain(const OutputChain&) = delete;
  OutputChain& operator=(const OutputChain&) = delete;
  ~OutputChain() { clear(); }

  void append(std::string_view data);
  void append(std::string&& data);
  void append(SharedBytes data);
  void appendFile(SharedFd file, std::uint64_t offset, std::uint64_t length);
  void clear() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Bytes that the kernel has taken so far.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  enum class Status : std::uint8_t { drained, blocked, more, failed };
  struct Sent {
    Status status = Status::drained;
    int error = 0;              ///< errno, where failed
    bool fileTooShort = false;  ///< failed because a file ended before the length that was promised
  };
  /// Sends until all is gone, the kernel takes no more, or `budget` bytes went (more).
  /// The thread must have SIGPIPE blocked (SigpipeBlock): where a reactor turns it has.
  /// @param socket  whether `fd` is one
  Sent send(int fd, bool socket, std::size_t budget);

 private:
  struct Piece;
  struct Block;
  struct Pool;

  Piece& push(std::unique_ptr<Piece> piece);
  void popFirst() noexcept;
  void consume(std::size_t bytes) noexcept;
  Sent sendMemory(int fd, bool socket, std::size_t& sent);
  Sent sendFile(int fd, std::size_t budget, std::size_t& sent);

  Piece* first_ = nullptr;
  Piece* last_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace ropewalk::detail
