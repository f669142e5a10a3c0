// Asks the DNS for several things at once: dns_lookup NAME [SERVER]
#include <ropewalk/clients/dns/dns.h>
#include <ropewalk/core/async/gather.h>
#include <ropewalk/core/core.h>

#include <iostream>
#include <string>
#include <vector>

namespace rw = ropewalk;
namespace dns = rw::dns;

using Records = std::vector<dns::Record>;

// [lookup]
rw::Deferred<void> show(std::shared_ptr<dns::Resolver> resolver, std::string name) {
  std::vector<rw::Deferred<Records>> asking;
  for (const dns::Type type : {dns::Type::A, dns::Type::AAAA, dns::Type::TXT})
    asking.push_back(dns::query(*resolver, name, type));

  rw::DeferredList<Records> all(std::move(asking));
  const std::vector<rw::Result<Records>> answers = co_await std::move(all);
  for (const rw::Result<Records>& records : answers) {
    if (!records) {
      std::cout << records.failure().getErrorMessage() << '\n';
      continue;
    }
    for (const dns::Record& record : *records) std::cout << toText(record) << '\n';
  }

  rw::Deferred<std::vector<dns::MX>> mail = dns::lookupMailExchange(*resolver, name);
  const std::vector<dns::MX> exchanges = co_await std::move(mail);
  for (const dns::MX& mx : exchanges) std::cout << "mail goes to " << toText(mx.exchange) << '\n';
}
// [/lookup]

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "dns_lookup NAME [SERVER]\n";
    return 2;
  }
  // [resolver]
  dns::SystemResolverOptions options;  // hosts file, cache, the servers of /etc/resolv.conf
  if (argc > 2) options.client.servers = {argv[2]};
  const auto resolver = dns::systemResolver(rw::reactor(), options);
  // [/resolver]
  return rw::react([&] { return show(resolver, argv[1]); });
}
