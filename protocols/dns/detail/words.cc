// Cutting master files into words. RFC 1035 §5.1.
#include "words.h"

#include <array>
#include <cstring>

namespace ropewalk::dns::detail {

namespace {

enum class Kind : std::uint8_t { ordinary, blank, lineEnd, comment, open, close, quote, escape };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  kinds[' '] = kinds['\t'] = kinds['\r'] = Kind::blank;  // \r: of CRLF
  kinds['\n'] = Kind::lineEnd;
  kinds[';'] = Kind::comment;
  kinds['('] = Kind::open;
  kinds[')'] = Kind::close;
  kinds['"'] = Kind::quote;
  kinds['\\'] = Kind::escape;
  return kinds;
}();

Kind kindOf(char c) noexcept { return kKinds[static_cast<unsigned char>(c)]; }

std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

LineScanner::Outcome LineScanner::next() {
  while (at_ != end_) {
    words_.clear();
    startsBlank_ = kindOf(*at_) == Kind::blank;
    if (!scanLine()) return Outcome::error;
    if (!words_.empty()) return Outcome::line;
  }
  place_ = end_;
  return Outcome::end;
}

bool LineScanner::scanLine() {
  const char* opened = nullptr;  // the outermost parenthesis
  std::size_t depth = 0;
  for (; at_ != end_;) {
    switch (kindOf(*at_)) {
      case Kind::blank:
        ++at_;
        break;
      case Kind::comment:
        skipComment();
        break;
      case Kind::lineEnd:
        place_ = at_++;
        if (depth == 0) return true;
        break;
      case Kind::open:
        if (depth++ == 0) opened = at_;
        ++at_;
        break;
      case Kind::close:
        if (depth-- == 0) return fail(at_, "a parenthesis closes that was never opened");
        ++at_;
        break;
      case Kind::quote:
        if (!scanQuoted()) return false;
        break;
      case Kind::ordinary:
      case Kind::escape:
        if (!scanWord()) return false;
        break;
    }
  }
  if (depth != 0) return fail(opened, "the parenthesis is never closed");
  place_ = end_;
  return true;
}

bool LineScanner::scanQuoted() {
  const char* const quote = at_++;
  for (; at_ != end_ && *at_ != '\n'; ++at_) {
    if (*at_ == '"') {
      words_.push_back({between(quote + 1, at_), true});
      ++at_;
      return true;
    }
    if (*at_ == '\\' && ++at_ == end_) break;
    if (*at_ == '\n') break;
  }
  return fail(quote, "the quote is not closed in its line");
}

bool LineScanner::scanWord() {
  const char* const begin = at_;
  while (at_ != end_) {
    const Kind kind = kindOf(*at_);
    if (kind == Kind::escape) {
      if (at_ + 1 == end_ || at_[1] == '\n') return fail(at_, "an escape at the end of a line");
      at_ += 2;
    } else if (kind == Kind::ordinary) {
      ++at_;
    } else {
      break;
    }
  }
  words_.push_back({between(begin, at_), false});
  return true;
}

void LineScanner::skipComment() noexcept {
  const void* const found = std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_));
  at_ = found == nullptr ? end_ : static_cast<const char*>(found);
}

bool LineScanner::fail(const char* place, std::string_view complaint) noexcept {
  place_ = place;
  complaint_ = complaint;
  at_ = end_;
  return false;
}

}  // namespace ropewalk::dns::detail
