// Secondaries by the name of their zone; the lowest above a question speaks for it.
// RFC 1034 §4.3.5.
#include "secondary_zones.h"

#include <stdexcept>

#include "ropewalk/core/base/format.h"

namespace ropewalk::dns {

Secondary& SecondaryZones::add(const Name& apex, SecondaryOptions options) {
  if (find(apex) != nullptr) {
    throw std::invalid_argument(format("the secondary zone {} is there already", apex));
  }
  auto fresh = std::make_unique<Secondary>(reactor_, authority_, apex, std::move(options));
  const auto node = tops_.insert(apex.wire());
  byNode_.resize(tops_.size());
  byNode_[node] = std::move(fresh);
  Secondary& secondary = *byNode_[node];
  secondary.start();
  return secondary;
}

Secondary* SecondaryZones::find(const Name& apex) noexcept {
  const auto found = tops_.find(apex.wire());
  return found.at == 0 && found.node < byNode_.size() ? byNode_[found.node].get() : nullptr;
}

Rcode SecondaryZones::notified(const Query& query) {
  Secondary* secondary = find(Name::fromWire(query.view.lowerName()));
  if (secondary == nullptr || query.view.klass != Class::IN) return Rcode::NOTAUTH;
  if (query.view.type != Type::SOA) return Rcode::NOTIMP;  // RFC 1996 §3.5: none other is defined
  return secondary->notified(query);
}

Verdict SecondaryZones::respond(const Query& query, MessageWriter& answer) {
  if (byNode_.empty() || query.view.klass != Class::IN) return Verdict::pass;
  for (auto node = tops_.find(query.view.lowerName()).node;; node = tops_.parent(node)) {
    if (byNode_[node]) {
      if (byNode_[node]->zone() != nullptr) return Verdict::pass;
      answer.flags().rcode = Rcode::SERVFAIL;
      return Verdict::answered;
    }
    if (node == NameTree::kTop) return Verdict::pass;
  }
}

}  // namespace ropewalk::dns
