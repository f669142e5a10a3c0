// TlsFilter: one TLS connection: a Protocol for the transport below, a Transport for the protocol
// above. RFC 8446, RFC 5246.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context_state.h"
#include "handshake_notes.h"
#include "openssl.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/filter.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/stream/outflow.h"
#include "ropewalk/core/net/succession.h"
#include "ropewalk/ssl/context.h"
#include "ropewalk/ssl/session.h"
#include "ropewalk/ssl/tls.h"
#include "wire_bio.h"

namespace ropewalk::ssl::detail {

/// Owned by the transport below, and owns the protocol above (but for startTLS in the test kit).
///
///     handshaking ──done──▶ open ──loseConnection(), all sent──▶ closing
///          │                 │                                    │
///          │ failed, time    │ a broken record, an end without    │ the peer's close_notify,
///          │                 │ close_notify, both sides' sent     │ its end, time
///          │                 ▼                                    │
///          └───────────────▶ over ◀───────────────────────────────┘
///
/// open: the peer's close_notify ends reading, loseWriteConnection() writing, each by itself. over:
/// nothing more is read or written here; the transport below is losing its connection, and
/// connectionLost passes on `failure_`, or what happened below.
///
/// What is written in a turn waits in plain_, and becomes records at the end of the turn, or as
/// soon as there is a full one; a long write is sealed from where it lies. After a file
/// everything waits in the queue.
class TlsFilter final : public Filter, public Transport, public Session {
 public:
  /// @param server  whom a client talks to; nothing for a server
  /// @param upper   null for startTLS
  TlsFilter(Context context, std::optional<ServerIdentity> server, std::unique_ptr<Protocol> upper);
  ~TlsFilter() override;

  /// The HandshakeQueue lets it go on.
  void goOn();
  /// End of a turn.
  void sealPending();

  // Filter.
  void startBelow(Transport& below, Protocol& upper, std::unique_ptr<Protocol> owned) override;

  // Protocol.
  void connectionMade() override;
  void dataReceived(std::string_view ciphertext) override;
  void readConnectionLost() override;
  void writeDrained() override;
  void drainBegun() override;
  [[nodiscard]] Protocol* carried() noexcept override { return upper_; }
  void connectionLost(const Failure& reason) override;

