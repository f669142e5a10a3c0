// A field section taken apart and understood as far as framing goes. RFC 9112 §5, §6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/http/message.h"

namespace ropewalk::http {

/// Why a head is refused: a status to answer with and a static text. Status 0: it is not.
struct Refusal {
  std::uint16_t status = 0;
  const char* reason = "";  // no string_view: so it fits two registers
  explicit operator bool() const noexcept { return status != 0; }
};

/// Has llhttp take a field section apart and checks its answer against the bytes: every line must
/// be `token ":" OWS value OWS CRLF` and follow the one before it. So neither an obs-fold nor a
/// space in a name gets through, whatever version of llhttp is underneath.
/// @param section  field lines and the empty line behind them; passed the HeadGate
/// @param slots    takes the lines; grows to maxFields once
/// @param fields   what was found, in slots
/// @return 400, or 431 for more than maxFields
[[nodiscard]] Refusal splitFields(std::string_view section, std::size_t maxFields,
                                  std::vector<FieldLine>& slots, FieldLines& fields);

/// What the fields say that decide over framing, routing and the connection.
struct KnownFields {
  std::uint16_t hosts = 0;
  std::uint16_t transferEncodings = 0;
  bool chunked = false;        // exactly one Transfer-Encoding, and it says "chunked" alone
  bool unknownCoding = false;  // chunked is last, once, and applied over a coding we do not know
  bool close = false;          // Connection: close
  bool keepAlive = false;      // Connection: keep-alive
  bool upgradeOption = false;  // Connection: upgrade
  bool expectContinue = false;
  bool expectUnknown = false;
  std::optional<std::uint64_t> contentLength;
  std::string_view host;
  std::string_view upgrade;
};

/// Whose message it is.
enum class Sender : std::uint8_t { client, server };

/// Reads the fields named above in one pass.
/// @return 400 for a Content-Length that is signed, empty, above 2^63-1; in a request also for one
///         that is repeated or a list, in a response where the lengths differ
[[nodiscard]] Refusal readKnownFields(const FieldLines& lines, Sender sender,
                                      KnownFields& known) noexcept;

/// True for fields that must not come in a trailer section because they decide over framing,
/// routing or the connection (RFC 9110 §6.5.1).
[[nodiscard]] bool isForbiddenTrailer(std::string_view name) noexcept;

}  // namespace ropewalk::http
