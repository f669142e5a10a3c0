// Chain: several responders as one.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns {

/// Asks each responder, in their order, until one answers.
/// @param later  set to who will answer, where the verdict is that
/// @param answer  has what was written, where the verdict is `answered`; else what it had before
/// @return exists or nothing where one said so, and nobody behind it could answer
Verdict askInTurn(std::span<const std::shared_ptr<Responder>> links, const Query& query,
                  MessageWriter& answer, std::shared_ptr<Responder>* later = nullptr);

/// Asks responders in turn until one does not pass; passes when all do. For views and the like, who
/// have chains within the server's chain.
///
/// A responder that answers later is found by asking the chain a second time, from the start:
/// respond() is to give the same verdict twice.
class Chain final : public Responder {
 public:
  using Links = std::vector<std::shared_ptr<Responder>>;

  explicit Chain(Links links) : links_(std::move(links)) {}

  Verdict respond(const Query& query, MessageWriter& answer) override;
  Deferred<std::optional<Message>> resolve(LaterQuery query) override;

 private:
  const Links links_;
};

}  // namespace ropewalk::dns
