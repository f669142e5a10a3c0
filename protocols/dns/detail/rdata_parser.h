// RdataParser: the words of a record's data to wire form, field by field. RFC 1035 §5.1. Private to
// this folder.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "presentation.h"
#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

/// For one record. Allocates nothing but what `out` grows by, service parameters aside.
class RdataParser {
 public:
  /// @param origin  in wire form
  /// @param out     gets the wire form appended; after an error, a part of it
  RdataParser(Type type, std::span<const Word> words, std::string_view origin, std::string& out)
      : type_(type), words_(words), origin_(origin), out_(out), begin_(out.size()) {}

  /// @return FormatError: "MX: \"ten\" is no number from 0 to 65535"
  Result<void> parse();
  /// The word at fault; behind the last one when something is missing.
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  [[nodiscard]] Complaint field(Field field);
  [[nodiscard]] Complaint word(Field field, std::string_view text);
  [[nodiscard]] Complaint number(std::string_view text, std::size_t bytes);
  [[nodiscard]] Complaint rest(Field field);
  [[nodiscard]] Complaint sized16();
  [[nodiscard]] Complaint digitsToEnd(Digits digits);
  [[nodiscard]] Complaint bitmap();
  [[nodiscard]] Complaint string(std::string_view text);
  [[nodiscard]] Complaint tag(std::string_view text);
  [[nodiscard]] Complaint sized8(Digits digits, std::string_view text);
  Result<void> opaque();
  Failure wrong(Field field, std::string_view why) const;
  [[nodiscard]] bool isGeneric() const noexcept;

  Type type_;
  std::span<const Word> words_;
  std::string_view origin_;
  std::string& out_;
  std::size_t begin_;
  std::size_t at_ = 0;
};

}  // namespace ropewalk::dns::detail
