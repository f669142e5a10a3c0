// The edges of a tree of names in one table, open addressing.
#include "name_tree.h"

#include <array>
#include <cstring>

#include "ropewalk/core/base/text.h"

namespace ropewalk::dns {

namespace {

std::size_t byteAt(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint64_t randomSeed() {
  std::uint64_t seed = 0;
  std::memcpy(&seed, randomBytes(sizeof seed).data(), sizeof seed);
  return seed;
}

std::uint64_t mix(std::uint64_t word) noexcept {
  word *= 0xff51afd7ed558ccdULL;
  return word ^ (word >> 32);
}

/// Of an edge. Eight letters at a time; those of either case, and a few other bytes, count as one,
/// for it is no more than a hash.
std::uint64_t hashOf(std::uint64_t seed, NameTree::Node parent, std::string_view label) noexcept {
  constexpr std::uint64_t kCaseBits = 0x2020202020202020ULL;
  std::uint64_t hash = mix(seed ^ parent ^ std::uint64_t{label.size()} << 32);
  std::uint64_t word = 0;
  for (; label.size() >= sizeof word; label.remove_prefix(sizeof word)) {
    std::memcpy(&word, label.data(), sizeof word);
    hash = mix(hash ^ (word | kCaseBits));
  }
  word = 0;
  std::memcpy(&word, label.data(), label.size());
  return mix(hash ^ (word | kCaseBits));
}

/// Where the labels of the part of `name` that is below a top of `topLength` bytes begin, first
/// label first.
std::size_t labelsOf(std::string_view name, std::size_t topLength,
                     std::array<std::uint8_t, 128>& starts) noexcept {
  std::size_t count = 0;
  const std::size_t end = name.size() - topLength;
  for (std::size_t at = 0; at < end; at += byteAt(name, at) + 1) {
    starts[count++] = static_cast<std::uint8_t>(at);
  }
  return count;
}

}  // namespace

NameTree::NameTree(std::string_view top) : top_(top), seed_(randomSeed()) {
  slots_.assign(16, kNone);
  nodes_.push_back({kTop, 0});
  labels_.push_back('\0');
}

std::string_view NameTree::label(Node node) const noexcept {
  const char* at = labels_.data() + nodes_[node].label;
  return {at + 1, static_cast<unsigned char>(*at)};
}

std::size_t NameTree::slotOf(Node parent, std::string_view label) const noexcept {
  const std::uint64_t hash = hashOf(seed_, parent, label);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = static_cast<std::size_t>(hash) & mask;; slot = (slot + 1) & mask) {
    const Node node = slots_[slot];
    if (node == kNone) return slot;
    if (nodes_[node].parent == parent && equalIgnoreCase(this->label(node), label)) return slot;
  }
}

NameTree::Node NameTree::child(Node parent, std::string_view label) const noexcept {
  return slots_[slotOf(parent, label)];
}

NameTree::Node NameTree::add(Node parent, std::string_view label) {
  if ((nodes_.size() + 1) * 4 > slots_.size() * 3) grow();
  const auto node = static_cast<Node>(nodes_.size());
  slots_[slotOf(parent, label)] = node;
  nodes_.push_back({parent, static_cast<std::uint32_t>(labels_.size())});
  labels_.push_back(static_cast<char>(label.size()));
  labels_.insert(labels_.end(), label.begin(), label.end());
  return node;
}

void NameTree::grow() {
  slots_.assign(slots_.size() * 2, kNone);
  for (Node node = 1; node < nodes_.size(); ++node) {
    slots_[slotOf(nodes_[node].parent, label(node))] = node;
  }
}

NameTree::Node NameTree::insert(std::string_view name) {
  std::array<std::uint8_t, 128> starts;
  Node node = kTop;
  for (std::size_t i = labelsOf(name, top_.size(), starts); i-- > 0;) {
    const std::string_view label = name.substr(starts[i] + 1U, byteAt(name, starts[i]));
    const Node next = child(node, label);
    node = next != kNone ? next : add(node, label);
  }
  return node;
}

NameTree::Found NameTree::find(std::string_view name) const noexcept {
  std::array<std::uint8_t, 128> starts;
  Found found{kTop, name.size() - top_.size(), 0};
  for (std::size_t i = labelsOf(name, top_.size(), starts); i-- > 0;) {
    found.next = starts[i];
    const Node next = child(found.node, name.substr(starts[i] + 1U, byteAt(name, starts[i])));
    if (next == kNone) break;
    found.node = next;
    found.at = starts[i];
  }
  return found;
}

std::size_t NameTree::name(Node node, char* out) const noexcept {
  std::size_t length = 0;
  for (; node != kTop; node = nodes_[node].parent) {
    const std::string_view text = label(node);
    out[length++] = static_cast<char>(text.size());
    std::memcpy(out + length, text.data(), text.size());
    length += text.size();
  }
  std::memcpy(out + length, top_.data(), top_.size());
  return length + top_.size();
}

Name NameTree::name(Node node) const {
  std::array<char, kMaxNameLength> wire;
  return Name::fromWire({wire.data(), name(node, wire.data())});
}

std::size_t NameTree::bytes() const noexcept {
  return nodes_.capacity() * sizeof(Entry) + labels_.capacity() + slots_.capacity() * sizeof(Node);
}

void NameTree::shrink() {
  nodes_.shrink_to_fit();
  labels_.shrink_to_fit();
}

}  // namespace ropewalk::dns
