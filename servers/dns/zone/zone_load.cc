// Zones from master files. RFC 1035 §5.
#include <filesystem>
#include <optional>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/read_file.h"
#include "ropewalk/protocols/dns/errors.h"
#include "zone.h"
#include "zone_changes.h"

namespace ropewalk::dns {

namespace {

namespace fs = std::filesystem;

/// The root stands for nobody's saying: it is no origin of relative names unless $ORIGIN says so.
std::optional<Name> known(const Name& origin) {
  return origin.isRoot() ? std::nullopt : std::optional(origin);
}

/// "example.test" for "zones/example.test.zone" and "db.example.test": what relative names are
/// below when nobody says. Nothing where that is no name.
std::optional<Name> originFromPath(const fs::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view ending : {".zone", ".db", ".txt"}) {
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  if (name.starts_with("db.")) name.erase(0, 3);
  auto parsed = Name::parse(name);
  return parsed ? known(*parsed) : std::nullopt;
}

/// Feeds a builder. The order of records means nothing (RFC 1035 §5.1): what comes before the SOA,
/// which says where the zone's top is, is kept until it has come.
class Intake {
 public:
  explicit Intake(const Name& origin) : origin_(origin) {}

  Result<void> add(const RecordView& record) {
    if (builder_) return builder_->add(record);
    if (record.type == Type::SOA) return begin(record);
    early_.add(record);
    return ZoneBuilder::fits(record);
  }
  Result<std::shared_ptr<const Zone>> build() {
    if (builder_) return builder_->build();
    return Failure(FormatError(early_.count() == 0 ? "there is no record in it"
                                                   : "there is no SOA record in it"));
  }

 private:
  Result<void> begin(const RecordView& soa) {
    const Name apex = Name::fromWire(soa.name);
    if (!origin_.isRoot() && apex != origin_) {
      return Failure(FormatError(format("the SOA is of {}, not of {}", apex, origin_)));
    }
    builder_.emplace(apex);
    RecordView record;
    for (std::size_t at = 0; early_.next(at, record);) {
      if (auto added = builder_->add(record); !added) return added;
    }
    early_ = {};
    return builder_->add(soa);
  }

  const Name origin_;
  PackedRecords early_{};
  std::optional<ZoneBuilder> builder_;
};

Result<std::shared_ptr<const Zone>> read(std::string_view text, MasterFileOptions options,
                                         const Name& origin) {
  Intake intake(origin);
  auto done =
      readMasterFile(text, options, [&](const RecordView& record) { return intake.add(record); });
  if (!done) return done.failure();
  auto zone = intake.build();
  if (zone) return zone;
  return Failure(FormatError(format("{}: {}", options.file, zone.failure().getErrorMessage())));
}

}  // namespace

Result<std::shared_ptr<const Zone>> Zone::load(const std::string& path, const Name& origin,
                                               std::vector<std::string>* files) {
  if (files != nullptr) files->push_back(path);
  auto text = readFile(path);
  if (!text) return text.failure();
  MasterFileOptions options;
  options.origin = origin.isRoot() ? originFromPath(path) : origin;
  options.file = path;
  options.include = [directory = fs::path(path).parent_path(), files](const std::string& name) {
    const std::string included = (directory / name).string();
    if (files != nullptr) files->push_back(included);
    return readFile(included);
  };
  return read(*text, std::move(options), origin);
}

Result<std::shared_ptr<const Zone>> Zone::parse(std::string_view text, const Name& origin,
                                                const std::string& file) {
  MasterFileOptions options;
  options.origin = known(origin);
  options.file = file;
  return read(text, std::move(options), origin);
}

}  // namespace ropewalk::dns
