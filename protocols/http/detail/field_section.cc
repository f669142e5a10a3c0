// A field section taken apart and understood as far as framing goes. RFC 9112 §5, §6.
#include "field_section.h"

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

llhttp_errno_t runLlhttp(std::string_view section, Collector& collector) noexcept {
  llhttp_t parser = behindStartLine();
  parser.data = &collector;
  const llhttp_errno_t error = llhttp_execute(&parser, section.data(), section.size());
  if (error != HPE_OK && error != HPE_PAUSED_UPGRADE) return error;
  return collector.complete ? HPE_OK : HPE_INTERNAL;
}

// llhttp has views of its own on the fields that frame a body: no HTAB behind a length, though it
// is OWS, and no list. They are readKnownFields' to judge.
bool refusesFraming(llhttp_errno_t error) noexcept {
  return error == HPE_INVALID_CONTENT_LENGTH || error == HPE_UNEXPECTED_CONTENT_LENGTH ||
         error == HPE_INVALID_TRANSFER_ENCODING;
}

// What llhttp would have found, had it not minded the framing. Checked like its answer, but for the
// bytes of values.
bool takeLines(std::string_view section, Collector& collector) noexcept {
  while (!section.starts_with("\r\n")) {
    const std::string_view line = section.substr(0, section.find('\r'));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !isFieldText(line)) return false;
    if (collector.next == collector.end) {
      collector.tooMany = true;
      return false;
    }
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && isOws(value.front())) value.remove_prefix(1);
    *collector.next++ = {line.substr(0, colon), value};
    section.remove_prefix(line.size() + 2);
  }
  return true;
}

// Has the lines of a section put into the slots of the collector.
bool collect(std::string_view section, Collector& collector) noexcept {
  FieldLine* const first = collector.next;
  const llhttp_errno_t error = runLlhttp(section, collector);
  if (!refusesFraming(error)) return error == HPE_OK;
  collector.next = first;
  return takeLines(section, collector);
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

// RFC 9112 §6.3: equal lengths may be taken for one, and servers behind servers do say theirs
// twice. In a request it means that somebody has been tampering.
const char* readContentLength(std::string_view value, Sender sender, KnownFields& known) noexcept {
  if (sender == Sender::client && known.contentLength) return "two Content-Length fields";
  for (bool more = true; more;) {
    const std::size_t comma = sender == Sender::client ? std::string_view::npos : value.find(',');
    const auto length = parseLength(trimOws(value.substr(0, comma)));
    if (!length) return "invalid Content-Length";
    if (known.contentLength.value_or(*length) != *length) return "two lengths in Content-Length";
    known.contentLength = length;
    more = comma != std::string_view::npos;
    if (more) value.remove_prefix(comma + 1);
  }
  return nullptr;
}

void readConnection(std::string_view value, KnownFields& known) noexcept {
  forEachListItem(value, [&known](std::string_view option) {
    if (equalIgnoreCase(option, "close")) known.close = true;
    if (equalIgnoreCase(option, "keep-alive")) known.keepAlive = true;
    if (equalIgnoreCase(option, "upgrade")) known.upgradeOption = true;
  });
}

// Accepts one line that says "chunked" and nothing else; in a response empty elements besides
// (RFC 9110 §5.6.1). Of what is refused, tells codings that we lack (501, RFC 9112 §6.1) from
// lengths that nobody can know (400, §6.3).
void readTransferEncoding(const FieldLines& lines, Sender sender, KnownFields& known) noexcept {
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
  if (sender == Sender::server)
    known.chunked = known.transferEncodings == 1 && items == 1 && chunkedItems == 1;
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
  const bool taken = collect(section, collector);
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

Refusal readKnownFields(const FieldLines& lines, Sender sender, KnownFields& known) noexcept {
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
        if (const char* wrong = readContentLength(line.value, sender, known)) return {400, wrong};
        break;
      case 17:
        if (nameIs(line.name, "transfer-encoding")) ++known.transferEncodings;
        break;
      default:
        break;
    }
  }
  if (known.transferEncodings > 0) readTransferEncoding(lines, sender, known);
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
