// Which names a report takes, and how what is reported twice is added up.

#include "metrics.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "format.h"
#include "text.h"

namespace ropewalk {

namespace {

bool isNamed(std::string_view name, std::string_view besides) {
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           besides.find(c) != std::string_view::npos;
  };
  return !name.empty() && (name[0] < '0' || name[0] > '9') &&
         std::all_of(name.begin(), name.end(), fits);
}

void checkName(std::string_view name, std::string_view unit) {
  const auto refuse = [&](std::string_view why) {
    throw std::invalid_argument(format("cannot report the metric {}: {}", quoteBytes(name), why));
  };
  if (!isNamed(name, "_:")) refuse("a name is made of letters, digits, _ and :");
  if (name.ends_with("_total")) refuse("_total is added when it is written");
  if (!unit.empty() && !name.ends_with(format("_{}", unit)))
    refuse(format("a name ends with its unit, _{}", unit));
}

void checkLabels(const MetricLabels& labels) {
  for (const auto& [name, value] : labels) {
    if (isNamed(name, "_") && !name.starts_with("__") && name != "le") continue;
    throw std::invalid_argument(
        format("cannot report a metric with the label {}: a name is made of letters, digits and _, "
               "and neither le nor begins with __",
               quoteBytes(name)));
  }
}

}  // namespace

double HistogramCounts::bound(std::size_t bucket) const noexcept {
  if (bucket >= buckets_->size) return std::numeric_limits<double>::infinity();
  return static_cast<double>(buckets_->bounds[bucket]) / buckets_->perUnit;
}

std::uint64_t HistogramCounts::count() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

void HistogramCounts::add(const HistogramCounts& other) {
  if (buckets_ != other.buckets_)
    throw std::logic_error(format("cannot add {} to {}", other.unit(), unit()));
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  sum_ += other.sum_;
}

void Metrics::counter(std::string_view name, std::string_view help, std::uint64_t value,
                      const MetricLabels& labels) {
  add(family(name, Kind::counter, "", help, Merging::sum), labels, value);
}

void Metrics::gauge(std::string_view name, std::string_view help, double value,
                    const MetricLabels& labels, Merging merging) {
  add(family(name, Kind::gauge, "", help, merging), labels, value);
}

void Metrics::histogram(std::string_view name, std::string_view help, const HistogramCounts& counts,
                        const MetricLabels& labels) {
  add(family(name, Kind::histogram, counts.unit(), help, Merging::sum), labels, counts);
}

void Metrics::merge(const Metrics& other, const MetricLabels& also) {
  for (const auto& [name, theirs] : other.families_) {
    Family& ours = family(name, theirs.kind, theirs.unit, theirs.help, theirs.merging);
    for (const auto& [labels, value] : theirs.values) {
      MetricLabels all = labels;
      all.insert(also.begin(), also.end());
      add(ours, all, value);
    }
  }
}

void Metrics::visit(MetricsVisitor& visitor) const {
  for (const auto& [name, family] : families_) {
    visitor.family({name, family.kind, family.unit, family.help});
    for (const auto& [labels, value] : family.values) {
      if (const auto* number = std::get_if<std::uint64_t>(&value))
        visitor.counter(labels, *number);
      else if (const auto* level = std::get_if<double>(&value))
        visitor.gauge(labels, *level);
      else
        visitor.histogram(labels, std::get<HistogramCounts>(value));
    }
  }
}

Metrics::Family& Metrics::family(std::string_view name, Kind kind, std::string_view unit,
                                 std::string_view help, Merging merging) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    checkName(name, unit);
    found = families_
                .emplace(std::string(name),
                         Family{kind, merging, std::string(unit), std::string(help), {}})
                .first;
  }
  const Family& known = found->second;
  if (known.kind != kind || known.unit != unit || known.merging != merging) {
    throw std::logic_error(
        format("cannot report {}: something of another kind has that name", name));
  }
  return found->second;
}

void Metrics::add(Family& family, const MetricLabels& labels, const Value& value) {
  checkLabels(labels);
  const auto [at, isNew] = family.values.try_emplace(labels, value);
  if (isNew) return;
  if (auto* number = std::get_if<std::uint64_t>(&at->second))
    *number += std::get<std::uint64_t>(value);
  else if (auto* counts = std::get_if<HistogramCounts>(&at->second))
    counts->add(std::get<HistogramCounts>(value));
  else if (family.merging == Merging::sum)
    std::get<double>(at->second) += std::get<double>(value);
  else
    std::get<double>(at->second) = std::max(std::get<double>(at->second), std::get<double>(value));
}

}  // namespace ropewalk
