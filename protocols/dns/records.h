// Records with types: what lookups give, and what responders answer with. RFC 1035 §3.3 and the RFC
// of each type.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "message.h"
#include "name.h"
#include "ropewalk/core/base/result.h"

namespace ropewalk::dns {

using Seconds = std::chrono::seconds;
constexpr Seconds kDefaultTtl{300};

// Each has: kType; its fields; ttl; `std::string data() const`, the wire form; and
// `static Result<T> fromData(std::string_view data, Seconds ttl)`. Names are absolute.

struct A {
  static constexpr Type kType = Type::A;
  std::string address{};  ///< "192.0.2.7"
  Seconds ttl = kDefaultTtl;
  A() = default;
  /// Throws FormatError when it is no IPv4 literal.
  explicit A(std::string_view literal, Seconds ttl = kDefaultTtl);
  [[nodiscard]] std::string data() const;
  static Result<A> fromData(std::string_view data, Seconds ttl);
};

struct AAAA {
  static constexpr Type kType = Type::AAAA;
  std::string address{};  ///< "2001:db8::7"
  Seconds ttl = kDefaultTtl;
  AAAA() = default;
  /// Throws FormatError when it is no IPv6 literal.
  explicit AAAA(std::string_view literal, Seconds ttl = kDefaultTtl);
  [[nodiscard]] std::string data() const;
  static Result<AAAA> fromData(std::string_view data, Seconds ttl);
};

/// NS, CNAME, PTR, DNAME: a name.
template <Type type>
struct NameRecord {
  static constexpr Type kType = type;
  Name name{};
  Seconds ttl = kDefaultTtl;
  NameRecord() = default;
  explicit NameRecord(Name target, Seconds lifetime = kDefaultTtl)
      : name(std::move(target)), ttl(lifetime) {}
  [[nodiscard]] std::string data() const { return name.wire(); }
  static Result<NameRecord> fromData(std::string_view data, Seconds ttl);
};
using NS = NameRecord<Type::NS>;
using CNAME = NameRecord<Type::CNAME>;
using PTR = NameRecord<Type::PTR>;
using DNAME = NameRecord<Type::DNAME>;

struct MX {
  static constexpr Type kType = Type::MX;
  std::uint16_t preference = 0;  ///< lower ones first
  Name exchange{};
  Seconds ttl = kDefaultTtl;
  [[nodiscard]] std::string data() const;
  static Result<MX> fromData(std::string_view data, Seconds ttl);
};

struct SRV {
  static constexpr Type kType = Type::SRV;
  std::uint16_t priority = 0;  ///< lower ones first
  std::uint16_t weight = 0;    ///< among equals of priority
  std::uint16_t port = 0;
  Name target{};  ///< the root: the service is decidedly not there (RFC 2782)
  Seconds ttl = kDefaultTtl;
  [[nodiscard]] std::string data() const;
  static Result<SRV> fromData(std::string_view data, Seconds ttl);
};

struct TXT {
  static constexpr Type kType = Type::TXT;
  std::vector<std::string> strings{};
  Seconds ttl = kDefaultTtl;
  TXT() = default;
  /// Text past 255 bytes is cut into several strings.
  explicit TXT(std::string_view text, Seconds ttl = kDefaultTtl);
  /// All strings, one behind the other without a separator.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string data() const;
  static Result<TXT> fromData(std::string_view data, Seconds ttl);
};

struct SOA {
  static constexpr Type kType = Type::SOA;
  Name mname{};  ///< the primary server
  Name rname{};  ///< the mailbox of whoever is responsible
  std::uint32_t serial = 0;
  std::uint32_t refresh = 0, retry = 0, expire = 0;  ///< seconds
  std::uint32_t minimum = 0;                         ///< seconds a negative answer lives (RFC 2308)
  Seconds ttl = kDefaultTtl;
  [[nodiscard]] std::string data() const;
  static Result<SOA> fromData(std::string_view data, Seconds ttl);
};

struct CAA {
  static constexpr Type kType = Type::CAA;
  std::uint8_t flags = 0;  ///< 0x80: critical (RFC 8659 §4.1)
  std::string tag{};       ///< "issue"
  std::string value{};     ///< "ca.example"
  Seconds ttl = kDefaultTtl;
  [[nodiscard]] bool critical() const noexcept { return (flags & 0x80) != 0; }
  [[nodiscard]] std::string data() const;
  static Result<CAA> fromData(std::string_view data, Seconds ttl);
};

struct NAPTR {
  static constexpr Type kType = Type::NAPTR;
  std::uint16_t order = 0, preference = 0;   ///< lower ones first; preference among equals of order
  std::string flags{}, service{}, regexp{};  ///< "u", "E2U+sip", "!^.*$!sip:info@example.org!"
  Name replacement{};                        ///< the root where there is a regexp
  Seconds ttl = kDefaultTtl;
  [[nodiscard]] std::string data() const;
  static Result<NAPTR> fromData(std::string_view data, Seconds ttl);
};

/// SVCB and HTTPS (RFC 9460).
template <Type type>
struct ServiceBinding {
  static constexpr Type kType = type;
  std::uint16_t priority = 0;  ///< 0: an alias
  Name target{};
  std::map<std::uint16_t, std::string> parameters{};  ///< by key, in wire form
  Seconds ttl = kDefaultTtl;
  /// "h2", "http/1.1"; empty where none is given.
  [[nodiscard]] std::vector<std::string> alpn() const;
  /// 0 where none is given.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::vector<std::string> hints() const;  ///< IP literals, IPv4 first
  [[nodiscard]] std::string data() const;
  static Result<ServiceBinding> fromData(std::string_view data, Seconds ttl);
};
using SVCB = ServiceBinding<Type::SVCB>;
using HTTPS = ServiceBinding<Type::HTTPS>;

struct TLSA {
  static constexpr Type kType = Type::TLSA;
  std::uint8_t usage = 0, selector = 0, matching = 0;  ///< RFC 6698 §2.1.1, §2.1.2, §2.1.3
  std::string certificate{};                           ///< bytes: it, its key, or a digest of these
  Seconds ttl = kDefaultTtl;
  [[nodiscard]] std::string data() const;
  static Result<TLSA> fromData(std::string_view data, Seconds ttl);
};

struct URI {
  static constexpr Type kType = Type::URI;
  std::uint16_t priority = 0, weight = 0;  ///< as those of SRV
  std::string target{};
  Seconds ttl = kDefaultTtl;
  [[nodiscard]] std::string data() const;
  static Result<URI> fromData(std::string_view data, Seconds ttl);
};

/// What is made like the structs above.
template <class T>
concept HasRecordType = requires {
  T::kType;
};

/// A typed record under a name.
template <HasRecordType T>
[[nodiscard]] Record makeRecord(Name name, const T& typed) {
  return {std::move(name), T::kType, Class::IN, static_cast<std::uint32_t>(typed.ttl.count()),
          typed.data()};
}
/// A record from a line of presentation format without its name: makeRecord(name, "MX 10 mail").
/// Throws FormatError.
[[nodiscard]] Record makeRecord(Name name, std::string_view line, Seconds ttl = kDefaultTtl);

/// The typed ones among records; those that cannot be read are left out.
template <class T>
[[nodiscard]] std::vector<T> recordsOf(const std::vector<Record>& records) {
  std::vector<T> typed;
  for (const auto& record : records) {
    if (record.type != T::kType) continue;
    auto read = T::fromData(record.data, Seconds(record.ttl));
    if (read) typed.push_back(std::move(*read));
  }
  return typed;
}

}  // namespace ropewalk::dns
