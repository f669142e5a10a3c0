// $ORIGIN, $TTL and $INCLUDE. RFC 1035 §5.1, RFC 2308 §4.
#include <array>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/detail/master_reader.h"
#include "ropewalk/protocols/dns/detail/presentation.h"

namespace ropewalk::dns::detail {

Result<void> MasterReader::directive(std::span<const Word> words) {
  const std::string_view name = words[0].text;
  if (equalIgnoreCase(name, "$ORIGIN")) return originDirective(words);
  if (equalIgnoreCase(name, "$TTL")) return ttlDirective(words);
  if (equalIgnoreCase(name, "$INCLUDE")) return includeDirective(words);
  if (equalIgnoreCase(name, "$GENERATE")) return generateDirective(words);
  return at(words[0], format("{} is no directive: there are $ORIGIN, $TTL, $INCLUDE and $GENERATE",
                             quoteBytes(name)));
}

Result<void> MasterReader::argumentCount(std::span<const Word> words, std::size_t least,
                                         std::size_t most, std::string_view what) {
  const std::size_t count = words.size() - 1;
  if (count < least) return at(file_->lineEnd, format("{} needs {}", words[0].text, what));
  if (count > most) {
    return at(words[most + 1], format("{} takes only {}, not {}", words[0].text, what,
                                      quoteBytes(words[most + 1].text)));
  }
  return {};
}

Result<void> MasterReader::originDirective(std::span<const Word> words) {
  if (auto fits = argumentCount(words, 1, 1, "a domain name"); !fits) return fits;
  return name(words[1], origin_, words[1]);
}

Result<void> MasterReader::ttlDirective(std::span<const Word> words) {
  if (auto fits = argumentCount(words, 1, 1, "a number of seconds"); !fits) return fits;
  const auto ttl = parseSeconds(words[1].text);
  if (!ttl) {
    return at(words[1], format("{} is no TTL from 0 to 4294967295", quoteBytes(words[1].text)));
  }
  defaultTtl_ = ttl;
  return {};
}

Result<void> MasterReader::includeDirective(std::span<const Word> words) {
  if (auto fits = argumentCount(words, 1, 2, "a file and an origin"); !fits) return fits;
  if (!options_.include) return at(words[1], "$INCLUDE is not allowed here");
  if (depth_ == options_.maxIncludeDepth) {
    return at(words[1], format("files include each other more than {} deep", depth_));
  }
  std::string path;
  if (const auto wrong = appendUnescaped(words[1].text, path)) {
    return at(words[1], format("{} is no path: {}", quoteBytes(words[1].text), *wrong));
  }
  if (path.find('\0') != std::string::npos) {
    return at(words[1], format("{} is no path: it has a zero byte", quoteBytes(words[1].text)));
  }
  const NameBuffer origin = origin_;
  const NameBuffer owner = owner_;
  if (words.size() == 3) {
    if (auto done = name(words[2], origin_, words[2]); !done) return done;
  }
  const auto text = options_.include(path);
  if (!text) return at(words[1], text.failure().getErrorMessage());
  ++depth_;
  if (auto done = read(*text, path); !done) return done;
  --depth_;
  // RFC 1035 §5.1: the origin of the file around it stays what it was; so does, with BIND, the name
  // that a blank stands for.
  origin_ = origin;
  owner_ = owner;
  return {};
}

}  // namespace ropewalk::dns::detail
