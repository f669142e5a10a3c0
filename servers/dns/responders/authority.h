// Authority: answers from zones. RFC 1034 §4.3.2, RFC 2308, RFC 4592, RFC 6672, RFC 8482.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ropewalk/core/base/copyable_function.h"
#include "ropewalk/servers/dns/responder.h"
#include "ropewalk/servers/dns/zone/zone.h"

namespace ropewalk::dns {

/// Answers questions about the zones that it holds, and passes all others. Nothing is allocated for
/// an answer.
///
/// Answers are as small as their purpose allows: no NS records beside an answer that needs none;
/// addresses of what NS, MX and SRV records name are added where the zone has them and room is
/// left. ANY over UDP gets one RRset (RFC 8482 §4.1). CNAMEs are followed within the zone.
///
///     const Result<std::shared_ptr<const Zone>> zone = Zone::load("example.test.zone");
///     if (zone) authority->put(*zone);
class Authority final : public Responder {
 public:
  using ZonePointer = std::shared_ptr<const Zone>;

  /// Adds a zone, or takes the place of the one with the same top: the next question sees it.
  void put(ZonePointer zone);
  /// Questions about it are passed from then on; nothing happens where there is none.
  void remove(const Name& apex);
  /// A zone of this top ought to be here and is not: questions for it get SERVFAIL until it is put,
  /// so that nobody takes it for unknown here, and others are asked (RFC 1034 §4.3.5).
  void miss(const Name& apex);
  /// The zone of this top; null when there is none.
  [[nodiscard]] ZonePointer zone(const Name& apex) const;
  /// All zones that are here, in no order.
  [[nodiscard]] std::vector<ZonePointer> zones() const;
  /// Each is called after a zone was put, in the order they were added: the history of changes and
  /// NOTIFY live on it. They must outlive the zones' last change.
  void onChange(CopyableFunction<void(const ZonePointer&)> changed) {
    changed_.push_back(std::move(changed));
  }

  Verdict respond(const Query& query, MessageWriter& answer) override;

 private:
  struct Top {
    ZonePointer zone{};
    bool missed = false;
  };

  Top& topOf(const Name& apex);
  /// Of the zone that `name` is in: of several, the lowest. Null: none.
  [[nodiscard]] const Top* find(std::string_view name) const noexcept;

  NameTree tops_{std::string_view("\0", 1)};
  std::vector<Top> byNode_;  // by tops_'s numbers
  std::vector<std::function<void(const ZonePointer&)>> changed_;
};

}  // namespace ropewalk::dns
