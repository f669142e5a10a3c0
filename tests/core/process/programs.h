// What the process tests share: a protocol that records, and ways to start one.
#pragma once

#include "ropewalk/core/net/process/process.h"
#include "ropewalk/core/net/process/process_output.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/net/world.h"

namespace ropewalk {

/// Writes down what happens to a process; outlives it.
struct ProcessRecord {
  std::vector<std::string> events;
  std::map<int, std::string> received;
  std::optional<Failure> exited;
  std::optional<Failure> ended;
  std::function<void(ProcessTransport&)> onMade;
  std::function<void(int, std::string_view)> onData;

  [[nodiscard]] bool has(const std::string& event) const {
    return std::find(events.begin(), events.end(), event) != events.end();
  }
};

struct ProcessRecorder : ProcessProtocol {
  explicit ProcessRecorder(ProcessRecord& record) : record(record) {}

  void connectionMade() override {
    record.events.emplace_back("made");
    if (record.onMade) record.onMade(transport());
  }
  void childDataReceived(int childFD, std::string_view data) override {
    record.received[childFD] += data;
    if (record.onData) record.onData(childFD, data);
  }
  void childConnectionLost(int childFD) override {
    record.events.push_back("lost " + std::to_string(childFD));
  }
  void processExited(const Failure& reason) override {
    record.events.emplace_back("exited");
    record.exited = reason;
  }
  void processEnded(const Failure& reason) override {
    record.events.emplace_back("ended");
    record.ended = reason;
  }

  ProcessRecord& record;
};

/// A shell script.
inline SpawnOptions sh(const std::string& script) {
  return {.program = "/bin/sh", .args = {"-c", script}};
}

inline Handle<ProcessTransport> spawn(World& world, ProcessRecord& record, SpawnOptions options) {
  return world.reactor.spawnProcess(std::make_unique<ProcessRecorder>(record), std::move(options));
}

/// Starts a program and turns the reactor until it has ended.
inline void runToEnd(World& world, ProcessRecord& record, SpawnOptions options) {
  spawn(world, record, std::move(options));
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
}

/// What a program says on its standard output.
inline std::string outputOf(World& world, SpawnOptions options) {
  ProcessRecord record;
  runToEnd(world, record, std::move(options));
  return record.received[1];
}

}  // namespace ropewalk
