// Stream: a connection that is read by waiting for it. For coroutines.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "byte_queue.h"
#include "errors.h"
#include "line_splitter.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/net/address.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk {

class Stream;
class StreamProtocol;

/// How a Stream is held: shared, and never null where this library gives one. When the last holder
/// lets go the connection is lost, after what was written has been sent.
using StreamHandle = std::shared_ptr<Stream>;

/// One connection, read by asking. It outlives the connection: what had arrived can still be read,
/// then reads fail with the reason of the end, so nothing here ever dangles. One thread.
///
///     Deferred<void> greet(StreamHandle stream) {
///       co_await stream->write("who are you?\r\n");
///       const std::string name = co_await stream->readLine();
///       co_await stream->write("hello " + name + "\r\n");
///     }
///
/// A read that ran into addTimeout says what had come: "timed out after 5 s in readLine: 33 bytes
/// without a line end". One read at a time: a second while one waits throws std::logic_error. Bytes
/// are taken only by a read that succeeds: cancelling one, or running into the end or a limit,
/// loses nothing. Nobody reads: at most 64 KiB and one chunk are buffered, then the transport is
/// paused.
///
/// Reads fail with ConnectionDone after the peer's orderly end, or our own; with ConnectionLost (or
/// what it was) otherwise.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // Reading.

  /// The next line, without its end: LF or CRLF, at most 16 KiB unless setLineOptions says
  /// otherwise. Fails with LineTooLong; the long line stays, for readSome.
  [[nodiscard]] Deferred<std::string> readLine();
  /// Everything up to a delimiter, which is taken as well but not given. Fails with LineTooLong
  /// when more than `limit` bytes come before it.
  [[nodiscard]] Deferred<std::string> readUntil(std::string delimiter,
                                                std::size_t limit = 64 * 1024);
  /// `count` bytes.
  [[nodiscard]] Deferred<std::string> readExactly(std::size_t count);
  /// What has arrived, as soon as that is something; "" at an orderly end.
  [[nodiscard]] Deferred<std::string> readSome();
  /// All until the orderly end. Fails with LimitExceeded when more than `limit` bytes come.
  [[nodiscard]] Deferred<std::string> readAll(std::size_t limit = 16 * 1024 * 1024);
  /// True when the peer has ended and all was read.
  [[nodiscard]] bool atEnd() const noexcept { return readEnd_.has_value() && buffer_.empty(); }
  /// For the readLine() calls after this one.
  void setLineOptions(LineOptions options) { lineOptions_ = std::move(options); }

  // Writing.

  /// Writes. Fires at once while at most 64 KiB are pending, else when all of it is with the
  /// kernel; so a loop that awaits each write goes as fast as the peer reads. Fails once the
  /// connection is lost; a peer that came to us and takes nothing for 10 s is cut off.
  [[nodiscard]] Deferred<void> write(std::string data);

  // Ending.

  /// Sends what is pending, then closes. What had arrived can still be read.
  void loseConnection();
  /// Closes at once, by a reset.
  void abortConnection() { transport().abortConnection(); }
  /// Tells the peer that no more comes; reading goes on.
  void loseWriteConnection() { transport().loseWriteConnection(); }

  /// Whom it is with; stays when the connection is lost.
  [[nodiscard]] Address getPeer() const { return peer_; }
  /// The wire below; the null transport once the connection is lost.
  [[nodiscard]] Transport& transport() const noexcept;

  /// The protocol to give to a transport, made once: `transport.connect(*protocol)` in a test.
  /// Throws std::logic_error the second time.
  [[nodiscard]] std::unique_ptr<Protocol> makeProtocol();

 private:
  friend class StreamProtocol;

  struct Want {
    enum class Kind { until, exactly, some, all };
    Kind kind;
    std::size_t count = 0;  // bytes; for until and all the limit
    std::string delimiter = {};
    bool dropCR = false;
    bool typed = false;
    const char* name = "";  // of the call
  };
  struct Pending {
    Want want;
    Source<std::string> source;
    StreamHandle self;  // a read that waits keeps the stream
  };
  using Answer = std::optional<Result<std::string>>;

  // From the protocol.
  void attach(StreamProtocol& protocol);
  void made(Transport& transport);
  void received(std::string_view data);
  void readEnded(const Failure& reason);
  void ended(const Failure& reason);
  void forget() noexcept;

  Deferred<std::string> read(Want want);
  Answer answer(const Want& want);
  Answer answerUntil(const Want& want);
  [[nodiscard]] std::optional<LineEnd> findEnd(const Want& want);
  [[nodiscard]] std::string waiting(const Want& want) const;
  Answer atTheEnd(const Want& want);
  void advance();
  void adjustFlow();

  StreamProtocol* protocol_ = nullptr;  // null before makeProtocol and after the loss
  bool made_ = false;                   // it has, or had, its protocol
  bool paused_ = false;
  bool losing_ = false;  // loseConnection was called: an end is ours, not the peer's
  // So many bytes of the buffer hold no start of the delimiter that is waited for.
  std::size_t searched_ = 0;
  ByteQueue buffer_;
  LineOptions lineOptions_ = bothNewlines();
  std::optional<Pending> pending_;
  std::optional<Failure> readEnd_;  // nothing more will arrive
  std::optional<Failure> lost_;     // nor can anything be sent
  Address peer_;
};

}  // namespace ropewalk
