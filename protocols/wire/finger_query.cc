// Queries to and from their line; answers without what could play with a terminal. RFC 1288 §2.3,
// §3.3.
#include "finger_query.h"

#include <algorithm>
#include <stdexcept>

#include "ropewalk/core/base/text.h"

namespace ropewalk::wire {

namespace {

bool isControl(char c) noexcept { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool holdsControl(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), isControl);
}

}  // namespace

Result<FingerQuery> parseFingerQuery(std::string_view line) {
  if (holdsControl(line)) {
    return Failure(ProtocolError("finger query holds control characters: " + quoteBytes(line)));
  }
  FingerQuery query;
  std::string_view rest = trim(line);
  if (equalIgnoreCase(rest.substr(0, 2), "/W") && (rest.size() == 2 || rest[2] == ' ')) {
    query.verbose = true;
    rest = trim(rest.substr(2));
  }
  const std::size_t at = rest.find('@');
  query.user = trim(rest.substr(0, at));
  if (at == std::string_view::npos) return query;
  query.host = trim(rest.substr(at + 1));
  if (query.host.empty()) {
    return Failure(ProtocolError("finger query names no host after @: " + quoteBytes(line)));
  }
  return query;
}

std::string toLine(const FingerQuery& query) {
  if (holdsControl(query.user) || holdsControl(query.host)) {
    throw std::invalid_argument("finger query holds control characters: " +
                                quoteBytes(query.user + query.host));
  }
  std::string line = query.verbose ? "/W" : "";
  const bool more = !query.user.empty() || !query.host.empty();
  if (query.verbose && more) line += ' ';
  line += query.user;
  if (!query.host.empty()) line += '@' + query.host;
  return line + "\r\n";
}

std::string fingerText(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = utf8Length(text);
    // U+0080 to U+009F are control characters, too: a terminal takes U+009B for ESC [.
    const bool c1 = length == 2 && c == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
    if (c == '\n') {
      out += "\r\n";
    } else if (length == 0) {
      out += '?';
    } else if (c == '\t' || (!isControl(c) && !c1)) {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  return out;
}

}  // namespace ropewalk::wire
