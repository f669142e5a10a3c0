// BlockList: names that are answered with "no" without asking further.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "block_names.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns {

struct BlockOptions {
  enum class Answer : std::uint8_t {
    /// There is no such name.
    nxdomain,
    /// 0.0.0.0 and ::, and no data for other types: for clients that take NXDOMAIN as a reason to
    /// ask elsewhere.
    zeroAddress,
    refused,
  };
  Answer answer = Answer::nxdomain;
  std::uint32_t ttl = 300;  ///< seconds that others may remember the answer
};

/// Answers questions for listed names, and for all below them; passes everything else. Answering
/// allocates nothing. Lists are exchanged as a whole: a question sees the old ones or the new ones.
///
///     auto block = std::make_shared<BlockList>();
///     block->addFile("/etc/ropewalk/ads.txt");
///     const BlockReport report = block->reload().value();
///     logReport(report);
class BlockList final : public Responder, public std::enable_shared_from_this<BlockList> {
 public:
  explicit BlockList(BlockOptions options = BlockOptions())
      : options_(options), names_(std::make_shared<BlockNames>()) {}

  /// A list for the next reload().
  void addFile(std::string path) { files_.push_back(std::move(path)); }
  /// Reads all lists anew. If one cannot be read, the names stay as they were.
  Result<BlockReport> reload();
  /// The same on a thread of the reactor's pool, for lists that take longer than a question may
  /// wait: about half a second for a million names. Held by shared_ptr only.
  [[nodiscard]] Deferred<BlockReport> reloadOnThread(Reactor& reactor);
  /// Takes names that were made elsewhere.
  void use(std::shared_ptr<const BlockNames> names) noexcept { names_ = std::move(names); }

  [[nodiscard]] const BlockNames& names() const noexcept { return *names_; }
  /// Questions that were answered here.
  [[nodiscard]] std::uint64_t blocked() const noexcept { return blocked_; }

  Verdict respond(const Query& query, MessageWriter& answer) override;

 private:
  BlockOptions options_;
  std::vector<std::string> files_;
  std::shared_ptr<const BlockNames> names_;
  std::uint64_t blocked_ = 0;
};

/// How many names are blocked; and, as warnings, how many lines were of no use, and the first of
/// these.
void logReport(const BlockReport& report);

}  // namespace ropewalk::dns
