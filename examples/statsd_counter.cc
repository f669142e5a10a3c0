// Counts what programs report in statsd's way, "name:value|c" or "name:value|c|@rate", several in a
// datagram by newlines: statsd_counter [PORT [SECONDS]]. Prints the sums every so many seconds, and
// when it ends. Try it with: echo 'logins:1|c' | nc -u -w0 127.0.0.1 8125

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "ropewalk/core/core.h"

namespace rw = ropewalk;

class Counter : public rw::DatagramProtocol {
 public:
  explicit Counter(rw::Duration interval) : interval_(interval) {}

  void startProtocol() override { reportLater(); }
  void stopProtocol() override {
    next_.clear();
    report();
  }
  /// Nobody is answered, so nobody's address is asked for.
  void received(const rw::Datagram& datagram) override {
    if (datagram.truncated) return;
    for (const std::string_view line : rw::split(datagram.data, '\n')) {
      if (!line.empty() && !count(line)) ++bad_;
    }
  }

 private:
  /// "name:value|c|@rate"
  bool count(std::string_view line) {
    const auto colon = line.find(':');
    const auto bar = line.find("|c");
    if (colon == 0 || colon > bar || bar == std::string_view::npos) return false;
    const auto value = number(line.substr(colon + 1, bar - colon - 1));
    const std::string_view rest = line.substr(bar + 2);
    const auto rate = rest.starts_with("|@") ? number(rest.substr(2)) : 1;
    if (!value || !rate || *rate <= 0 || sums_.size() > kMostNames) return false;
    sums_[std::string(line.substr(0, colon))] += *value / *rate;
    return true;
  }
  static std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }
  void reportLater() {
    next_ = transport().reactor().callLater(interval_, [this] {
      report();
      reportLater();
    });
  }
  void report() {
    for (const auto& [name, sum] : sums_) std::printf("%s %g\n", name.c_str(), sum);
    const rw::DatagramCounts counts = transport().counts();
    std::printf("# %llu datagrams, %llu dropped, %llu bad lines\n",
                static_cast<unsigned long long>(counts.received),
                static_cast<unsigned long long>(counts.droppedByKernel),
                static_cast<unsigned long long>(bad_));
    std::fflush(stdout);
    sums_.clear();
  }

  static constexpr std::size_t kMostNames = 10'000;  // strangers choose them

  rw::Duration interval_;
  rw::ScopedCall next_;
  std::map<std::string, double> sums_;
  std::uint64_t bad_ = 0;
};

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 8125;
  const auto interval = std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 10);
  const auto listening =
      rw::reactor().listenUDP(static_cast<std::uint16_t>(port), std::make_unique<Counter>(interval),
                              {.interface = "127.0.0.1", .receiveBuffer = 4 << 20});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
