// HostsResolver: answers from a hosts file. Twisted's hosts.Resolver; hosts(5).
#pragma once

#include <memory>
#include <string>

#include "resolver.h"
#include "ropewalk/core/async/timer_queue.h"

namespace ropewalk::detail {
class HostsFile;
}

namespace ropewalk::dns {

/// A and AAAA of the names in a hosts file, PTR of its addresses. A name that is listed with
/// addresses of the other family only has no data. What is not listed fails with ResolverError, so
/// that a ResolverChain goes on. The file is read again when it has changed. One thread.
class HostsResolver final : public Resolver {
 public:
  /// @param ttl  of its records
  explicit HostsResolver(std::string file = "/etc/hosts", Duration ttl = std::chrono::hours(1));
  ~HostsResolver() override;

  [[nodiscard]] Deferred<Message> ask(Question question) override;

 private:
  [[nodiscard]] std::optional<Message> answer(const Question& question);

  std::unique_ptr<ropewalk::detail::HostsFile> file_;
  std::uint32_t ttl_;
};

}  // namespace ropewalk::dns
