// The zones of a server, and which of them a question is for.
#include "ropewalk/servers/dns/authority.h"

#include "ropewalk/servers/dns/zone_answer.h"

namespace ropewalk::dns {

namespace {

/// Types that are asked for otherwise: transfers over streams, and what no zone holds.
bool isForTransfer(Type type) { return type == Type::AXFR || type == Type::IXFR; }

}  // namespace

void Authority::put(ZonePointer zone) {
  const auto node = tops_.insert(zone->apex().wire());
  byNode_.resize(tops_.size());
  byNode_[node] = zone;
  // By index: one may add another, or put a zone.
  for (std::size_t i = 0; i < changed_.size(); ++i) changed_[i](zone);
}

void Authority::remove(const Name& apex) {
  const auto found = tops_.find(apex.wire());
  if (found.at == 0 && found.node < byNode_.size()) byNode_[found.node] = nullptr;
}

Authority::ZonePointer Authority::zone(const Name& apex) const {
  const auto found = tops_.find(apex.wire());
  return found.at == 0 && found.node < byNode_.size() ? byNode_[found.node] : nullptr;
}

std::vector<Authority::ZonePointer> Authority::zones() const {
  std::vector<ZonePointer> all;
  for (const auto& zone : byNode_) {
    if (zone) all.push_back(zone);
  }
  return all;
}

const Zone* Authority::find(std::string_view name) const noexcept {
  if (byNode_.empty()) return nullptr;
  for (auto node = tops_.find(name).node;; node = tops_.parent(node)) {
    if (byNode_[node]) return byNode_[node].get();
    if (node == NameTree::kTop) return nullptr;
  }
}

Verdict Authority::respond(const Query& query, MessageWriter& answer) {
  const QueryView& view = query.view;
  if (view.klass != Class::IN && view.klass != Class::ANY) return Verdict::pass;
  if (isForTransfer(view.type)) return Verdict::pass;
  const Zone* zone = find(view.lowerName());
  if (zone == nullptr) return Verdict::pass;
  // The DS of a zone's top is its parent's (RFC 4035 §3.1.4.1): asked here when both are.
  if (view.type == Type::DS && view.lowerName().size() == zone->apex().wire().size() &&
      !zone->apex().isRoot()) {
    const auto above =
        view.lowerName().substr(static_cast<unsigned char>(view.lowerName()[0]) + 1U);
    if (const Zone* parent = find(above)) zone = parent;
  }
  detail::ZoneAnswer(*zone, query, answer).write();
  return Verdict::answered;
}

}  // namespace ropewalk::dns
