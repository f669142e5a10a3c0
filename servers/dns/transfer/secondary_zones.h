// SecondaryZones: all the secondaries of a server.
#pragma once

#include <memory>
#include <vector>

#include "ropewalk/servers/dns/responder.h"
#include "ropewalk/servers/dns/zone/name_tree.h"
#include "secondary.h"

namespace ropewalk::dns {

/// Hands NOTIFYs to whom they concern, and as a responder, put behind the authority, answers
/// SERVFAIL for zones that are not there yet or have expired: somebody else may know better, and
/// is to be asked (RFC 1034 §4.3.5).
///
///     auto zones = std::make_shared<SecondaryZones>(reactor, authority);
///     zones->add(Name("example.test"), {.primaries = {"192.0.2.1"}});
///     dispatcher.onNotify([zones](const Query& query) { return zones->notified(query); });
class SecondaryZones final : public Responder {
 public:
  SecondaryZones(Reactor& reactor, std::shared_ptr<Authority> authority)
      : reactor_(reactor), authority_(std::move(authority)) {}

  /// Makes it and starts it. Throws as Secondary does; std::invalid_argument for one that is here.
  Secondary& add(const Name& apex, SecondaryOptions options);
  /// Null when there is none of this name.
  [[nodiscard]] Secondary* find(const Name& apex) noexcept;
  /// @return what Secondary::notified() does; NOTAUTH for a zone that is not here
  Rcode notified(const Query& query);

  Verdict respond(const Query& query, MessageWriter& answer) override;

 private:
  Reactor& reactor_;
  const std::shared_ptr<Authority> authority_;
  NameTree tops_{std::string_view("\0", 1)};
  std::vector<std::unique_ptr<Secondary>> byNode_;  // by tops_'s numbers
};

}  // namespace ropewalk::dns
