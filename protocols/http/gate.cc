// The gate before every head: where it ends, and that its lines end in CRLF. RFC 9112 §2.2, §5.2.
#include "gate.h"

#include <algorithm>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ropewalk::http {
namespace {

// Which bytes of a block are CR, LF or NUL: bit i speaks of byte i.
struct Marks {
  std::uint32_t cr = 0;
  std::uint32_t lf = 0;
  std::uint32_t nul = 0;
};

constexpr std::size_t kBlock = 16;

#if defined(__SSE2__)
Marks markBlock(const char* at) noexcept {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto equal = [block](char c) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(c))));
  };
  return {equal('\r'), equal('\n'), equal('\0')};
}
#endif

Marks markBytes(const char* at, std::size_t count) noexcept {
  Marks marks;
  for (std::size_t i = 0; i < count; ++i) {
    marks.cr |= static_cast<std::uint32_t>(at[i] == '\r') << i;
    marks.lf |= static_cast<std::uint32_t>(at[i] == '\n') << i;
    marks.nul |= static_cast<std::uint32_t>(at[i] == '\0') << i;
  }
  return marks;
}

// The marks of a full block at offset `at`.
Marks markFull(std::string_view input, std::size_t at) noexcept {
#if defined(__SSE2__)
  return markBlock(input.data() + at);
#else
  return markBytes(input.data() + at, kBlock);
#endif
}

// The marks of the last, short block. Of a long input it is read as part of a full one that ends
// where the input ends, and shifted: never past the end.
Marks markRest(std::string_view input, std::size_t at) noexcept {
  const std::size_t count = input.size() - at;
#if defined(__SSE2__)
  if (input.size() >= kBlock) {
    const std::size_t shift = kBlock - count;
    const Marks marks = markBlock(input.data() + at - shift);
    return {marks.cr >> shift, marks.lf >> shift, marks.nul >> shift};
  }
#endif
  return markBytes(input.data() + at, count);
}

// What a block must know of the two bytes before it. What precedes the input counts as the end of a
// line, so that a trailer section may be empty.
struct Carry {
  std::uint32_t cr = 0;      // bit 0: the byte before is CR
  std::uint32_t lfs = 0b10;  // bit 0: the byte before that is LF; bit 1: the byte before is LF
};

Carry carryAt(std::string_view input, std::size_t at) noexcept {
  if (at == 0) return {};
  const bool secondLf = at == 1 || input[at - 2] == '\n';
  return {static_cast<std::uint32_t>(input[at - 1] == '\r'),
          static_cast<std::uint32_t>(secondLf) | static_cast<std::uint32_t>(input[at - 1] == '\n')
                                                     << 1};
}

// The positions of a block that matter, as sets of bits.
struct Findings {
  std::uint32_t crBefore;  // a CR precedes this byte, so it must be LF, and no other byte may be
  std::uint32_t wrong;
  std::uint32_t ends;  // the LF of an empty line: the byte two before it is an LF as well
};

Findings judge(const Marks& marks, const Carry& carry, std::uint32_t inside) noexcept {
  const std::uint32_t crBefore = (marks.cr << 1 | carry.cr) & inside;
  return {crBefore, (crBefore ^ marks.lf) | marks.nul, marks.lf & (marks.lf << 2 | carry.lfs)};
}

// The first position that matters decides.
HeadGate::Step decide(const Marks& marks, const Findings& found, std::size_t at) noexcept {
  const auto first = static_cast<std::size_t>(std::countr_zero(found.wrong | found.ends));
  const std::uint32_t bit = std::uint32_t{1} << first;
  if ((found.wrong & bit) == 0) return {HeadGate::Verdict::complete, at + first + 1};
  if ((marks.nul & bit) != 0) return {HeadGate::Verdict::nul, at + first};
  return {(found.crBefore & bit) != 0 ? HeadGate::Verdict::bareCr : HeadGate::Verdict::bareLf,
          at + first};
}

}  // namespace

HeadGate::Step HeadGate::scan(std::string_view input, std::size_t limit) noexcept {
  const bool cut = input.size() >= limit;
  if (cut) input = input.substr(0, limit);
  std::size_t at = scanned_;
  Carry carry = carryAt(input, at);
  for (; at + kBlock <= input.size(); at += kBlock) {
    const Marks marks = markFull(input, at);
    const Findings found = judge(marks, carry, 0xffff);
    if ((found.wrong | found.ends) != 0) return conclude(decide(marks, found, at));
    carry = {marks.cr >> (kBlock - 1), marks.lf >> (kBlock - 2)};
  }
  if (at < input.size()) {
    const Marks marks = markRest(input, at);
    const Findings found = judge(marks, carry, (1U << (input.size() - at)) - 1);
    if ((found.wrong | found.ends) != 0) return conclude(decide(marks, found, at));
  }
  scanned_ = static_cast<std::uint32_t>(input.size());
  return {cut ? Verdict::tooLong : Verdict::needMore, input.size()};
}

const char* reasonFor(HeadGate::Verdict verdict) noexcept {
  switch (verdict) {
    case HeadGate::Verdict::bareCr:
      return "bare CR in head";
    case HeadGate::Verdict::bareLf:
      return "bare LF in head";
    case HeadGate::Verdict::nul:
      return "NUL in head";
    case HeadGate::Verdict::tooLong:
      return "head too long";
    case HeadGate::Verdict::needMore:
    case HeadGate::Verdict::complete:
      break;
  }
  return "";
}

}  // namespace ropewalk::http
