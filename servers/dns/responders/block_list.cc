// The set behind one pointer, made anew here or on a thread of the pool.
#include "block_list.h"

#include <string_view>
#include <utility>

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/threads/threads.h"
#include "ropewalk/servers/dns/responders/detail/negative_soa.h"

namespace ropewalk::dns {

namespace {

struct Loaded {
  std::shared_ptr<const BlockNames> names;
  BlockReport report;
};

Result<Loaded> load(const std::vector<std::string>& files) {
  auto names = std::make_shared<BlockNames>();
  BlockReport report;
  for (const std::string& file : files) {
    const Result<void> read = names->readFile(file, report);
    if (!read) return read.failure();
  }
  return Loaded{std::move(names), std::move(report)};
}

constexpr log::Logger kLog{"dns.block"};

/// 0.0.0.0 and :: for the types that were asked for.
bool writeZeros(const Query& query, std::uint32_t ttl, MessageWriter& answer) noexcept {
  constexpr std::string_view kZeros("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  const Type asked = query.view.type;
  bool any = false;
  const auto write = [&](Type type, std::size_t length) {
    if (asked != type && asked != Type::ANY) return;
    any |= answer.record(Section::answer, query.view.name(), type, Class::IN, ttl,
                         kZeros.substr(0, length));
  };
  write(Type::A, 4);
  write(Type::AAAA, 16);
  return any;
}

}  // namespace

void logReport(const BlockReport& report) {
  kLog.info("blocking {} names", report.names - report.exceptions);
  if (report.faults == 0) return;
  kLog.warn("{} line{} of block lists {} of no use{}", report.faults, report.faults == 1 ? "" : "s",
            report.faults == 1 ? "was" : "were",
            report.faults > report.firstFaults.size() ? "; the first of them:" : ":");
  for (const std::string& fault : report.firstFaults) kLog.warn("{}", fault);
}

Result<BlockReport> BlockList::reload() {
  Result<Loaded> loaded = load(files_);
  if (!loaded) return loaded.failure();
  names_ = std::move(loaded->names);
  return std::move(loaded->report);
}

Deferred<BlockReport> BlockList::reloadOnThread(Reactor& reactor) {
  return deferToThread(reactor, [files = files_] { return load(files).value(); })
      .addCallback([self = shared_from_this()](Loaded loaded) {
        self->names_ = std::move(loaded.names);
        return std::move(loaded.report);
      });
}

Verdict BlockList::respond(const Query& query, MessageWriter& answer) {
  const QueryView& view = query.view;
  if (view.klass != Class::IN && view.klass != Class::ANY) return Verdict::pass;
  const std::string_view found = names_->find(view.lowerName());
  if (found.empty()) return Verdict::pass;
  ++blocked_;
  using Answer = BlockOptions::Answer;
  if (options_.answer == Answer::refused) {
    answer.flags().rcode = Rcode::REFUSED;
    return Verdict::answered;
  }
  answer.flags().authoritative = true;
  const bool zeros = options_.answer == Answer::zeroAddress;
  if (zeros && writeZeros(query, options_.ttl, answer)) return Verdict::answered;
  if (!zeros) answer.flags().rcode = Rcode::NXDOMAIN;
  writeNegativeSoa(answer, found, options_.ttl);
  return Verdict::answered;
}

}  // namespace ropewalk::dns
