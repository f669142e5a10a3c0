// StaticHosts: answers from /etc/hosts and from pairs of a name and an address. hosts(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ropewalk/core/async/task.h"
#include "ropewalk/core/net/dns/file_stamp.h"
#include "ropewalk/protocols/dns/name.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns {

/// A and AAAA of the names, and PTR of the addresses; a listed name asked for another type has no
/// data. Other names are passed. Answering allocates nothing.
///
///     auto hosts = std::make_shared<StaticHosts>();
///     hosts->readFile("/etc/hosts");
///     hosts->watch(reactor());
///     hosts->add("printer.home.arpa", "192.168.1.9");
class StaticHosts final : public Responder {
 public:
  /// @param ttl  seconds that others may remember an answer: as long as a change goes unnoticed
  explicit StaticHosts(std::uint32_t ttl = 60) : ttl_(ttl) {}

  /// Takes what a file says, in place of an earlier file. A PTR is the first name of its line.
  /// Lines that make no sense are passed over, and counted in the log. Throws Error when it cannot
  /// be read.
  void readFile(std::string path);
  /// Reads the file again if it has changed since. One that cannot be read then is logged, and what
  /// the last one said stays.
  void rereadIfChanged();
  /// Does that every so often.
  /// @param clock  outlives it
  void watch(Clock& clock, Duration every = std::chrono::seconds(5));

  /// Adds to what the file says. May be called often for one name. Throws FormatError when it is no
  /// name, std::invalid_argument when it is no IP literal.
  void add(std::string_view name, std::string_view address);

  Verdict respond(const Query& query, MessageWriter& answer) override;

 private:
  struct Entry {
    Type type;
    std::string data;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  struct HashName {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return static_cast<std::size_t>(wire::hashName(name, 0));  // no names of strangers in here
    }
  };
  using Table = std::unordered_map<std::string, std::vector<Entry>, HashName, std::equal_to<>>;

  [[nodiscard]] static Table parse(std::string_view text, const std::string& path);
  static bool parseLine(std::string_view line, Table& table);
  [[nodiscard]] static bool contains(const Table& table, std::string_view name,
                                     const Entry& entry) noexcept;
  static void put(Table& table, const Name& name, const Entry& entry);
  static void putPair(Table& table, const Name& name, std::string_view literal,
                      const Name& canonical);

  std::uint32_t ttl_;
  std::string path_;
  ropewalk::detail::FileStamp stamp_;
  Table file_, added_;  // by name in wire form, lower case
  std::optional<LoopingCall> watching_;
};

}  // namespace ropewalk::dns
