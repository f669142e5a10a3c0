// Two maps, by name and by address, made anew whenever the file has another stamp. hosts(5).

#include "hosts_file.h"

#include <algorithm>
#include <fstream>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/detail/socket_address.h"

namespace ropewalk::detail {

namespace {

/// Cuts the next word off `line`; empty at the end of the line or before a comment.
std::string_view nextWord(std::string_view& line) {
  constexpr std::string_view kBlank = " \t\r\f\v";
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view word =
      line.substr(0, std::min(line.find_first_of(" \t\r\f\v#"), line.size()));
  line.remove_prefix(word.size());
  return word;
}

/// "0:0::0001" -> "::1": each address in one spelling.
std::string spelled(const Address& address) {
  try {
    return SocketAddress::from(address).toAddress().host;
  } catch (const InvalidAddressError&) {  // its %scope is not there now
    return address.host;
  }
}

}  // namespace

std::string canonicalName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return lowerCase(name);
}

std::vector<Address> HostsFile::lookup(std::string_view name, std::uint16_t port) {
  readIfChanged();
  const auto found = addresses_.find(canonicalName(name));
  if (found == addresses_.end()) return {};
  std::vector<Address> addresses = found->second;
  for (Address& address : addresses) address.port = port;
  return addresses;
}

std::vector<std::string> HostsFile::namesOf(std::string_view literal) {
  readIfChanged();
  const auto found = names_.find(spelled(Address::fromLiteral(literal, 0)));
  return found == names_.end() ? std::vector<std::string>{} : found->second;
}

void HostsFile::readIfChanged() {
  const FileStamp stamp = FileStamp::of(path_);
  if (stamp == stamp_) return;
  stamp_ = stamp;
  addresses_.clear();
  names_.clear();
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) readLine(line);
}

void HostsFile::readLine(std::string_view line) {
  const Address address = Address::fromLiteral(nextWord(line), 0);
  if (address.family == Address::Family::none) return;
  for (auto name = nextWord(line); !name.empty(); name = nextWord(line)) {
    auto& known = addresses_[canonicalName(name)];
    if (std::find(known.begin(), known.end(), address) != known.end()) continue;
    known.push_back(address);
    names_[spelled(address)].push_back(canonicalName(name));
  }
}

}  // namespace ropewalk::detail
