// Zones from master files. RFC 1035 §5.
#include <filesystem>
#include <optional>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/read_file.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/servers/dns/zone.h"

namespace ropewalk::dns {

namespace {

namespace fs = std::filesystem;

/// "example.test" for "zones/example.test.zone" and "db.example.test": what relative names are
/// below when nobody says.
Name originFromPath(const fs::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view ending : {".zone", ".db", ".txt"}) {
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  if (name.starts_with("db.")) name.erase(0, 3);
  auto parsed = Name::parse(name);
  return parsed ? *parsed : Name();
}

/// Feeds a builder, once the SOA said where the zone's top is.
class Intake {
 public:
  explicit Intake(const Name& origin) : origin_(origin) {}

  Result<void> add(const RecordView& record) {
    if (!builder_) {
      if (record.type != Type::SOA) {
        return Failure(FormatError("the first record of a zone must be its SOA"));
      }
      const Name apex = Name::fromWire(record.name);
      if (!origin_.isRoot() && apex != origin_) {
        return Failure(FormatError(format("the SOA is of {}, not of {}", apex, origin_)));
      }
      builder_.emplace(apex);
    }
    return builder_->add(record);
  }
  Result<std::shared_ptr<const Zone>> build() {
    if (!builder_) return Failure(FormatError("there is no record in it"));
    return builder_->build();
  }

 private:
  const Name origin_;
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
  options.origin = origin;
  options.file = file;
  return read(text, std::move(options), origin);
}

}  // namespace ropewalk::dns
