// The set of files behind a mutex and a generation; each thread keeps the context it made of one.
#include "context_state.h"

#include <unordered_map>

#include "key_log.h"

namespace ropewalk::ssl::detail {

namespace {

const std::string& keyLogFile(const ContextState::Options& options) {
  return std::visit([](const auto& each) -> const std::string& { return each.keyLog; }, options);
}

TicketKeys::Now timeOf(const ContextState::Options& options) {
  const auto* server = std::get_if<ServerOptions>(&options);
  return server != nullptr ? server->now : nullptr;
}

/// A context that this thread has used.
struct Entry {
  std::weak_ptr<ContextState> state;
  std::uint64_t generation = 0;
  std::shared_ptr<ThreadContext> context;
};

std::unordered_map<const ContextState*, Entry>& entries() {
  static thread_local std::unordered_map<const ContextState*, Entry> all;
  return all;
}

}  // namespace

ContextState::ContextState(Options options)
    : options_(std::move(options)),
      handshakeTimeout_(
          std::visit([](const auto& each) { return each.handshakeTimeout; }, options_)),
      closeTimeout_(std::visit([](const auto& each) { return each.closeTimeout; }, options_)),
      tickets_(timeOf(options_)) {
  if (const std::string& file = keyLogFile(options_); !file.empty())
    keyLog_ = std::make_unique<KeyLog>(file);
  material_ = load();
}

ContextState::~ContextState() = default;

/// Whole: an OpenSSL context is made too, since it refuses more (a key below the security level).
std::shared_ptr<const Material> ContextState::load() const {
  auto material = std::visit([](const auto& each) { return loadMaterial(each); }, options_);
  auto& self = const_cast<ContextState&>(*this);  // NOLINT: the trial changes nothing
  [[maybe_unused]] const ThreadContext trial(self, material);
  return material;
}

void ContextState::reload() {
  std::shared_ptr<const Material> fresh = load();
  if (isServer() && !server().ticketKeys.empty()) tickets_.load(server().ticketKeys);
  const std::lock_guard lock(mutex_);
  material_ = std::move(fresh);
  generation_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const Material> ContextState::material() const {
  const std::lock_guard lock(mutex_);
  return material_;
}

std::vector<std::string> ContextState::files() const {
  return std::visit([](const auto& each) { return filesOf(each); }, options_);
}

std::shared_ptr<ThreadContext> ContextState::forThisThread() {
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  Entry& entry = entries()[this];
  if (entry.generation == generation && !entry.state.expired()) return entry.context;
  // Seldom: the time to forget the contexts that are gone.
  std::erase_if(entries(), [&](const auto& each) {
    return each.first != this && each.second.state.expired();
  });
  entries()[this] = {weak_from_this(), generation,
                     std::make_shared<ThreadContext>(*this, material())};
  return entries()[this].context;
}

void ContextState::countCompleted(bool resumed) noexcept {
  completed_.fetch_add(1, std::memory_order_relaxed);
  if (resumed) resumed_.fetch_add(1, std::memory_order_relaxed);
}

void ContextState::countFailed(HandshakeFailure reason) noexcept {
  failed_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
}

HandshakeCounts ContextState::counts() const noexcept {
  HandshakeCounts counts;
  counts.completed = completed_.load(std::memory_order_relaxed);
  counts.resumed = resumed_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kHandshakeFailures; ++i) {
    counts.failures[i] = failed_[i].load(std::memory_order_relaxed);
    counts.failed += counts.failures[i];
  }
  return counts;
}

}  // namespace ropewalk::ssl::detail
