// Metrics: counters, gauges and histograms of a program, and the report that they are put into.
// OpenMetrics 1.0, prometheus.io/docs/specs/om/open_metrics_spec.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ropewalk {

/// How often something happened. A plain number of one thread, as all of these are: each worker
/// counts for itself, and Metrics::merge adds up.
class Counter {
 public:
  Counter& operator++() noexcept { return *this += 1; }
  Counter& operator+=(std::uint64_t more) noexcept {
    value_ += more;
    return *this;
  }
  operator std::uint64_t() const noexcept { return value_; }  // NOLINT(google-explicit-constructor)

 private:
  std::uint64_t value_ = 0;
};

/// How much there is of something now. Whole numbers are exact up to 2^53.
class Gauge {
 public:
  Gauge& operator++() noexcept { return *this += 1; }
  Gauge& operator--() noexcept { return *this -= 1; }
  Gauge& operator+=(double more) noexcept { return set(value_ + more); }
  Gauge& operator-=(double less) noexcept { return set(value_ - less); }
  Gauge& set(double value) noexcept {
    value_ = value;
    return *this;
  }
  operator double() const noexcept { return value_; }  // NOLINT(google-explicit-constructor)

 private:
  double value_ = 0;
};

namespace detail {

constexpr std::size_t kMostBuckets = 24;

/// Where the buckets of a histogram end. Each bound is at least twice the one before, so that an
/// octave holds one at most, and the bucket of a value is found by its bit width and one compare.
struct Buckets {
  std::string_view unit;
  double perUnit = 1;
  std::size_t size = 0;                              // of bounds; the last bucket has none
  std::array<std::uint64_t, kMostBuckets> bounds{};  // inclusive
  std::array<std::uint8_t, 65> first{};  // by bit width: the bucket of the least such value

  [[nodiscard]] constexpr std::size_t of(std::uint64_t value) const noexcept {
    const std::size_t at = first[std::bit_width(value)];
    return at + static_cast<std::size_t>(at < size && value > bounds[at]);
  }
  constexpr void add(std::uint64_t bound) noexcept { bounds[size++] = bound; }
  constexpr void finish() noexcept {
    for (std::size_t width = 0; width < first.size(); ++width) {
      const std::uint64_t least = width == 0 ? 0 : std::uint64_t{1} << (width - 1);
      while (first[width] < size && bounds[first[width]] < least) ++first[width];
    }
  }
};

/// 10 µs to 100 s in steps of 1, 2, 5, in nanoseconds: what people aim at ("99 % within 50 ms") is
/// a bound, and a quantile read off is wrong by less than the factor of a step.
constexpr Buckets durationBuckets() noexcept {
  Buckets buckets{.unit = "seconds", .perUnit = 1e9};
  constexpr std::uint64_t kLongest = 100'000'000'000;
  for (std::uint64_t decade = 10'000; decade < kLongest; decade *= 10) {
    for (const std::uint64_t step : {1, 2, 5}) buckets.add(decade * step);
  }
  buckets.add(kLongest);
  buckets.finish();
  return buckets;
}

/// 64 B to 1 GiB in powers of four: sizes spread over more decades than times do.
constexpr Buckets sizeBuckets() noexcept {
  Buckets buckets{.unit = "bytes"};
  for (std::uint64_t bound = 64; bound <= std::uint64_t{1} << 30; bound *= 4) buckets.add(bound);
  buckets.finish();
  return buckets;
}

inline constexpr Buckets kDurationBuckets = durationBuckets();
inline constexpr Buckets kSizeBuckets = sizeBuckets();

}  // namespace detail

