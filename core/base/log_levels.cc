// Which events are wanted: levels by module name.

#include <array>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>

#include "log.h"
#include "text.h"

namespace ropewalk::log {

namespace detail {
std::atomic<std::uint32_t> levelsGeneration{1};
}

namespace {

constexpr std::array<std::string_view, 7> kLevelNames = {"trace", "debug",    "info", "warn",
                                                         "error", "critical", "off"};

struct Levels {
  Level fallback = Level::info;
  std::map<std::string, Level, std::less<>> modules;
};

std::optional<Level> parseLevel(std::string_view word) {
  if (equalIgnoreCase(word, "warning")) return Level::warn;
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (equalIgnoreCase(word, kLevelNames[i])) return static_cast<Level>(i);
  }
  return std::nullopt;
}

Level levelNamed(std::string_view word, std::string_view all) {
  if (const auto level = parseLevel(word)) return *level;
  std::string message =
      format("cannot set log levels {}: unknown level {}; ", quoteBytes(all), quoteBytes(word));
  if (const auto near = nearest(word, kLevelNames); !near.empty()) {
    message += format("did you mean \"{}\"?", near);
  } else {
    message += "use trace, debug, info, warn, error, critical or off";
  }
  throw BadLevelsError(message);
}

Levels parseLevels(std::string_view text) {
  Levels levels;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view rule = trim(part);
    if (rule.empty()) continue;
    const std::size_t equals = rule.find('=');
    if (equals == std::string_view::npos) {
      levels.fallback = levelNamed(rule, text);
    } else {
      levels.modules.insert_or_assign(std::string(trim(rule.substr(0, equals))),
                                      levelNamed(trim(rule.substr(equals + 1)), text));
    }
  }
  return levels;
}

// Never destroyed: destructors of static objects may log.
struct Table {
  std::mutex mutex;
  Levels levels;
  std::string complaint;  // what was wrong with ROPEWALK_LOG; said once

  Table() {
    const char* const wanted = std::getenv("ROPEWALK_LOG");
    if (wanted == nullptr) return;
    try {
      levels = parseLevels(wanted);
    } catch (const BadLevelsError& error) {
      complaint = error.what();
    }
  }
};

Table& table() {
  static Table& instance = *new Table;
  return instance;
}

void complainOnce() {
  std::string complaint;
  {
    const std::lock_guard lock(table().mutex);
    complaint.swap(table().complaint);
  }
  if (!complaint.empty()) warn("ROPEWALK_LOG: {}", complaint);
}

Level thresholdOf(const Levels& levels, std::string_view module) {
  while (!module.empty()) {
    if (const auto found = levels.modules.find(module); found != levels.modules.end())
      return found->second;
    const std::size_t dot = module.rfind('.');
    module = dot == std::string_view::npos ? std::string_view() : module.substr(0, dot);
  }
  return levels.fallback;
}

template <class Change>
void change(const Change& apply) {
  const std::lock_guard lock(table().mutex);
  apply(table().levels);
  detail::levelsGeneration.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

std::string_view toText(Level level) noexcept {
  return kLevelNames[std::min<std::size_t>(static_cast<std::size_t>(level),
                                           kLevelNames.size() - 1)];
}

Level Logger::look() const noexcept {
  try {
    Level threshold{};
    {
      const std::lock_guard lock(table().mutex);
      threshold = thresholdOf(table().levels, module_);
      const std::uint32_t generation = detail::levelsGeneration.load(std::memory_order_relaxed);
      known_.store(generation << kLevelBits | static_cast<std::uint32_t>(threshold),
                   std::memory_order_relaxed);
    }
    complainOnce();
    return threshold;
  } catch (...) {  // out of memory at the first use
    return Level::info;
  }
}

void setLevels(std::string_view levels) {
  Levels parsed = parseLevels(levels);
  change([&](Levels& current) { std::swap(current, parsed); });
}

void setLevel(std::string_view module, Level level) {
  change([&](Levels& current) {
    if (module.empty()) {
      current.fallback = level;
    } else {
      current.modules.insert_or_assign(std::string(module), level);
    }
  });
}

std::string levels() {
  const std::lock_guard lock(table().mutex);
  std::string text(toText(table().levels.fallback));
  for (const auto& [module, level] : table().levels.modules)
    text += format(",{}={}", module, level);
  return text;
}

}  // namespace ropewalk::log
