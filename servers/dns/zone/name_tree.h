// NameTree: domain names as a tree whose edges are in one hash table; what zones are kept in.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/dns/name.h"

namespace ropewalk::dns {

/// Names below one name, each with a number: 0 is that name itself, and every inner name on the way
/// to another has a number, too. A million names take some 40 bytes each. Lookups allocate nothing,
/// and their time is that of reading the name once. Letters keep the case they came with.
class NameTree {
 public:
  using Node = std::uint32_t;
  static constexpr Node kTop = 0;
  static constexpr Node kNone = 0xFFFF'FFFF;

  /// @param top  wire form
  explicit NameTree(std::string_view top);

  /// @param name  wire form, below top (or top itself)
  /// @return      its number, which stays
  Node insert(std::string_view name);

  struct Found {
    Node node = kTop;      ///< the name itself, or its closest ancestor that is there
    std::size_t at = 0;    ///< offset in the asked name where that one begins; 0: the name itself
    std::size_t next = 0;  ///< offset of the first label that was not found; only when at != 0
  };
  /// @param name  wire form, below top
  [[nodiscard]] Found find(std::string_view name) const noexcept;
  /// kNone when there is none.
  [[nodiscard]] Node child(Node parent, std::string_view label) const noexcept;

  [[nodiscard]] Node parent(Node node) const noexcept { return nodes_[node].parent; }
  [[nodiscard]] std::string_view label(Node node) const noexcept;
  [[nodiscard]] std::string_view top() const noexcept { return top_; }
  /// How many nodes there are; their numbers are 0 … size()-1.
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  /// Writes the wire form.
  /// @param out  room for kMaxNameLength bytes
  /// @return     its length
  std::size_t name(Node node, char* out) const noexcept;
  [[nodiscard]] Name name(Node node) const;

  /// What it takes in memory.
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Gives back what growing left over.
  void shrink();

 private:
  struct Entry {
    Node parent;
    std::uint32_t label;  // offset in labels_: a length byte and the label
  };

  [[nodiscard]] std::size_t slotOf(Node parent, std::string_view label) const noexcept;
  Node add(Node parent, std::string_view label);
  void grow();

  std::string top_;
  std::uint64_t seed_;
  std::vector<Entry> nodes_;
  std::vector<char> labels_;
  std::vector<Node> slots_;  // a power of two, at most three quarters full
};

}  // namespace ropewalk::dns
