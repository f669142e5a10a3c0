// The zones of a server, and which of them a question is for.
#include "authority.h"

#include "ropewalk/servers/dns/responders/detail/zone_lookup.h"

namespace ropewalk::dns {

namespace {

/// Types that are asked for otherwise: transfers over streams, and what no zone holds.
bool isForTransfer(Type type) { return type == Type::AXFR || type == Type::IXFR; }

}  // namespace

Authority::Top& Authority::topOf(const Name& apex) {
  const auto node = tops_.insert(apex.wire());
  byNode_.resize(tops_.size());
  return byNode_[node];
}

void Authority::put(ZonePointer zone) {
  topOf(zone->apex()) = {zone, false};
  // By index: one may add another, or put a zone.
  for (std::size_t i = 0; i < changed_.size(); ++i) changed_[i](zone);
}

void Authority::remove(const Name& apex) {
  const auto found = tops_.find(apex.wire());
  if (found.at == 0 && found.node < byNode_.size()) byNode_[found.node] = {};
}

void Authority::miss(const Name& apex) { topOf(apex) = {nullptr, true}; }

Authority::ZonePointer Authority::zone(const Name& apex) const {
  const auto found = tops_.find(apex.wire());
  return found.at == 0 && found.node < byNode_.size() ? byNode_[found.node].zone : nullptr;
}

std::vector<Authority::ZonePointer> Authority::zones() const {
  std::vector<ZonePointer> all;
  for (const auto& top : byNode_) {
    if (top.zone) all.push_back(top.zone);
  }
  return all;
}

const Authority::Top* Authority::find(std::string_view name) const noexcept {
  if (byNode_.empty()) return nullptr;
  for (auto node = tops_.find(name).node;; node = tops_.parent(node)) {
    if (byNode_[node].zone || byNode_[node].missed) return &byNode_[node];
    if (node == NameTree::kTop) return nullptr;
  }
}

Verdict Authority::respond(const Query& query, MessageWriter& answer) {
  const QueryView& view = query.view;
  if (view.klass != Class::IN && view.klass != Class::ANY) return Verdict::pass;
  if (isForTransfer(view.type)) return Verdict::pass;
  const Top* top = find(view.lowerName());
  if (top == nullptr) return Verdict::pass;
  // The DS of a zone's top is its parent's (RFC 4035 §3.1.4.1): asked here when both are.
  if (view.type == Type::DS && top->zone && !top->zone->apex().isRoot() &&
      view.lowerName().size() == top->zone->apex().wire().size()) {
    const auto above =
        view.lowerName().substr(static_cast<unsigned char>(view.lowerName()[0]) + 1U);
    if (const Top* parent = find(above)) top = parent;
  }
  if (top->zone) {
    detail::ZoneLookup(*top->zone, query, answer).write();
  } else {
    answer.flags().rcode = Rcode::SERVFAIL;
  }
  return Verdict::answered;
}

}  // namespace ropewalk::dns
