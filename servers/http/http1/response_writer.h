// ResponseWriter: renders the head of one response and frames its body. RFC 9112 §4, §6, §7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/protocols/http/headers.h"
#include "ropewalk/protocols/http/message.h"

namespace ropewalk::http {

class Site;

/// Says how the body of one response ends, and keeps count of it. Part of a Request; does no I/O of
/// its own: it appends to strings.
///
///     fresh ──open()──▶ open ──close()──▶ ended
class ResponseWriter {
 public:
  /// What the head of a response is made of.
  struct Head {
    int status = 200;
    const Headers& headers;
    std::string_view contentType;              // where headers have none; empty: none
    std::optional<std::uint64_t> length = {};  // of the body, where it is known
  };

  /// For the response to a new request.
  void begin(const RequestHead& request) noexcept;

  [[nodiscard]] bool opened() const noexcept { return state_ != State::fresh; }
  [[nodiscard]] bool ended() const noexcept { return state_ == State::ended; }
  /// It ended, with as much as its Content-Length promised.
  [[nodiscard]] bool whole() const noexcept {
    return ended() && (framing_ != Framing::length || sent_ == promised_);
  }
  /// The connection ends with this response.
  [[nodiscard]] bool closes() const noexcept { return closes_; }
  void setCloses() noexcept { closes_ = true; }
  /// The body is not sent: HEAD, 204, 304.
  [[nodiscard]] bool bodiless() const noexcept { return framing_ == Framing::none; }
  [[nodiscard]] int status() const noexcept { return status_; }
  /// Bytes of body that went out.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

  /// Appends the head. From then on the framing is fixed.
  void open(std::string& out, const Site& site, const Head& head);
  /// Appends the head of a response whose body is at hand and goes out with it: open(), frame() and
  /// close() in one.
  void openWhole(std::string& out, const Site& site, const Head& head, std::uint64_t length) {
    openKnown(out, site, head, length);
    state_ = State::ended;
    if (framing_ != Framing::none) sent_ = length;
  }
  /// Appends what goes before (and, in after, behind) a piece of the body. Counts it.
  /// @return false when it is more than the Content-Length promised
  [[nodiscard]] bool frame(std::string& before, std::string_view& after, std::uint64_t size);
  /// Appends the end of the body.
  /// @return false when less was written than the Content-Length promised
  [[nodiscard]] bool close(std::string& out);

 private:
  enum class State : std::uint8_t { fresh, open, ended };

  void openKnown(std::string& out, const Site& site, const Head& head, std::uint64_t length);
  void openUsual(std::string& out, const Site& site, std::string_view contentType,
                 std::uint64_t length);
  void appendConnection(std::string& out) const;
  void appendFields(std::string& out, const Head& head);
  void appendFraming(std::string& out, const Head& head);

  std::uint64_t sent_ = 0;
  std::uint64_t promised_ = 0;
  std::uint16_t status_ = 0;
  State state_ = State::fresh;
  Framing framing_ = Framing::none;
  Version version_ = Version::http11;
  bool head_ = false;
  bool closes_ = false;
  bool promises_ = false;  // the program gave a Content-Length
};

}  // namespace ropewalk::http
