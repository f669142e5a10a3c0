// ResolverChain: asks one resolver after the other. Twisted's resolve.ResolverChain.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "resolver.h"

namespace ropewalk::dns {

/// The first that answers, whatever it answers, has answered; who fails passes the question on.
/// When all fail, the failure of the last one it is.
///
///     ResolverChain chain({hosts, cache});
class ResolverChain final : public Resolver {
 public:
  using Resolvers = std::vector<std::shared_ptr<Resolver>>;
  explicit ResolverChain(Resolvers resolvers) : resolvers_(std::move(resolvers)) {}

  [[nodiscard]] Deferred<Message> ask(Question question) override;

 private:
  Resolvers resolvers_;
};

}  // namespace ropewalk::dns