/// How values are spread: what Histogram and SizeHistogram have counted. The buckets are the same
/// everywhere and for ever, so that those of all workers, and of last year, can be added up.
class HistogramCounts {
 public:
  /// "seconds" or "bytes".
  [[nodiscard]] std::string_view unit() const noexcept { return buckets_->unit; }
  /// How many values each bucket has, those of the buckets before it not included. The last one
  /// has what is above all bounds.
  [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept {
    return std::span(counts_).first(buckets_->size + 1);
  }
  /// The greatest value of a bucket, in units; infinity for the last.
  [[nodiscard]] double bound(std::size_t bucket) const noexcept;
  /// All values added up, in units.
  [[nodiscard]] double sum() const noexcept {
    return static_cast<double>(sum_) / buckets_->perUnit;
  }
  [[nodiscard]] std::uint64_t count() const noexcept;

  /// Adds what another one has counted.
  /// @throws std::logic_error when that is of another unit
  void add(const HistogramCounts& other);

 protected:
  explicit HistogramCounts(const detail::Buckets& buckets) noexcept : buckets_(&buckets) {}
  void observeNumber(std::uint64_t value) noexcept {
    ++counts_[buckets_->of(value)];
    sum_ += value;
  }

 private:
  const detail::Buckets* buckets_;
  std::uint64_t sum_ = 0;
  std::array<std::uint64_t, detail::kMostBuckets + 1> counts_{};
};

/// How long something takes. 22 bounds, 10 µs to 100 s, in steps of 1, 2, 5.
class Histogram : public HistogramCounts {
 public:
  Histogram() noexcept : HistogramCounts(detail::kDurationBuckets) {}
  /// Takes a few nanoseconds and allocates nothing. Less than nothing counts as nothing.
  void observe(std::chrono::nanoseconds took) noexcept {
    observeNumber(took.count() > 0 ? static_cast<std::uint64_t>(took.count()) : 0);
  }
};

/// How many bytes something has. 13 bounds, 64 B to 1 GiB, in powers of four.
class SizeHistogram : public HistogramCounts {
 public:
  SizeHistogram() noexcept : HistogramCounts(detail::kSizeBuckets) {}
  void observe(std::uint64_t bytes) noexcept { observeNumber(bytes); }
};

/// What tells the numbers of one metric apart: {{"status", "2xx"}}. Names are letters, digits and _;
/// `le`, and what begins with __, is taken.
using MetricLabels = std::map<std::string, std::string>;

/// What is written out of a Metrics, in the order of names and then of labels: after each family the
/// numbers that it has.
class MetricsVisitor {
 public:
  enum class Kind : std::uint8_t { counter, gauge, histogram };
  /// A metric. Views die when the call returns.
  struct Family {
    std::string_view name;  ///< without OpenMetrics' `_total`
    Kind kind;
    std::string_view unit;  ///< "seconds", "bytes" or ""
    std::string_view help;
  };

  virtual ~MetricsVisitor() = default;
  virtual void family(const Family& family) = 0;
  virtual void counter(const MetricLabels& labels, std::uint64_t value) = 0;
  virtual void gauge(const MetricLabels& labels, double value) = 0;
  virtual void histogram(const MetricLabels& labels, const HistogramCounts& counts) = 0;
};

/// A report: what numbers stood at when it was made. A value; may be handed to another thread.
///
/// Whoever counts keeps plain members, and puts them into a report when asked to:
///
///     struct Kitchen {
///       void served(std::chrono::nanoseconds took) {
///         ++meals;
///         waiting.observe(took);
///       }
///       void report(Metrics& metrics) const {
///         metrics.counter("kitchen_meals", "meals that were served", meals);
///         metrics.gauge("kitchen_guests", "guests who are here", guests);
///         metrics.histogram("kitchen_wait_seconds", "from the order to the meal", waiting);
///         for (const auto& [dish, times] : left)
///           metrics.counter("kitchen_left", "dishes sent back", times, {{"dish", dish}});
///       }
///
///       Counter meals;
///       Gauge guests;
///       Histogram waiting;
///       std::map<std::string, Counter> left;
///     };
///
/// What is reported twice with the same name and labels is added up, within a report as in merge():
/// so two listeners of a program, and its workers, may report the same.
class Metrics {
 public:
  /// What becomes of a gauge that several report: open connections add up, of start times and
  /// serial numbers the greatest counts.
  enum class Merging : std::uint8_t { sum, greatest };

  // Names are OpenMetrics': letters, digits, _ and :. A metric in a unit ends with it, `_seconds` or
  // `_bytes`; none ends with `_total`. std::invalid_argument for others, and for bad labels;
  // std::logic_error when the name is taken by a metric of another kind or unit.

  void counter(std::string_view name, std::string_view help, std::uint64_t value,
               const MetricLabels& labels = {});
  void gauge(std::string_view name, std::string_view help, double value,
             const MetricLabels& labels = {}, Merging merging = Merging::sum);
  void histogram(std::string_view name, std::string_view help, const HistogramCounts& counts,
                 const MetricLabels& labels = {});

  /// Adds another report, of another worker or service.
  /// @param also  labels that all of it gets, {{"service", "web"}}; what has such a label keeps it
  void merge(const Metrics& other, const MetricLabels& also = {});

  void visit(MetricsVisitor& visitor) const;
  [[nodiscard]] bool empty() const noexcept { return families_.empty(); }

 private:
  using Kind = MetricsVisitor::Kind;
  using Value = std::variant<std::uint64_t, double, HistogramCounts>;
  struct Family {
    Kind kind;
    Merging merging;
    std::string unit;
    std::string help;
    std::map<MetricLabels, Value> values;
  };

  Family& family(std::string_view name, Kind kind, std::string_view unit, std::string_view help,
                 Merging merging);
  static void add(Family& family, const MetricLabels& labels, const Value& value);

  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace ropewalk
