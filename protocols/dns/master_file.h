// Master files: zones as text. RFC 1035 §5, RFC 2308 §4 ($TTL), RFC 3597; $GENERATE is BIND's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "message.h"
#include "ropewalk/core/base/result.h"
#include "ropewalk/core/base/unique_function.h"

namespace ropewalk::dns {

struct MasterFileOptions {
  /// Until $ORIGIN says otherwise. Unset: relative names are an error until then.
  std::optional<Name> origin{};
  /// In seconds, of records before any $TTL. Unset: the SOA's minimum, else an error.
  std::optional<std::uint32_t> ttl{};
  std::string file = "zone";  ///< for messages
  /// Gives the text of an included file, or a Failure; unset: $INCLUDE is refused. The path is as
  /// written.
  std::function<Result<std::string>(const std::string& path)> include{};
  std::size_t maxIncludeDepth = 8;
  std::size_t maxGenerated = 1'000'000;  ///< records of one $GENERATE
};

/// One record as the reader hands it on; views die when the call returns.
struct RecordView {
  std::string_view name{};  ///< wire form, as written
  Type type{};
  Class klass = Class::IN;
  std::uint32_t ttl = 0;    ///< as written: effectiveTtl() says what it means
  std::string_view data{};  ///< wire form, uncompressed
};

/// Reads a zone, handing on each record in the order of the file; allocates nothing per record once
/// warm.
/// @param record  a Failure from it ends the reading, with the place put before its message
/// @return        the first error: "example.zone:12:9: MX: \"ten\" is no number from 0 to 65535"
Result<void> readMasterFile(std::string_view text, const MasterFileOptions& options,
                            const std::function<Result<void>(const RecordView&)>& record);

/// All of it, for small zones.
Result<std::vector<Record>> parseMasterFile(std::string_view text,
                                            const MasterFileOptions& options = MasterFileOptions());

}  // namespace ropewalk::dns
