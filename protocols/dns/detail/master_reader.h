// MasterReader: the state that the lines of a master file share, and what each kind of line does.
// RFC 1035 §5.1, RFC 2308 §4. Private to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/dns/master_file.h"
#include "words.h"

namespace ropewalk::dns::detail {

/// Finds types by their words, most of the time without going through the table of names.
class TypeCache {
 public:
  [[nodiscard]] std::optional<Type> find(std::string_view word) noexcept;

 private:
  struct Entry {
    std::array<char, 11> word{};
    std::uint8_t size = 0;
    Type type{};
  };
  std::array<Entry, 32> entries_{};
};

/// A name in wire form, in place.
class NameBuffer {
 public:
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }
  void assign(std::string_view name) noexcept { size_ = name.copy(bytes_.data(), bytes_.size()); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  std::array<char, kMaxNameLength> bytes_;
  std::size_t size_ = 0;
};

class MasterReader {
 public:
  MasterReader(const MasterFileOptions& options,
               const std::function<Result<void>(const RecordView&)>& record);

  /// Reads one file; $INCLUDE calls it again.
  Result<void> read(std::string_view text, const std::string& file);

 private:
  /// What is being read: places in its text become lines and columns.
  struct File {
    std::string_view text;
    const std::string& name;
    const char* lineEnd = nullptr;  // where the line being read ended
  };
  /// What stands between a record's name and its data.
  struct Head {
    Type type{};
    std::optional<std::uint32_t> ttl{};
    std::optional<Class> klass{};
  };

  Result<void> line(const LineScanner& scanner);
  Result<void> directive(std::span<const Word> words);
  Result<void> originDirective(std::span<const Word> words);
  Result<void> ttlDirective(std::span<const Word> words);
  Result<void> includeDirective(std::span<const Word> words);
  Result<void> generateDirective(std::span<const Word> words);

  /// Takes TTL, class and type off the front of `words`.
  Result<Head> head(std::span<const Word>& words);
  Result<void> classOrType(const Word& word, Head& head, bool& done);
  /// @param given  the words as they stand in the file: `words`, or what they were made of
  Result<void> data(const Head& head, std::span<const Word> words, std::span<const Word> given);
  Result<void> emit(const Head& head, const char* place);
  Result<std::uint32_t> ttlOf(const Head& head, const char* place);
  /// @param given  the word as it stands in the file
  Result<void> name(const Word& word, NameBuffer& to, const Word& given);
  Result<void> generate(std::uint32_t value, const Head& head, const Word& left,
                        std::span<const Word> right);
  Result<void> generateOwner(std::uint32_t value, const Word& left);
  Result<void> argumentCount(std::span<const Word> words, std::size_t least, std::size_t most,
                             std::string_view what);

  /// A FormatError at a place in the text; its line is counted only now.
  [[nodiscard]] Failure at(const char* place, std::string_view message) const;
  [[nodiscard]] Failure at(const Word& word, std::string_view message) const;

  const MasterFileOptions& options_;
  const std::function<Result<void>(const RecordView&)>& record_;
  File* file_ = nullptr;
  std::size_t depth_ = 0;
  NameBuffer origin_{};  // empty: not known, which is not the root
  NameBuffer owner_{};
  std::optional<std::uint32_t> defaultTtl_{};  // $TTL, or what stands for it
  std::optional<std::uint32_t> lastTtl_{};     // last one stated in a record
  Class class_ = Class::IN;                    // last one stated
  TypeCache types_{};
  std::string data_{};
  std::string name_{};
  std::string generatedText_{};      // of $GENERATE: the words of one record, one behind the other
  std::vector<std::size_t> cuts_{};  // where each of them ends
  std::vector<Word> generated_{};
};

}  // namespace ropewalk::dns::detail
