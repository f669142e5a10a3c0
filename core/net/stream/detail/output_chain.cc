// Pooled blocks of 4 KiB for what is copied; sendmsg over up to 64 pieces,
// sendfile for parts of files.

#include "output_chain.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace ropewalk::detail {

namespace {

constexpr std::size_t kBlockSize = 4096;    // sixteen small HTTP answers; one page
constexpr std::size_t kPooledBlocks = 256;  // 1 MiB kept for the next turns
constexpr std::size_t kPooledPieces = 256;  // those without a block: 32 KiB
constexpr std::size_t kOwnPiece = 2048;     // strings from here on are sent as they are
// A copy from here on has memory of its own. Shorter ones (a TLS record is 16 KiB) take blocks: to
// get pages for each, and to give them back, would cost more than to copy.
constexpr std::size_t kOwnCopy = 64 * 1024;
constexpr std::size_t kVectors = 64;             // pieces in one system call
constexpr std::size_t kFileSlice = 1024 * 1024;  // of a file in one system call

/// A pipe has no MSG_NOSIGNAL, nor has sendfile: while a reactor turns, its thread has
/// SIGPIPE blocked (SigpipeBlock).
ssize_t sendVectors(int fd, bool socket, iovec* vectors, std::size_t count, bool moreFollows) {
  if (socket) {
    const int flags = MSG_NOSIGNAL | (moreFollows ? MSG_MORE : 0);
    if (count == 1) return ::send(fd, vectors->iov_base, vectors->iov_len, flags);
    msghdr message{};
    message.msg_iov = vectors;
    message.msg_iovlen = count;
    return ::sendmsg(fd, &message, flags);
  }
  return ::writev(fd, vectors, static_cast<int>(count));
}

}  // namespace

/// One piece; exactly one of its kinds is in use.
struct OutputChain::Piece {
  Piece* next = nullptr;
  const char* data = nullptr;  // what is left of a block, a string or shared bytes
  std::size_t length = 0;      // bytes left, of a file too
  std::unique_ptr<Block> block;
  std::string string;
  SharedBytes shared;
  SharedFd file;
  std::uint64_t offset = 0;  // in the file
};

struct OutputChain::Block {
  std::size_t used = 0;
  std::array<char, kBlockSize> bytes;
};

/// The thread's spare pieces. Those with a block keep it.
struct OutputChain::Pool {
  std::vector<std::unique_ptr<Piece>> blocks;
  std::vector<std::unique_ptr<Piece>> bare;

  Pool() {
    blocks.reserve(kPooledBlocks);
    bare.reserve(kPooledPieces);
  }
  static Pool& here() {
    thread_local Pool pool;
    return pool;
  }
  static std::unique_ptr<Piece> take(std::vector<std::unique_ptr<Piece>>& spare) {
    if (spare.empty()) return std::make_unique<Piece>();
    std::unique_ptr<Piece> piece = std::move(spare.back());
    spare.pop_back();
    return piece;
  }
  std::unique_ptr<Piece> takeBlock() {
    std::unique_ptr<Piece> piece = take(blocks);
    // Not value-initialised: 4 KiB of zeros would be wasted.
    if (!piece->block) piece->block = std::unique_ptr<Block>(new Block);
    piece->data = piece->block->bytes.data();
    return piece;
  }
  std::unique_ptr<Piece> takeBare() { return take(bare); }

  void give(std::unique_ptr<Piece> piece) noexcept {
    auto& spare = piece->block ? blocks : bare;
    if (spare.size() == spare.capacity()) return;
    piece->next = nullptr;
    piece->length = 0;
    if (piece->block) {
      piece->block->used = 0;
    } else {
      piece->string = std::string();  // its memory may be large
      piece->shared.reset();
      piece->file.reset();
    }
    spare.push_back(std::move(piece));
  }
};

OutputChain::Piece& OutputChain::push(std::unique_ptr<Piece> piece) {
  Piece* added = piece.release();
  (last_ == nullptr ? first_ : last_->next) = added;
  last_ = added;
  return *added;
}