  // Transport.
  using Transport::write;
  void write(std::string_view data) override;
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] std::size_t pending() const noexcept override;
  [[nodiscard]] Deferred<void> drained() override;
  void loseConnection() override;
  void abortConnection() override;
  void loseWriteConnection() override;
  void pauseProducing() override;
  void resumeProducing() override;
  void registerProducer(Producer& producer, Streaming streaming) override;
  void unregisterProducer() override;
  [[nodiscard]] Transport* below() noexcept override { return &transport(); }
  void insertFilter(std::unique_ptr<Filter> filter) override;
  void replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) override;
  [[nodiscard]] Deferred<void> opened() override;
  [[nodiscard]] Address getPeer() const override { return transport().getPeer(); }
  [[nodiscard]] Address getHost() const override { return transport().getHost(); }
  void setTcpNoDelay(bool on) override { transport().setTcpNoDelay(on); }
  void setTcpKeepAlive(bool on) override { transport().setTcpKeepAlive(on); }
  [[nodiscard]] bool connected() const noexcept override { return transport().connected(); }
  [[nodiscard]] bool disconnecting() const noexcept override {
    return losing_ || state_ == State::over || transport().disconnecting();
  }
  [[nodiscard]] Reactor& reactor() const override { return transport().reactor(); }

  // Session.
  [[nodiscard]] bool established() const noexcept override { return established_; }
  [[nodiscard]] Deferred<void> handshake() override;
  [[nodiscard]] Duration handshakeTime() const noexcept override { return handshakeTime_; }
  [[nodiscard]] std::string_view version() const noexcept override;
  [[nodiscard]] std::string_view cipher() const noexcept override;
  [[nodiscard]] std::string_view negotiatedProtocol() const noexcept override;
  [[nodiscard]] std::string_view serverName() const noexcept override;
  [[nodiscard]] bool resumed() const noexcept override;
  [[nodiscard]] std::optional<CertificateInfo> peerCertificate() const override;
  [[nodiscard]] std::vector<CertificateInfo> peerChain() const override;
  [[nodiscard]] std::string peerChainPEM() const override;
  [[nodiscard]] bool peerVerified() const noexcept override;

 private:
  enum class State : std::uint8_t { handshaking, open, closing, over };
  /// paused: by the protocol above; over: the peer's close_notify has come.
  enum class Reading : std::uint8_t { open, paused, over };
  /// finishing: loseWriteConnection was called; over: our close_notify is sent.
  enum class Writing : std::uint8_t { open, finishing, over };

  /// Seals what a turn has written, at its end.
  class Turn final : public ropewalk::detail::Flushable {
   public:
    Turn(ropewalk::detail::Loop& loop, TlsFilter& filter) : Flushable(loop), filter_(filter) {}
    void flush() override { filter_.sealPending(); }
    void atEnd() { flushLater(); }

   private:
    TlsFilter& filter_;
  };
  /// Asks the transport below for room: for files, and for the producer above.
  class Feed final : public Producer {
   public:
    explicit Feed(TlsFilter& filter) : filter_(filter) {}
    void resumeProducing() override { filter_.fed(); }
    void stopProducing() override {}  // connectionLost follows

   private:
    TlsFilter& filter_;
  };
  /// A part of the output that waits behind a file: `left` bytes of the file, then the text.
  struct Piece {
    SharedFd file;
    std::uint64_t offset = 0;
    std::uint64_t left = 0;
    std::string text;
  };
  /// What most connections never need.
  struct Extras {
    bool registering = false;  // the feed, right now
    bool feeding = false;      // feed is registered below
    Feed feed;
    std::deque<Piece> queue;
    std::vector<Source<void>> handshakes;
    explicit Extras(TlsFilter& filter) : feed(filter) {}
  };

  // The handshake.
  void begin();
  void setUp();
  [[nodiscard]] bool mayStep();
  void stepHandshake();
  void completed();
  void handshakeFailed();
  void failHandshake(const HandshakeError& error);
  void refusePlaintext();

  // Reading.
  void process(bool admitted = false);
  void readRecords();
  /// @return how many bytes are in `into`; status says why there are no more
  [[nodiscard]] std::size_t readSome(char* into, std::size_t size, int& status);
  [[nodiscard]] int whyNothing() const noexcept;
  [[nodiscard]] bool nothingLeft() const noexcept;
  [[nodiscard]] bool wantsData() const noexcept {
    return state_ == State::open && !losing_ && reading_ == Reading::open;
  }
  [[nodiscard]] bool moreToRead() const noexcept;
  [[nodiscard]] Failure truncated() const;
  void received(std::string_view data);
  void keepRest();
  void adjustReading();
  void readingFailed(int status);
  void peerClosed();
  void processLater();
  void goOnReading();

  // Writing.
  void writeMore(std::string_view data);
  void seal(std::string_view data);
  [[nodiscard]] bool queued() const noexcept { return extras_ && !extras_->queue.empty(); }
  [[nodiscard]] std::size_t queuedBytes() const noexcept;
  void adjustFeed();
  void fed();
  void sendQueue();
  [[nodiscard]] bool sendFile(Piece& piece);
  [[nodiscard]] std::uint64_t unsealed() const noexcept { return plain_.size() + queuedBytes(); }
  void lookBelow() noexcept;
  void watchBelow();
  [[nodiscard]] Extras& extras();
  void speaks() noexcept;

  // Ending.
  void closeIfDone();
  void finishWriting();
  void sendCloseNotify();
  void fail(Failure why);
  void over();
  /// Runs what calls the protocol above; what it throws ends the connection (S-03).
  template <class F>
  void guarded(F f) {
    try {
      f();
    } catch (...) {
      failUnhandled();
    }
  }
  void failUnhandled();
  /// Calls the protocol above; who takes over in that call, or was about to before, is connected.
  template <class F>
  void tell(F f) {
    settle();
    if (state_ == State::over) return;
    call(f);
    settle();
  }
  /// Nobody takes over while f runs, and with it a function of the protocol above.
  template <class F>
  void call(F& f) {
    struct Calling {
      TlsFilter& self;
      explicit Calling(TlsFilter& filter) : self(filter) { self.calling_ = true; }
      ~Calling() { self.calling_ = false; }
    } const calling(*this);
    f();
  }
  void settle() {
    if (succession_.due()) succession_.settle(*this);
  }
  [[nodiscard]] Clock* clock() const noexcept {
    return loop_ != nullptr ? &transport().reactor() : nullptr;
  }
  void setTimer(Duration delay, void (TlsFilter::*expired)());
  void handshakeTookTooLong();
  void closeTookTooLong();
  void abortBelow() { transport().abortConnection(); }

  Context context_;
  std::shared_ptr<ThreadContext> shared_;
  std::unique_ptr<HandshakeNotes> notes_;
  Wire wire_;
  SslPtr ssl_;
  std::unique_ptr<Protocol> owned_;
  Protocol* upper_;
  std::string plain_;  // written, not sealed yet
  std::string held_;   // arrived, not read yet
  std::optional<Turn> turn_;
  ropewalk::detail::Loop* loop_ = nullptr;  // null where there is no reactor: the test kit
  Outflow outflow_;
  Succession succession_;
  std::unique_ptr<Extras> extras_;
  std::unique_ptr<Failure> failure_;
  ScopedCall timer_;
  Duration handshakeTime_{};
  std::uint16_t place_ = 0;  // among the RecordBuffers
  State state_ = State::handshaking;
  Reading reading_ = Reading::open;
  Writing writing_ = Writing::open;
  bool server_ : 1;
  bool established_ : 1 = false;
  bool processing_ : 1 = false;   // process is on the stack
  bool calling_ : 1 = false;      // so is a function of the protocol above
  bool waiting_ : 1 = false;      // in the HandshakeQueue
  bool scheduled_ : 1 = false;    // process is to be called
  bool belowPaused_ : 1 = false;  // by us
  bool losing_ : 1 = false;       // loseConnection was called
  bool starved_ : 1 = false;      // what OpenSSL holds is no whole record
  bool belowEnded_ : 1 = false;   // the transport below has told of its end
  bool watching_ : 1 = false;     // somebody is to be told what has left below
  bool allSent_ : 1 = false;      // what loseConnection waited for is with the kernel
};

}  // namespace ropewalk::ssl::detail
