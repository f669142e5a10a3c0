// The body of one response between the connection that receives it and whoever reads it. Internal
// to clients/http.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/protocols/http/headers.h"
#include "timing.h"

namespace ropewalk::http::detail {

class ResponseBody;
struct OutgoingRequest;

/// The connection, as its body sees it.
class BodySource {
 public:
  /// Whether more of the body may come.
  virtual void setFlowing(bool flowing) = 0;
  /// Nobody wants the rest. The source must not call the body any more; it gives back what it held
  /// of it.
  virtual std::shared_ptr<ResponseBody> abandonBody() = 0;

 protected:
  ~BodySource() = default;
};

/// Shared by the connection, until the body has ended, and by the ClientResponse. The link back to
/// the connection is a plain pointer that finished() and abandonBody() cut: no cycle.
///
///     unclaimed ──deliver()──▶ pushed      each piece goes to the receiver at once, unless paused
///          └─────read()──────▶ pulled      one piece for each read()
class ResponseBody {
 public:
  using Receiver = UniqueFunction<void(std::string_view)>;

  ResponseBody(BodySource& source, Clock& clock, std::shared_ptr<const OutgoingRequest> request,
               const Timing& timing);
  ResponseBody(const ResponseBody&) = delete;
  ResponseBody& operator=(const ResponseBody&) = delete;

  // The connection's side.

  /// A piece, as it came.
  void received(std::string_view piece);
  /// The time of the whole request is up: ends the body.
  void timedOut();
  /// The last call of the connection: the body is whole, or failed.
  void finished(Result<void> how);
  /// Whether the connection is to read on.
  [[nodiscard]] bool wantsMore() const noexcept;

  // The reader's side.

  /// As the functions of ClientResponse.
  [[nodiscard]] Deferred<void> deliver(Receiver receive);
  [[nodiscard]] Deferred<std::string> read();
  void pauseProducing();
  void resumeProducing();
  /// Ends the body early: cuts the connection, and tells the reader why.
  void fail(const Failure& why);
  /// The response is gone: nobody will claim, read or resume any more.
  void letGo();
  /// What has come and was not given away.
  [[nodiscard]] std::string takeBuffered() { return std::exchange(buffer_, {}); }
  [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size(); }
  /// Set once the body has ended.
  [[nodiscard]] const std::optional<Result<void>>& end() const noexcept { return end_; }
  [[nodiscard]] bool claimed() const noexcept { return reader_ != Reader::nobody; }
  /// Nobody else may read it from now on. Throws std::logic_error when somebody does.
  void claim();

  Headers trailers;
  Timing timing;
  std::uint64_t bytes = 0;  // of the body so far

 private:
  enum class Reader : std::uint8_t { nobody, pushed, pulled };

  void pump();
  bool give(std::string piece);
  void settle();
  void conclude(Result<void> how);
  void watchIdle(bool wanted);

  BodySource* source_;  // null once the body has ended
  Clock& clock_;
  std::shared_ptr<const OutgoingRequest> request_;
  Reader reader_ = Reader::nobody;
  bool paused_ = false;
  bool pumping_ = false;
  std::string buffer_;
  std::optional<Result<void>> end_;
  Receiver receive_;
  std::optional<Source<void>> done_;         // of deliver()
  std::optional<Source<std::string>> next_;  // of read()
  // Made when first needed, gone at the end: a body may outlive its clock.
  std::optional<Deadline> idle_;
};

}  // namespace ropewalk::http::detail