void OutputChain::append(std::string_view data) {
  if (data.size() >= kOwnCopy) return append(std::string(data));
  size_ += data.size();
  while (!data.empty()) {
    const bool room = last_ != nullptr && last_->block && last_->block->used < kBlockSize;
    if (!room) push(Pool::here().takeBlock());
    Block& block = *last_->block;
    const std::size_t fits = std::min(data.size(), kBlockSize - block.used);
    std::memcpy(block.bytes.data() + block.used, data.data(), fits);
    block.used += fits;
    last_->length += fits;
    data.remove_prefix(fits);
  }
}

void OutputChain::append(std::string&& data) {
  if (data.size() < kOwnPiece) return append(std::string_view(data));
  auto piece = Pool::here().takeBare();
  piece->string = std::move(data);
  piece->data = piece->string.data();
  piece->length = piece->string.size();
  size_ += piece->length;
  push(std::move(piece));
}

void OutputChain::append(SharedBytes data) {
  if (data->size() < kOwnPiece) return append(std::string_view(*data));
  auto piece = Pool::here().takeBare();
  piece->data = data->data();
  piece->length = data->size();
  piece->shared = std::move(data);
  size_ += piece->length;
  push(std::move(piece));
}

void OutputChain::appendFile(SharedFd file, std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  auto piece = Pool::here().takeBare();
  piece->file = std::move(file);
  piece->offset = offset;
  piece->length = length;
  size_ += length;
  push(std::move(piece));
}

void OutputChain::clear() noexcept {
  while (first_ != nullptr) popFirst();
  size_ = 0;
}

void OutputChain::popFirst() noexcept {
  std::unique_ptr<Piece> piece(first_);
  first_ = piece->next;
  if (first_ == nullptr) last_ = nullptr;
  Pool::here().give(std::move(piece));
}

void OutputChain::consume(std::size_t bytes) noexcept {
  size_ -= bytes;
  sent_ += bytes;
  while (first_ != nullptr && bytes >= first_->length) {
    bytes -= first_->length;
    popFirst();
    if (bytes == 0) return;
  }
  if (first_ == nullptr) return;
  first_->length -= bytes;
  if (first_->file) {
    first_->offset += bytes;
  } else {
    first_->data += bytes;
  }
}

OutputChain::Sent OutputChain::send(int fd, bool socket, std::size_t budget) {
  std::size_t sent = 0;
  while (first_ != nullptr) {
    if (sent >= budget) return {Status::more};
    const Sent step =
        first_->file ? sendFile(fd, budget - sent, sent) : sendMemory(fd, socket, sent);
    if (step.status != Status::drained) return step;
  }
  return {Status::drained};
}

OutputChain::Sent OutputChain::sendMemory(int fd, bool socket, std::size_t& sent) {
  std::array<iovec, kVectors> vectors;
  std::size_t count = 0;
  std::size_t total = 0;
  const Piece* piece = first_;
  for (; piece != nullptr && !piece->file && count < kVectors; piece = piece->next) {
    vectors[count++] = {const_cast<char*>(piece->data), piece->length};
    total += piece->length;
  }
  const ssize_t taken = sendVectors(fd, socket, vectors.data(), count, piece != nullptr);
  if (taken < 0) {
    if (errno == EINTR) return {Status::drained};  // the caller's loop tries again
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Status::blocked};
    return {Status::failed, errno};
  }
  consume(static_cast<std::size_t>(taken));
  sent += static_cast<std::size_t>(taken);
  // Less than all means that the socket is full: asking again would only say so.
  return {static_cast<std::size_t>(taken) < total ? Status::blocked : Status::drained};
}

OutputChain::Sent OutputChain::sendFile(int fd, std::size_t budget, std::size_t& sent) {
  const std::size_t wanted = std::min({first_->length, budget, kFileSlice});
  auto offset = static_cast<off_t>(first_->offset);
  const ssize_t taken = ::sendfile(fd, first_->file->get(), &offset, wanted);
  if (taken < 0) {
    if (errno == EINTR) return {Status::drained};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Status::blocked};
    return {Status::failed, errno};
  }
  if (taken == 0) return {Status::failed, 0, true};
  consume(static_cast<std::size_t>(taken));
  sent += static_cast<std::size_t>(taken);
  return {Status::drained};
}

}  // namespace ropewalk::detail
