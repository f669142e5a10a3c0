#include "ropewalk/core/base/metrics.h"

#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "ropewalk/core/base/format.h"
#include "tests/catch.h"

using namespace ropewalk;
using namespace std::chrono_literals;

namespace {

/// Writes a report down, one line a call.
struct Lines : MetricsVisitor {
  void family(const Family& family) override {
    static constexpr const char* kKinds[] = {"counter", "gauge", "histogram"};
    lines.push_back(format("{} {} [{}] {}", kKinds[static_cast<int>(family.kind)], family.name,
                           family.unit, family.help));
  }
  void counter(const MetricLabels& labels, std::uint64_t value) override {
    lines.push_back(format("{} {}", text(labels), value));
  }
  void gauge(const MetricLabels& labels, double value) override {
    lines.push_back(format("{} {}", text(labels), value));
  }
  void histogram(const MetricLabels& labels, const HistogramCounts& counts) override {
    lines.push_back(format("{} {} in {}", text(labels), counts.count(), counts.sum()));
  }
  static std::string text(const MetricLabels& labels) {
    std::string all = "{";
    for (const auto& [name, value] : labels) all += name + "=" + value + ";";
    return all + "}";
  }

  std::vector<std::string> lines;
};

using Strings = std::vector<std::string>;

Strings linesOf(const Metrics& metrics) {
  Lines lines;
  metrics.visit(lines);
  return lines.lines;
}

/// The bucket that has one value more than before.
template <class H, class V>
std::size_t bucketOf(V value) {
  H histogram;
  histogram.observe(value);
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    if (histogram.counts()[i] == 1) return i;
  }
  return 99;
}

}  // namespace

TEST_CASE("a Counter counts, a Gauge goes up and down") {
  Counter counter;
  ++counter;
  counter += 41;
  CHECK(counter == 42);
  Gauge gauge;
  ++gauge;
  gauge += 3;
  --gauge;
  gauge -= 0.5;
  CHECK(gauge == 2.5);
  gauge.set(-1);
  CHECK(gauge == -1.0);
}

TEST_CASE("a Histogram has the bounds 10 µs to 100 s in steps of 1, 2, 5") {
  const Histogram histogram;
  REQUIRE(histogram.counts().size() == 23);
  CHECK(histogram.bound(0) == 10e-6);
  CHECK(histogram.bound(1) == 20e-6);
  CHECK(histogram.bound(2) == 50e-6);
  CHECK(histogram.bound(9) == 0.01);
  CHECK(histogram.bound(21) == 100.0);
  CHECK(histogram.bound(22) == std::numeric_limits<double>::infinity());
  CHECK(histogram.unit() == "seconds");
}

TEST_CASE("a value that is a bound belongs to the bucket that it ends, one more to the next") {
  const Histogram durations;
  for (std::size_t i = 0; i + 1 < durations.counts().size(); ++i) {
    const std::chrono::nanoseconds bound(static_cast<std::int64_t>(durations.bound(i) * 1e9 + 0.5));
    CAPTURE(i, bound.count());
    CHECK(bucketOf<Histogram>(bound) == i);
    CHECK(bucketOf<Histogram>(bound + 1ns) == i + 1);
  }
  const SizeHistogram sizes;
  REQUIRE(sizes.counts().size() == 14);
  for (std::size_t i = 0; i + 1 < sizes.counts().size(); ++i) {
    const auto bound = static_cast<std::uint64_t>(sizes.bound(i));
    CHECK(bound == std::uint64_t{64} << (2 * i));
    CHECK(bucketOf<SizeHistogram>(bound) == i);
    CHECK(bucketOf<SizeHistogram>(bound + 1) == i + 1);
  }
}

TEST_CASE("every value has the bucket that a search through the bounds gives") {
  const Histogram histogram;
  std::int64_t value = 0;
  for (int i = 0; i < 5000; ++i, value += value / 64 + 1) {
    std::size_t expected = 0;
    while (static_cast<double>(value) > histogram.bound(expected) * 1e9 + 0.001) ++expected;
    if (bucketOf<Histogram>(std::chrono::nanoseconds(value)) != expected) FAIL(value);
    if (value > std::int64_t{1} << 60) break;
  }
}

