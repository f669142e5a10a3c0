// A field section taken apart and understood as far as framing goes. RFC 9112 §5, §6.
#include "ropewalk/protocols/http/field_section.h"

#include <llhttp.h>

#include <algorithm>

#include "ropewalk/protocols/http/field_values.h"

namespace ropewalk::http {
namespace {

constexpr std::uint64_t kMaxLength = INT64_MAX;  // what off_t holds

// What llhttp's call-backs write to.
struct Collector {
  FieldLine* next;
  FieldLine* end;
  bool tooMany = false;
  bool complete = false;
};

Collector& collectorOf(llhttp_t* parser) noexcept { return *static_cast<Collector*>(parser->data); }

int onName(llhttp_t* parser, const char* at, std::size_t size) {
  Collector& collector = collectorOf(parser);
  if (collector.next == collector.end) {
    collector.tooMany = true;
    return HPE_USER;
  }
  *collector.next++ = {{at, size}, {}};
  return HPE_OK;
}

// An obs-fold gives two spans for one name: the last one stays, and does not fit the bytes when
// they are checked.
int onValue(llhttp_t* parser, const char* at, std::size_t size) {
  collectorOf(parser).next[-1].value = {at, size};
  return HPE_OK;
}

int onHeadersComplete(llhttp_t* parser) {
  collectorOf(parser).complete = true;
  return 1;  // no body for llhttp: BodyDecoder reads bodies
}

consteval llhttp_settings_t makeSettings() {
  llhttp_settings_t settings{};
  settings.on_header_field = onName;
  settings.on_header_value = onValue;
  settings.on_headers_complete = onHeadersComplete;
  return settings;
}
constexpr llhttp_settings_t kSettings = makeSettings();

// llhttp as it stands behind a start line, ready for field lines. Start lines are ours to judge, so
// no head pays for having its own parsed a second time: each begins with a copy of this.
const llhttp_t& behindStartLine() noexcept {
  static const llhttp_t kParser = [] {
    constexpr std::string_view kStartLine = "GET / HTTP/1.1\r\n";
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &kSettings);
    llhttp_execute(&parser, kStartLine.data(), kStartLine.size());
    return parser;
  }();
  return kParser;
}

bool runLlhttp(std::string_view section, Collector& collector) noexcept {
  llhttp_t parser = behindStartLine();
  parser.data = &collector;
  const llhttp_errno_t error = llhttp_execute(&parser, section.data(), section.size());
  return collector.complete && (error == HPE_OK || error == HPE_PAUSED_UPGRADE);
}

// Checks one line of llhttp's answer against the bytes from `at` on.
// @return where the next line begins; null when it does not fit
const char* checkLine(const char* at, FieldLine& line) noexcept {
  if (line.name.data() != at || !isToken(line.name)) return nullptr;
  at += line.name.size();
  if (*at++ != ':') return nullptr;
  while (isOws(*at)) ++at;
  if (line.value.empty()) {  // llhttp may point elsewhere, or nowhere
    line.value = {at, 0};
  } else if (line.value.data() != at) {
    return nullptr;
  }
  at += line.value.size();
  while (!line.value.empty() && isOws(line.value.back())) line.value.remove_suffix(1);
  // The gate has seen to it that text ends in CRLF CRLF: these two bytes are there.
  return at[0] == '\r' && at[1] == '\n' ? at + 2 : nullptr;
}

// Compares with a name in lower case that consists of letters and "-": for tokens, setting bit 5
// folds exactly these. Both are of the same size; most names differ in the first letter.
template <std::size_t N>
bool nameIs(std::string_view name, const char (&lower)[N]) noexcept {
  if ((name[0] | 0x20) != lower[0]) return false;
  unsigned difference = 0;
  for (std::size_t i = 1; i < N - 1; ++i) {
    difference |=
        (static_cast<unsigned char>(name[i]) | 0x20U) ^ static_cast<unsigned char>(lower[i]);
  }
  return difference == 0;
}

std::optional<std::uint64_t> parseLength(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 19) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : digits) {
    if (!isDigit(c)) return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');  // 19 digits fit
  }
  return length <= kMaxLength ? std::optional(length) : std::nullopt;
}

