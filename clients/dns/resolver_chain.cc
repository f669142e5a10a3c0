// A loop in a coroutine, which holds the resolvers while it runs.
#include "resolver_chain.h"

#include "ropewalk/clients/dns/detail/outcome.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"

namespace ropewalk::dns {

namespace {

Deferred<Message> askEach(ResolverChain::Resolvers resolvers, Question question) {
  Result<Message> last =
      Failure(ResolverError(format("cannot resolve {}: there is nobody to ask", toText(question))));
  for (const auto& resolver : resolvers) {
    Deferred<detail::Outcome<Message>> asking = detail::outcomeOf(resolver->ask(question));
    detail::Outcome<Message> outcome = co_await std::move(asking);
    last = std::move(outcome.result);
    const bool cancelled = !last.ok() && last.failure().check<CancelledError>() != nullptr;
    if (last.ok() || cancelled) break;
  }
  co_return std::move(last);
}

}  // namespace

Deferred<Message> ResolverChain::ask(Question question) {
  return askEach(resolvers_, std::move(question));
}

}  // namespace ropewalk::dns
