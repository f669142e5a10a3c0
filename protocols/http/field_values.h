// Inside field values: lists, quoted strings, media types, weights. RFC 9110 §5.6, §8.3, §12.4.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "field_line.h"
#include "grammar.h"
#include "ropewalk/core/base/print.h"

namespace ropewalk::http {

using ropewalk::operator<<;

/// Takes the next element off a comma-separated list (RFC 9110 §5.6.1). Commas inside quoted
/// strings do not count, empty elements are skipped, OWS is dropped.
/// @return false at the end
bool nextListItem(std::string_view& rest, std::string_view& item) noexcept;

/// Calls f(item) for each element of a list-valued field.
template <class F>
void forEachListItem(std::string_view value, F&& f) {
  std::string_view item;
  while (nextListItem(value, item)) f(item);
}

/// True when a list holds the token, without regard to case: `listHas(connection, "close")`.
[[nodiscard]] bool listHas(std::string_view value, std::string_view token) noexcept;

/// The text of a quoted-string, escapes undone (RFC 9110 §5.6.4); of anything else, the text
/// itself.
[[nodiscard]] std::string unquote(std::string_view text);
/// Text as a quoted-string. Control characters other than HTAB become spaces: they cannot be sent.
[[nodiscard]] std::string quote(std::string_view text);

/// One `name=value` of a field value (RFC 9110 §5.6.6), the value unquoted. Names are in lower
/// case.
struct Parameter {
  std::string name;
  std::string value;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// Parameters as they follow a media type or an element of Accept: `;charset=utf-8;q="0.5"`.
/// @return nothing when malformed
[[nodiscard]] std::optional<std::vector<Parameter>> parseParameters(std::string_view text);

/// A Content-Type or one range of an Accept: `text/html;charset=utf-8`, `image/*`, `*/*`. RFC 9110
/// §8.3.1.
struct MediaType {
  std::string type;     // lower case
  std::string subtype;  // lower case
  std::vector<Parameter> parameters;

  /// @return nothing when malformed
  [[nodiscard]] static std::optional<MediaType> parse(std::string_view text);
  /// The parameter of that name, or null.
  [[nodiscard]] const std::string* parameter(std::string_view name) const noexcept;
  /// True when this range (with its wildcards) covers the other's type and subtype, and has no
  /// parameter but q that it lacks.
  [[nodiscard]] bool covers(const MediaType& other) const noexcept;
  friend bool operator==(const MediaType&, const MediaType&) = default;
};
/// `text/html;charset=utf-8`; values that are no tokens are quoted.
[[nodiscard]] std::string toText(const MediaType& type);

/// A weight in thousandths, 0 … 1000 (RFC 9110 §12.4.2); nothing when malformed.
[[nodiscard]] std::optional<int> parseWeight(std::string_view text) noexcept;

/// One element of Accept-Encoding, Accept-Language and the like, with its weight.
struct WeightedItem {
  std::string_view item;  // without its weight, other parameters kept
  int weight = 1000;      // thousandths
};
/// A weighted list, heaviest first, equal weights in the order received. Elements with a malformed
/// weight are left out.
[[nodiscard]] std::vector<WeightedItem> parseWeightedList(std::string_view value);

/// The weight that an Accept field gives to a media type, in thousandths; the most specific range
/// decides. 0: not acceptable. An empty field accepts everything.
[[nodiscard]] int acceptWeight(std::string_view accept, const MediaType& offered);

/// Which of two media types the Accept fields of a request ask for rather.
/// @return true when `first` weighs more, or as much and is named while the other is only covered
///         by a wildcard; so not for a client that accepts anything
[[nodiscard]] bool prefers(const FieldLines& fields, std::string_view first,
                           std::string_view second);

}  // namespace ropewalk::http
