// ZoneAnswer: one answer from one zone. Private to servers/dns. RFC 1034 §4.3.2.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ropewalk/servers/dns/responder.h"
#include "ropewalk/servers/dns/zone.h"

namespace ropewalk::dns::detail {

/// The steps of RFC 1034 §4.3.2 for one question, as RFC 4592 and RFC 6672 amend them:
///
///   find the name ── cut above it? ──► referral, or DNAME and on with the new name
///        │ there                │ not there
///        ▼                      ▼
///   the type, or CNAME     wildcard below the closest encloser?
///   and on; or NODATA      as if it were there; or NXDOMAIN
class ZoneAnswer {
 public:
  ZoneAnswer(const Zone& zone, const Query& query, MessageWriter& answer) noexcept
      : zone_(zone), query_(query), answer_(answer) {}

  void write();

 private:
  // A chain longer than this is a mistake, or a trap (RFC 1034 §3.6.2 asks for none at all).
  static constexpr std::size_t kMaxHops = 16;

  enum class Next : std::uint8_t { done, follow };

  Next step();
  Next atNode(Zone::Node node);
  Next atDname(Zone::Node node);
  void referral(Zone::Node cut);
  void everything(Zone::Node node);
  void noData();
  void noName();
  bool setOfAnswer(const RRset& set);
  void addAdditional(const RRset& set, std::string_view cut = {});
  bool addAddresses(std::string_view target);
  bool writeSet(Section section, std::string_view owner, const RRset& set);
  void writeSoa();
  [[nodiscard]] std::string_view ownerOf(Zone::Node node) noexcept;
  [[nodiscard]] bool followed(Zone::Node node) const noexcept;
  bool go(std::string_view target) noexcept;

  const Zone& zone_;
  const Query& query_;
  MessageWriter& answer_;
  std::string_view name_{};  // looked for now
  std::size_t hops_ = 0;
  std::array<Zone::Node, kMaxHops> aliases_;  // whose CNAMEs were written
  std::array<char, kMaxNameLength> target_;   // of the last CNAME or DNAME: name_ may be in it
  std::array<char, kMaxNameLength> scratch_;  // of ownerOf
};

}  // namespace ropewalk::dns::detail
