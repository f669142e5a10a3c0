// ZoneLookup: one answer from one zone. Private to servers/dns. RFC 1034 §4.3.2.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ropewalk/servers/dns/responder.h"
#include "ropewalk/servers/dns/zone/zone.h"

namespace ropewalk::dns::detail {

/// The steps of RFC 1034 §4.3.2 for one question, as RFC 4592 and RFC 6672 amend them:
///
///     find the name ── cut above it? ──► referral, or DNAME and on with the new name
///          │ there                │ not there
///          ▼                      ▼
///     the type, or CNAME     wildcard below the closest encloser?
///     and on; or NODATA      as if it were there; or NXDOMAIN
class ZoneLookup {
 public:
  ZoneLookup(const Zone& zone, const Query& query, MessageWriter& answer) noexcept
      : zone_(zone), query_(query), answer_(answer) {}

  void write();

 private:
  // A chain longer than this is a mistake, or a trap (RFC 1034 §3.6.2 asks for none at all).
  static constexpr std::size_t kMaxHops = 16;
  // Addresses of more hosts than this are no help, unless they are glue.
  static constexpr std::size_t kMaxTargets = 64;

  enum class Next : std::uint8_t { done, follow };

  Next step();
  Next atNode(Zone::Node node);
  Next atDname(Zone::Node node);
  void referral(Zone::Node cut);
  void everything(Zone::Node node);
  void noData();
  void noName();
  bool setOfAnswer(Zone::Node node, const RRset& set);
  void addAdditional(const RRset& set, std::string_view cut = {});
  bool addAddresses(std::string_view target, Zone::Node node);
  bool writeSet(Section section, std::string_view owner, const RRset& set);
  void writeSoa();
  [[nodiscard]] std::string_view ownerOf(Zone::Node node) noexcept;
  [[nodiscard]] bool isWritten(Zone::Node dname) const noexcept;
  [[nodiscard]] bool wasLookedFor(std::string_view name) const noexcept;
  bool go(std::string_view target) noexcept;

  const Zone& zone_;
  const Query& query_;
  MessageWriter& answer_;
  std::string_view name_{};  // looked for now: the asked one, or the last target
  // Names that aliases led to.
  std::size_t hops_ = 0;
  std::array<std::uint8_t, kMaxHops> lengths_;
  std::array<std::array<char, kMaxNameLength>, kMaxHops> targets_;
  // Whose DNAMEs were written.
  std::size_t dnames_ = 0;
  std::array<Zone::Node, kMaxHops> written_;
  std::array<char, kMaxNameLength> scratch_;  // of ownerOf
};

}  // namespace ropewalk::dns::detail