TEST_CASE("the least and the greatest values have a bucket, negative times count as none") {
  CHECK(bucketOf<Histogram>(0ns) == 0);
  CHECK(bucketOf<Histogram>(-5ns) == 0);
  CHECK(bucketOf<Histogram>(std::chrono::nanoseconds::max()) == 22);
  CHECK(bucketOf<SizeHistogram>(std::numeric_limits<std::uint64_t>::max()) == 13);
  Histogram histogram;
  histogram.observe(-5ns);
  CHECK(histogram.sum() == 0);
}

TEST_CASE("a Histogram knows how many values there were, and their sum in its unit") {
  Histogram histogram;
  histogram.observe(250ms);
  histogram.observe(1s);
  CHECK(histogram.count() == 2);
  CHECK(histogram.sum() == 1.25);
}

TEST_CASE("a report is visited by name and then by labels") {
  Metrics metrics;
  SizeHistogram sizes;
  sizes.observe(100);
  metrics.counter("b", "second", 2, {{"status", "5xx"}});
  metrics.counter("b", "second", 1, {{"status", "2xx"}});
  metrics.gauge("c", "third", 1.5);
  metrics.histogram("a_bytes", "first", sizes, {{"to", "us"}, {"from", "them"}});
  CHECK(linesOf(metrics) == Strings{"histogram a_bytes [bytes] first",
                                    "{from=them;to=us;} 1 in 100", "counter b [] second",
                                    "{status=2xx;} 1", "{status=5xx;} 2", "gauge c [] third",
                                    "{} 1.5"});
}

TEST_CASE("what is reported twice is added up, a gauge as it says") {
  Metrics metrics;
  for (const double value : {3, 7, 5}) {
    metrics.counter("n", "", static_cast<std::uint64_t>(value));
    metrics.gauge("open", "", value);
    metrics.gauge("serial", "", value, {}, Metrics::Merging::greatest);
  }
  CHECK(linesOf(metrics) ==
        Strings{"counter n [] ", "{} 15", "gauge open [] ", "{} 15", "gauge serial [] ", "{} 7"});
}

TEST_CASE("merge adds the numbers of another worker, and gives them labels") {
  Histogram slow;
  slow.observe(2s);
  Metrics one;
  one.counter("n", "hits", 1, {{"status", "2xx"}});
  one.histogram("t_seconds", "", slow);
  Metrics all;
  for (int worker = 0; worker < 3; ++worker) all.merge(one, {{"service", "web"}});
  CHECK(linesOf(all) == Strings{"counter n [] hits", "{service=web;status=2xx;} 3",
                                "histogram t_seconds [seconds] ", "{service=web;} 3 in 6"});
}

TEST_CASE("a label that a number has already is kept in a merge") {
  Metrics one;
  one.counter("n", "", 1, {{"service", "inner"}});
  Metrics all;
  all.merge(one, {{"service", "outer"}});
  CHECK(linesOf(all).at(1) == "{service=inner;} 1");
}

TEST_CASE("a report is merged into itself without harm") {
  Metrics metrics;
  metrics.counter("n", "", 2);
  metrics.merge(metrics);
  CHECK(linesOf(metrics).at(1) == "{} 4");
}

TEST_CASE("names and labels that OpenMetrics does not know are refused") {
  Metrics metrics;
  for (const char* bad : {"", "9lives", "with-dash", "with blank", "n_total", "ä"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(metrics.counter(bad, "", 1), std::invalid_argument);
  }
  for (const char* bad : {"", "9", "le", "__x", "a:b"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(metrics.counter("n", "", 1, {{bad, "v"}}), std::invalid_argument);
  }
  CHECK_THROWS_AS(metrics.histogram("t", "", Histogram()), std::invalid_argument);
  CHECK_THROWS_AS(metrics.histogram("t_bytes", "", Histogram()), std::invalid_argument);
  CHECK_NOTHROW(metrics.counter("ns:_n9", "", 1, {{"_l9", "any \"text\"\n"}}));
}

TEST_CASE("one name is of one kind and unit") {
  Metrics metrics;
  metrics.counter("n", "", 1);
  CHECK_THROWS_AS(metrics.gauge("n", "", 1), std::logic_error);
  metrics.gauge("g", "", 1);
  CHECK_THROWS_AS(metrics.gauge("g", "", 1, {}, Metrics::Merging::greatest), std::logic_error);
  Histogram times;
  CHECK_THROWS_AS(times.add(SizeHistogram()), std::logic_error);
}
