// Master files, record by record. RFC 1035 §5.1, RFC 2308 §4, RFC 3597 §5.
#include "master_file.h"

#include <algorithm>
#include <cstring>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/detail/master_reader.h"
#include "ropewalk/protocols/dns/detail/presentation.h"
#include "ropewalk/protocols/dns/detail/rdata_parser.h"

namespace ropewalk::dns {

namespace detail {

std::optional<Type> TypeCache::find(std::string_view word) noexcept {
  if (word.empty() || word.size() > sizeof(Entry::word)) return parseType(word);
  const std::size_t slot = word.size() * 7 + static_cast<unsigned char>(word.front()) +
                           static_cast<unsigned char>(word.back()) * 3U;
  Entry& entry = entries_[slot % entries_.size()];
  if (entry.size == word.size() && std::memcmp(entry.word.data(), word.data(), word.size()) == 0) {
    return entry.type;
  }
  const auto type = parseType(word);
  if (!type) return std::nullopt;
  entry.size = static_cast<std::uint8_t>(word.copy(entry.word.data(), entry.word.size()));
  entry.type = *type;
  return type;
}

MasterReader::MasterReader(const MasterFileOptions& options,
                           const std::function<Result<void>(const RecordView&)>& record)
    : options_(options), record_(record), defaultTtl_(options.ttl) {
  if (options.origin) origin_.assign(options.origin->wire());
}

Failure MasterReader::at(const char* place, std::string_view message) const {
  const std::string_view before(file_->text.data(),
                                static_cast<std::size_t>(place - file_->text.data()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t lineStart = before.rfind('\n') + 1;  // npos + 1 is 0
  return FormatError(
      format("{}:{}:{}: {}", file_->name, line, before.size() - lineStart + 1, message));
}

Failure MasterReader::at(const Word& word, std::string_view message) const {
  return at(word.text.data() - (word.quoted ? 1 : 0), message);
}

Result<void> MasterReader::read(std::string_view text, const std::string& file) {
  File here{text, file};
  File* const outer = file_;
  file_ = &here;
  LineScanner scanner(text);
  for (;;) {
    switch (scanner.next()) {
      case LineScanner::Outcome::end:
        file_ = outer;
        return {};
      case LineScanner::Outcome::error:
        return at(scanner.place(), scanner.complaint());
      case LineScanner::Outcome::line:
        break;
    }
    here.lineEnd = scanner.place();
    if (auto done = line(scanner); !done) return done;
  }
}

Result<void> MasterReader::line(const LineScanner& scanner) {
  auto words = scanner.words();
  if (!scanner.startsBlank()) {
    if (words[0].text.starts_with('$') && !words[0].quoted) return directive(words);
    if (auto done = name(words[0], owner_, words[0]); !done) return done;
    words = words.subspan(1);
  } else if (owner_.empty()) {
    return at(words[0], "the first record of a zone needs a name");
  }
  const auto parsed = head(words);
  if (!parsed) return parsed.failure();
  return data(*parsed, words, words);
}

Result<void> MasterReader::name(const Word& word, NameBuffer& to, const Word& given) {
  name_.clear();
  if (const auto wrong = appendName(word.text, origin_.view(), name_)) {
    return at(given, format("{} is no domain name: {}", quoteBytes(word.text), *wrong));
  }
  to.assign(name_);
  return {};
}

Result<MasterReader::Head> MasterReader::head(std::span<const Word>& words) {
  Head head;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    if (!word.quoted && isDigit(word.text[0])) {
      if (head.ttl) return at(word, format("{} is a second TTL", quoteBytes(word.text)));
      head.ttl = parseSeconds(word.text);
      if (!head.ttl) {
        return at(word, format("{} is no TTL from 0 to 4294967295", quoteBytes(word.text)));
      }
      continue;
    }
    bool done = false;
    if (const auto fits = classOrType(word, head, done); !fits) return fits.failure();
    if (!done) continue;
    words = words.subspan(i + 1);
    return head;
  }
  return at(file_->lineEnd, "a type of record is missing");
}

Result<void> MasterReader::classOrType(const Word& word, Head& head, bool& done) {
  const std::string_view text = word.quoted ? std::string_view() : word.text;
  if (!equalIgnoreCase(text, "IN")) {
    if (const auto type = types_.find(text)) {
      if (isMetaType(*type)) return at(word, format("{} is no type that a zone can hold", *type));
      head.type = *type;
      done = true;
      return {};
    }
  }
  const auto klass = parseClass(text);
  if (!klass) {
    return at(word, format("{} is no type, no class and no TTL", quoteBytes(word.text)));
  }
  if (*klass == Class::ANY || *klass == Class::NONE) {
    return at(word, format("{} is no class that a zone can have", *klass));
  }
  if (head.klass) return at(word, format("{} is a second class", quoteBytes(word.text)));
  head.klass = klass;
  return {};
}

Result<void> MasterReader::data(const Head& head, std::span<const Word> words,
                                std::span<const Word> given) {
  data_.clear();
  RdataParser parser(head.type, words, origin_.view(), data_);
  if (const auto parsed = parser.parse(); !parsed) {
    const std::string message = parsed.failure().getErrorMessage();
    if (parser.at() >= words.size()) return at(file_->lineEnd, message);
    return at(given[std::min(parser.at(), given.size() - 1)], message);
  }
  return emit(head, given.empty() ? file_->lineEnd : given[0].text.data());
}

Result<void> MasterReader::emit(const Head& head, const char* place) {
  class_ = head.klass.value_or(class_);
  auto ttl = ttlOf(head, place);
  if (!ttl) return ttl.failure();
  auto done = record_({owner_.view(), head.type, class_, *ttl, data_});
  if (done) return done;
  return at(place, done.failure().getErrorMessage());
}

/// What the record says; else $TTL; else what the last one said (RFC 1035 §5.1); else, for want of
/// anything better, the SOA's minimum, as it was before RFC 2308.
Result<std::uint32_t> MasterReader::ttlOf(const Head& head, const char* place) {
  if (head.ttl) {
    lastTtl_ = head.ttl;
    return *head.ttl;
  }
  if (defaultTtl_) return *defaultTtl_;
  if (lastTtl_) return *lastTtl_;
  if (head.type != Type::SOA) return at(place, "there is no TTL, and no $TTL before");
  defaultTtl_ = static_cast<std::uint32_t>(numberAt(data_, data_.size() - 4, 4));
  return *defaultTtl_;
}

}  // namespace detail

Result<void> readMasterFile(std::string_view text, const MasterFileOptions& options,
                            const std::function<Result<void>(const RecordView&)>& record) {
  detail::MasterReader reader(options, record);
  return reader.read(text, options.file);
}

Result<std::vector<Record>> parseMasterFile(std::string_view text,
                                            const MasterFileOptions& options) {
  std::vector<Record> records;
  const auto read =
      readMasterFile(text, options, [&records](const RecordView& view) -> Result<void> {
        records.push_back({Name::fromWire(view.name), view.type, view.klass, effectiveTtl(view.ttl),
                           std::string(view.data)});
        return {};
      });
  if (!read) return read.failure();
  return records;
}

}  // namespace ropewalk::dns