void readConnection(std::string_view value, KnownFields& known) noexcept {
  forEachListItem(value, [&known](std::string_view option) {
    if (equalIgnoreCase(option, "close")) known.close = true;
    if (equalIgnoreCase(option, "keep-alive")) known.keepAlive = true;
    if (equalIgnoreCase(option, "upgrade")) known.upgradeOption = true;
  });
}

// Accepts one line that says "chunked" and nothing else. Of what is refused, tells codings that we
// lack (501, RFC 9112 §6.1) from lengths that nobody can know (400, §6.3).
void readTransferEncoding(const FieldLines& lines, KnownFields& known) noexcept {
  std::size_t items = 0;
  std::size_t chunkedItems = 0;
  bool last = false;
  for (const FieldLine& line : lines) {
    if (!equalIgnoreCase(line.name, "transfer-encoding")) continue;
    known.chunked = known.transferEncodings == 1 && equalIgnoreCase(line.value, "chunked");
    forEachListItem(line.value, [&](std::string_view coding) {
      ++items;
      last = equalIgnoreCase(coding, "chunked");
      if (last) ++chunkedItems;
    });
  }
  known.unknownCoding = last && chunkedItems == 1 && items > 1;
}

void readExpect(std::string_view value, KnownFields& known) noexcept {
  forEachListItem(value, [&known](std::string_view expectation) {
    (equalIgnoreCase(expectation, "100-continue") ? known.expectContinue : known.expectUnknown) =
        true;
  });
}

}  // namespace

Refusal splitFields(std::string_view section, std::size_t maxFields, std::vector<FieldLine>& slots,
                    FieldLines& fields) {
  if (slots.size() < maxFields) slots.resize(maxFields);
  FieldLine* const first = slots.data();
  Collector collector{first, first + maxFields};
  const bool taken = runLlhttp(section, collector);
  if (collector.tooMany) return {431, "too many fields"};
  if (!taken) return {400, "malformed field line"};

  const char* at = section.data();
  for (FieldLine* line = first; line != collector.next; ++line) {
    at = checkLine(at, *line);
    if (at == nullptr) return {400, "malformed field line"};
  }
  if (at + 2 != section.data() + section.size()) return {400, "malformed field line"};
  fields = FieldLines({first, collector.next});
  return {};
}

Refusal readKnownFields(const FieldLines& lines, KnownFields& known) noexcept {
  for (const FieldLine& line : lines) {
    switch (line.name.size()) {
      case 4:
        if (!nameIs(line.name, "host")) break;
        known.host = line.value;
        ++known.hosts;
        break;
      case 6:
        if (nameIs(line.name, "expect")) readExpect(line.value, known);
        break;
      case 7:
        if (nameIs(line.name, "upgrade") && known.upgrade.empty()) known.upgrade = line.value;
        break;
      case 10:
        if (nameIs(line.name, "connection")) readConnection(line.value, known);
        break;
      case 14:
        if (!nameIs(line.name, "content-length")) break;
        // RFC 9112 §6.3: a list of equal lengths may be taken for one. Whoever sends one has been
        // tampered with: refuse.
        if (known.contentLength) return {400, "two Content-Length fields"};
        known.contentLength = parseLength(line.value);
        if (!known.contentLength) return {400, "invalid Content-Length"};
        break;
      case 17:
        if (nameIs(line.name, "transfer-encoding")) ++known.transferEncodings;
        break;
      default:
        break;
    }
  }
  if (known.transferEncodings > 0) readTransferEncoding(lines, known);
  return {};
}

bool isForbiddenTrailer(std::string_view name) noexcept {
  constexpr std::string_view kForbidden[] = {
      "content-length", "transfer-encoding", "host", "connection", "keep-alive",
      "upgrade",        "trailer",           "te",   "expect",     "max-forwards"};
  return std::any_of(
      std::begin(kForbidden), std::end(kForbidden),
      [name](std::string_view forbidden) { return equalIgnoreCase(name, forbidden); });
}

}  // namespace ropewalk::http
