// Lookups: a name in, typed records out. Twisted's names.client; RFC 1035, 2782, 3596, 8659.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

// Each comes twice: with a Resolver, which must live until the answer is there, and without one, on
// the calling thread's defaultResolver(). Names are taken as they are, with or without the last
// dot; CNAMEs are followed. Never empty: they fail with DNSNameError where there is no such name,
// with DNSNoDataError where it has no such record, else with what errors.h lists (DNSServerError
// for a mere referral); FormatError for what is no name. All are cancellable.
//
//     std::vector<dns::MX> mx = co_await dns::lookupMailExchange("example.org");

/// IPv4.
[[nodiscard]] Deferred<std::vector<A>> lookupAddress(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<A>> lookupAddress(std::string name);
[[nodiscard]] Deferred<std::vector<AAAA>> lookupIPV6Address(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<AAAA>> lookupIPV6Address(std::string name);
/// By preference, the best first. One whose exchange is the root: it takes no mail (RFC 7505).
[[nodiscard]] Deferred<std::vector<MX>> lookupMailExchange(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<MX>> lookupMailExchange(std::string name);
/// By priority, then weight, the best first; connectService chooses by chance as RFC 2782 asks.
/// @param name  "_imap._tcp.example.org"
[[nodiscard]] Deferred<std::vector<SRV>> lookupService(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<SRV>> lookupService(std::string name);
[[nodiscard]] Deferred<std::vector<TXT>> lookupText(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<TXT>> lookupText(std::string name);
/// @param name  an IP literal, whose reverse name is asked for; or a name
[[nodiscard]] Deferred<std::vector<PTR>> lookupPointer(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<PTR>> lookupPointer(std::string name);
[[nodiscard]] Deferred<std::vector<NS>> lookupNameservers(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<NS>> lookupNameservers(std::string name);
/// Of a zone; inside of one there is none.
[[nodiscard]] Deferred<SOA> lookupAuthority(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<SOA> lookupAuthority(std::string name);
/// Of the name, or of the nearest name above it that has some (RFC 8659 §3).
[[nodiscard]] Deferred<std::vector<CAA>> lookupCAA(Resolver& resolver, std::string name);
[[nodiscard]] Deferred<std::vector<CAA>> lookupCAA(std::string name);

/// Records of any type as they came.
[[nodiscard]] Deferred<std::vector<Record>> query(Resolver& resolver, std::string name, Type type);
[[nodiscard]] Deferred<std::vector<Record>> query(std::string name, Type type);

/// The best address of a host as a literal, as the machine is configured: hosts file, search list,
/// ndots. By the reactor's resolver, whose resolve() gives all of them.
[[nodiscard]] Deferred<std::string> getHostByName(Reactor& reactor, std::string name);
[[nodiscard]] Deferred<std::string> getHostByName(std::string name);

}  // namespace ropewalk::dns
