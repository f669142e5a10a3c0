// Domain names. RFC 1035 §2.3 and §3.1, RFC 4343 (case), RFC 4034 §6.1 (order).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ropewalk/core/base/print.h"
#include "ropewalk/core/base/result.h"

namespace ropewalk::dns {

using ropewalk::operator<<;

constexpr std::size_t kMaxNameLength = 255;  // bytes on the wire, the root's 0 among them
constexpr std::size_t kMaxLabelLength = 63;

/// An absolute domain name, kept as it goes on the wire: labels behind their length, ended by the
/// root's 0. A value. Letters keep the case they came with; comparing ignores it (RFC 4343).
///
///     const Name www("www.example.org");
///     assert(www.parent() == Name("EXAMPLE.org."));
class Name {
 public:
  /// The root, ".".
  Name() : wire_(1, '\0') {}
  /// From text, with or without the last dot; \. and \DDD escape. Throws FormatError; parse() gives
  /// it back.
  explicit Name(std::string_view text);

  /// @param origin  what a name without a last dot is below, in wire form; "" reads as the root
  /// @return        the name; FormatError for an empty label, a label past 63 bytes, a name past
  ///                255, a bad escape
  static Result<Name> parse(std::string_view text, const Name* origin = nullptr);
  /// Trusts `wire` to be one whole uncompressed name.
  static Name fromWire(std::string_view wire);
  /// "7.2.0.192.in-addr.arpa" of an IP literal (RFC 1035 §3.5, RFC 3596 §2.5). FormatError for
  /// anything else.
  static Result<Name> reverse(std::string_view literal);

  /// The wire form: 1 to 255 bytes, the last one 0.
  [[nodiscard]] const std::string& wire() const noexcept { return wire_; }
  /// Labels before the root: 3 for www.example.org.
  [[nodiscard]] std::size_t labels() const noexcept;
  [[nodiscard]] bool isRoot() const noexcept { return wire_.size() == 1; }
  /// The first label's bytes; empty for the root.
  [[nodiscard]] std::string_view firstLabel() const noexcept;
  [[nodiscard]] bool isWildcard() const noexcept { return wire_.starts_with("\1*"); }

  /// Without its first label; the root's parent is the root.
  [[nodiscard]] Name parent() const;
  /// `label`.this; FormatError when that is too long. `label` is bytes, not escaped.
  [[nodiscard]] Result<Name> child(std::string_view label) const;
  /// True for the name itself, too.
  [[nodiscard]] bool isBelow(const Name& ancestor) const noexcept;
  /// This name with its ending `from` replaced by `to` (DNAME, RFC 6672 §2.2). It must be below
  /// `from`; FormatError when it gets too long.
  [[nodiscard]] Result<Name> replaceEnding(const Name& from, const Name& to) const;
  [[nodiscard]] Name lowerCased() const;

  friend bool operator==(const Name& a, const Name& b) noexcept;
  /// Canonical order: label by label from the right (RFC 4034 §6.1).
  friend std::weak_ordering operator<=>(const Name& a, const Name& b) noexcept;

 private:
  std::string wire_;
};

/// With the last dot, escaped where needed: "www.example.org.".
std::string toText(const Name& name);

// The same on bytes, without allocations; for codecs and tables. All take whole uncompressed names.

namespace wire {

/// Where a compressed name ends and what it says.
struct NameRead {
  std::size_t next = 0;    ///< offset behind it in the message; 0: malformed
  std::size_t length = 0;  ///< bytes written to `out`
};
/// Expands the name at `offset`. Every pointer must point before all that was read of this name
/// yet, so loops cannot be; 127 pointers and 255 bytes at most, so a message takes time linear in
/// its length however its pointers are chained (CVE-2026-42304).
/// @param out  room for kMaxNameLength bytes
[[nodiscard]] NameRead readName(std::string_view message, std::size_t offset, char* out) noexcept;
/// The same without the copy: only checks, and finds the end.
/// @return the offset behind the name; 0 for what is none
[[nodiscard]] std::size_t skipName(std::string_view message, std::size_t offset) noexcept;

/// The uncompressed name at the start of `bytes`: its length, or 0 when it is none.
[[nodiscard]] std::size_t nameLength(std::string_view bytes) noexcept;
/// Whether they are the same but for case; and their canonical order (RFC 4034 §6.1).
[[nodiscard]] bool equalNames(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::weak_ordering compareNames(std::string_view a, std::string_view b) noexcept;
/// Copies, in lower case. `out` may be `name.data()`.
void lowerName(std::string_view name, char* out) noexcept;
/// Ignores case. Not for hostile tables without a seed.
[[nodiscard]] std::uint64_t hashName(std::string_view name, std::uint64_t seed) noexcept;
/// Labels before the root.
[[nodiscard]] std::size_t countLabels(std::string_view name) noexcept;
/// True when `name` is `ancestor` or below it.
[[nodiscard]] bool isBelow(std::string_view name, std::string_view ancestor) noexcept;
/// As toText() of a Name.
std::string nameToText(std::string_view name);

}  // namespace wire

}  // namespace ropewalk::dns

template <>
struct std::hash<ropewalk::dns::Name> {
  std::size_t operator()(const ropewalk::dns::Name& name) const noexcept {
    return static_cast<std::size_t>(ropewalk::dns::wire::hashName(name.wire(), 0));
  }
};
