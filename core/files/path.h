// Path: where something is in a tree of files, as peers write it and as it is kept.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "ropewalk/core/base/print.h"
#include "ropewalk/core/base/result.h"

namespace ropewalk {

/// An absolute path without ".", ".." and empty names: "/", "/pub/a.txt". A value. It says nothing
/// of what is there, nor of how the names are encoded.
///
///     const Path here = Path::parse("/pub/music").value();
///     const Path there = Path::parse("../books/./a.txt", here).value();  // /pub/books/a.txt
class Path {
 public:
  static constexpr std::size_t kLongestName = 255;
  static constexpr std::size_t kLongest = 4096;

  /// "/"
  Path() : text_("/") {}
  /// Reads what a peer wrote. ".." stops at the root, slashes at the end and twice in a row mean
  /// nothing.
  /// @param cwd  where a relative path begins
  /// @return     FilesError (badName) for a NUL, a name of more than 255 bytes, more than 4,096 in
  ///             all. Never throws.
  static Result<Path> parse(std::string_view text, const Path& cwd = Path());

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Without the slash in front, as openBeneath takes it; "" for the root.
  [[nodiscard]] std::string relative() const { return text_.substr(1); }
  [[nodiscard]] bool isRoot() const noexcept { return text_.size() == 1; }
  /// The last name; "" of the root.
  [[nodiscard]] std::string_view name() const noexcept;
  /// The root's is the root.
  [[nodiscard]] Path parent() const;

  friend auto operator<=>(const Path&, const Path&) = default;

 private:
  explicit Path(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// For messages: in quotes, escaped, cut.
std::string toText(const Path& path);

}  // namespace ropewalk
