// The first view whose networks hold the client, by a walk.
#include "view.h"

#include <utility>

namespace ropewalk::dns {

void Views::add(NetworkList clients, Chain::Links chain) {
  views_.push_back({std::move(clients), std::make_shared<Chain>(std::move(chain))});
}

std::shared_ptr<Chain> Views::find(std::string_view peerBytes) const noexcept {
  for (const View& view : views_) {
    if (view.clients.contains(peerBytes)) return view.chain;
  }
  return nullptr;
}

Verdict Views::respond(const Query& query, MessageWriter& answer) {
  const auto chain = find(query.peerBytes);
  return chain ? chain->respond(query, answer) : Verdict::pass;
}

Deferred<std::optional<Message>> Views::resolve(LaterQuery query) {
  const auto chain = find(addressBytes(query.peer));
  if (!chain) return succeed(std::optional<Message>());
  return chain->resolve(std::move(query));
}

Verdict AccessList::respond(const Query& query, MessageWriter& answer) {
  if (allowed_.contains(query.peerBytes)) return Verdict::pass;
  if (denied_ == Denied::silence) return Verdict::silence;
  answer.flags().rcode = Rcode::REFUSED;
  return Verdict::answered;
}

}  // namespace ropewalk::dns
