// Responder: one link of the chain that answers a server's questions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/address.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/query_view.h"
#include "ropewalk/protocols/dns/writer.h"

namespace ropewalk {
class DatagramPeer;
class Reactor;
}  // namespace ropewalk

namespace ropewalk::dns {

/// How a question came. Over udp the sender may be forged, so answers are kept small and may be
/// rate-limited.
enum class Carrier : std::uint8_t { udp, tcp, tls, https };

/// A question under way, as responders see it. Dies when respond() returns.
struct Query {
  const QueryView& view;
  Carrier carrier = Carrier::udp;
  /// 4 or 16 bytes in the order of the network; empty when the peer is no IP address (UNIX, tests).
  std::string_view peerBytes{};
  std::string_view tsigKey{};  ///< wire name of the key that signed it, checked; else empty

  /// Made now: name, type and class.
  [[nodiscard]] Question question() const;
  [[nodiscard]] Address peer() const;  ///< made now; port 0
};

/// The same for a responder that answers later: a copy.
struct LaterQuery {
  Question question{};
  Carrier carrier = Carrier::udp;
  Address peer{};
  bool recursionDesired = false;
  bool dnssecOk = false;
  bool checkingDisabled = false;

  LaterQuery() = default;  // declared, so that it is no aggregate: it is awaited with
};

enum class Verdict : std::uint8_t {
  pass,    ///< not mine: the next one is asked; nothing was written
  exists,  ///< the same, but there are names of mine below it: it exists (RFC 8020)
  nothing,  ///< mine, without what was asked for: the next one may add until when that is so (its SOA)
  answered,  ///< the answer is written
  silence,   ///< nothing shall be answered (rate limit)
  later,     ///< resolve() will say
};

/// Answers some of the questions. Held by shared_ptr; lives on the server's thread. The chain asks
/// each in turn; when all pass, the answer is REFUSED. NXDOMAIN of one is NOERROR where one before it
/// knows that the name exists.
///
///     struct NoMail : Responder {
///       Verdict respond(const Query& query, MessageWriter& answer) override {
///         if (query.view.type != Type::MX) return Verdict::pass;
///         answer.flags().rcode = Rcode::REFUSED;
///         return Verdict::answered;
///       }
///     };
class Responder {
 public:
  Responder() = default;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  virtual ~Responder() = default;

  /// Answers at once where it can. `answer` has the header (RD and the id copied) and the question;
  /// write records and set flags. Room for OPT and TSIG is kept by the server, which writes them,
  /// too. A record for which there is no room: leave out its whole RRset, and set
  /// flags().truncated unless it is additional.
  virtual Verdict respond(const Query& query, MessageWriter& answer) = 0;

  /// After `later`: the answer, of which flags, rcode and sections are used; nothing passes the
  /// question on to the next responder. A Failure is logged and answered with SERVFAIL. Cancelled
  /// when the server goes away.
  [[nodiscard]] virtual Deferred<std::optional<Message>> resolve(LaterQuery query);
};

}  // namespace ropewalk::dns
