// One ProcessProtocol that gathers, counts and kills; the three calls differ in
// what they make of it.

#include "process_output.h"

#include <csignal>
#include <memory>
#include <string_view>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

/// Gathers what a program says, and fires when it has ended. Dies with its process.
class Gatherer final : public ProcessProtocol {
 public:
  enum class Merge : bool { no, yes };

  Gatherer(std::string program, ProcessOutputOptions options, Merge merge)
      : program_(std::move(program)), options_(std::move(options)), merge_(merge) {}

  Deferred<ProcessOutput> output() {
    // The process outlives its Deferred: until it is reaped there is somebody to kill, and
    // afterwards the Source has fired.
    source_.onCancel([this](Source<ProcessOutput>&) { kill(); });
    return source_.deferred();
  }

  void connectionMade() override {
    transport().write(options_.input());
    options_.input({});
    transport().closeStdin();
  }
  void outReceived(std::string_view data) override { gather(output_.out, data); }
  void errReceived(std::string_view data) override {
    gather(merge_ == Merge::yes ? output_.out : output_.err, data);
  }

  void processEnded(const Failure& why) override {
    if (source_.called()) return;
    const auto* terminated = why.check<ProcessTerminated>();
    if (why.check<ProcessNotStarted>() != nullptr) return source_.errback(why);
    if (terminated != nullptr && terminated->exitCode() < 0) {
      return source_.errback({ProcessSignalled(*terminated, std::move(output_)), why});
    }
    output_.exitCode = terminated != nullptr ? terminated->exitCode() : 0;
    source_.callback(std::move(output_));
  }

 private:
  void gather(std::string& to, std::string_view data) {
    if (output_.out.size() + output_.err.size() + data.size() <= options_.limit()) {
      to += data;
      return;
    }
    kill();
    if (source_.called()) return;
    source_.errback(ProcessOutputTooLong(format(
        "the output of {} is longer than {} bytes; it was killed", program_, options_.limit())));
  }

  /// Also closes the pipes: a grandchild may hold them open for ever.
  void kill() {
    if (transport().pid() != 0) transport().signalProcess(SIGKILL);
    for (const int childFD : {0, 1, 2}) transport().pipe(childFD).abortConnection();
  }

  const std::string program_;
  ProcessOutputOptions options_;
  const Merge merge_;
  ProcessOutput output_;
  Source<ProcessOutput> source_;
};

Deferred<ProcessOutput> gather(Reactor& reactor, std::string program, Arguments args,
                               ProcessOutputOptions options, Gatherer::Merge merge) {
  SpawnOptions spawn{.program = program,
                     .args = std::move(args).words(),
                     .environment = options.environment(),
                     .directory = options.directory()};
  const auto timeout = options.timeout();
  auto gatherer = std::make_unique<Gatherer>(std::move(program), std::move(options), merge);
  Deferred<ProcessOutput> output = gatherer->output();
  try {
    reactor.spawnProcess(std::move(gatherer), std::move(spawn));
  } catch (...) {
    output.addErrback([] {});  // that its source went away says less than why
    return fail<ProcessOutput>(Failure::current());
  }
  if (timeout) output.addTimeout(*timeout, reactor);
  return output;
}

/// The beginning of what a program complained about, fit for the end of a message.
std::string complaint(std::string_view said) {
  said = trim(said);
  return said.empty() ? std::string() : ": " + quoteBytes(said);
}

Result<std::string> onlyOutput(const std::string& program, bool errortoo, ProcessOutput output) {
  if (output.exitCode != 0) {
    return Failure(
        ProcessTerminated(format("{} ended with exit code {}{}", program, output.exitCode,
                                 complaint(errortoo ? output.out : output.err)),
                          output.exitCode, 0));
  }
  if (!output.err.empty()) {
    return Failure(ProcessWroteErrors(
        format("{} wrote to its standard error{}", program, complaint(output.err))));
  }
  return std::move(output.out);
}

}  // namespace

Deferred<std::string> getProcessOutput(Reactor& reactor, std::string program, Arguments args,
                                       ProcessOutputOptions options) {
  const bool errortoo = options.errortoo();
  const auto merge = errortoo ? Gatherer::Merge::yes : Gatherer::Merge::no;
  return gather(reactor, program, std::move(args), std::move(options), merge)
      .addCallback([program, errortoo](ProcessOutput output) {
        return onlyOutput(program, errortoo, std::move(output));
      });
}

Deferred<int> getProcessValue(Reactor& reactor, std::string program, Arguments args,
                              ProcessOutputOptions options) {
  return gather(reactor, std::move(program), std::move(args), std::move(options),
                Gatherer::Merge::no)
      .addCallback([](const ProcessOutput& output) { return output.exitCode; });
}

Deferred<ProcessOutput> getProcessOutputAndValue(Reactor& reactor, std::string program,
                                                 Arguments args, ProcessOutputOptions options) {
  return gather(reactor, std::move(program), std::move(args), std::move(options),
                Gatherer::Merge::no);
}

Deferred<std::string> getProcessOutput(std::string program, Arguments args,
                                       ProcessOutputOptions options) {
  return getProcessOutput(reactor(), std::move(program), std::move(args), std::move(options));
}

Deferred<int> getProcessValue(std::string program, Arguments args, ProcessOutputOptions options) {
  return getProcessValue(reactor(), std::move(program), std::move(args), std::move(options));
}

Deferred<ProcessOutput> getProcessOutputAndValue(std::string program, Arguments args,
                                                 ProcessOutputOptions options) {
  return getProcessOutputAndValue(reactor(), std::move(program), std::move(args),
                                  std::move(options));
}

}  // namespace ropewalk
