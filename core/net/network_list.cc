// The first entry that holds an address decides; bytes are compared, no text.
#include "network_list.h"

#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk {

NetworkList::NetworkList(std::initializer_list<std::string_view> entries) {
  for (const std::string_view entry : entries) add(entry);
}

NetworkList::NetworkList(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) add(entry);
}

void NetworkList::add(std::string_view entry) {
  std::string_view text = trim(entry);
  Entry made;
  made.negated = text.starts_with('!');
  if (made.negated) text = trim(text.substr(1));
  if (text == "none") {
    made.negated = !made.negated;
  } else if (text != "any") {
    made.network = Network::parse(text);
    if (!made.network) {
      throw std::invalid_argument(
          format("cannot read {} as a network: no address, network, any or none; "
                 "write it like 10.0.0.0/8",
                 quoteBytes(entry)));
    }
  }
  entries_.push_back(std::move(made));
}

bool NetworkList::contains(const Address& peer) const { return contains(addressBytes(peer)); }

bool NetworkList::contains(std::string_view peerBytes) const noexcept {
  for (const Entry& entry : entries_) {
    if (!entry.network || entry.network->containsBytes(peerBytes)) return !entry.negated;
  }
  return false;
}

}  // namespace ropewalk
