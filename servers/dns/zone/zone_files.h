// ZoneFiles: zones that are kept in master files, and loaded again when these change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/dns/responders/authority.h"

namespace ropewalk::dns {

/// What came of a reload.
struct ZoneFilesReport {
  std::size_t loaded = 0;     ///< zones that are served anew
  std::size_t unchanged = 0;  ///< files
  /// One for each file that could not be used; its old zone stays.
  std::vector<std::string> errors{};
};

/// Puts zones from files into an authority. Reading is done on a thread of the reactor's pool, so
/// questions are answered meanwhile; a zone is exchanged between two questions. A file with a
/// mistake is logged, with the place, and the zone from before stays. One thread; lives no longer
/// than the reactor.
///
///     ZoneFiles files(reactor, authority);
///     files.add("/etc/zones/example.test.zone");
///     files.load().value();  // at the start
///     files.watch(5s);       // and whenever they change
class ZoneFiles {
 public:
  ZoneFiles(Reactor& reactor, std::shared_ptr<Authority> authority)
      : reactor_(reactor), authority_(std::move(authority)) {}
  ZoneFiles(const ZoneFiles&) = delete;
  ZoneFiles& operator=(const ZoneFiles&) = delete;
  ~ZoneFiles();

  /// A file for the next load() or reload().
  /// @param origin  as for Zone::load
  void add(std::string path, Name origin = {});
  /// Loads all that is not loaded yet, here and now; of what failed, only what has changed since.
  /// @return the first error; what could be loaded is served all the same, and questions for a zone
  ///         that could not, and whose name is known, get SERVFAIL
  Result<void> load();
  /// Loads the files that changed (or whose $INCLUDEs did) since they were read. During a reload: a
  /// further one follows it, for all that ask meanwhile. The Deferred need not be looked at.
  Deferred<ZoneFilesReport> reload();
  /// Looks every `interval` whether files have changed, from now on.
  void watch(Duration interval);

 private:
  /// What tells one version of a file from another.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // nanoseconds
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Source {
    std::string path;
    std::optional<Stamp> stamp;  // nothing: cannot be looked at
  };
  struct File {
    std::string path;
    Name origin{};
    std::vector<Source> sources{};  // the file and what it includes, when they were read
    bool failed = true;             // or was not read yet
    Authority::ZonePointer zone{};
  };
  struct Loaded {
    std::vector<Source> sources{};
    Result<Authority::ZonePointer> zone = Authority::ZonePointer();
    bool same = false;  // as the one before
  };

  static std::optional<Stamp> stampOf(const std::string& path);
  static bool changed(const File& file);
  static Loaded read(const std::string& path, const Name& origin,
                     const Authority::ZonePointer& before);
  /// @return whether a zone was put
  Result<bool> take(File& file, Loaded loaded);
  Result<bool> use(File& file, Loaded loaded);
  void begin();
  void step();
  void taken(File& file, Result<Loaded> loaded);
  void look();

  Reactor& reactor_;
  const std::shared_ptr<Authority> authority_;
  std::vector<std::unique_ptr<File>> files_;
  std::size_t next_ = 0;  // of files_, while reloading
  bool reloading_ = false;
  ZoneFilesReport report_;
  std::vector<ropewalk::Source<ZoneFilesReport>> waiting_;  // for the reload under way
  std::vector<ropewalk::Source<ZoneFilesReport>> queued_;   // for the one after it
  Duration interval_{};
  ScopedCall watch_;
  Lifetime lifetime_;
};

}  // namespace ropewalk::dns
