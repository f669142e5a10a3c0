#include "ropewalk/core/net/port_holder.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";  // TCP_LISTEN, in the column st

std::vector<std::string> words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

/// An address as the kernel prints it: each 32 bits as a number of this machine's byte order.
std::string kernelHex(const Address& where) {
  std::array<std::uint32_t, 4> parts{};
  const bool v6 = where.family == Address::Family::IPv6;
  const std::string literal = where.host.substr(0, where.host.find('%'));
  if (::inet_pton(v6 ? AF_INET6 : AF_INET, literal.c_str(), parts.data()) != 1) return "";
  std::string text;
  for (std::size_t i = 0; i < (v6 ? 4U : 1U); ++i) text += format("{:08X}", parts[i]);
  return text;
}

bool isZeros(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

/// Whether a socket bound to `theirs` ("0100007F") keeps us from `ours`.
bool collide(std::string_view theirs, std::string_view ours) {
  return isZeros(theirs) || isZeros(ours) || theirs == ours;
}

/// The inode of the socket that is in the way, from a table such as /proc/net/tcp.
std::optional<std::string> inodeIn(const char* table, const Address& where, SocketKind kind) {
  const std::string ours = kernelHex(where);
  const std::string port = format("{:04X}", where.port);
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = words(line);  // sl local remote st queues tr retrnsmt
    constexpr std::size_t kInode = 9;                     // uid timeout inode
    if (fields.size() <= kInode) continue;
    if (kind == SocketKind::stream && fields[3] != kListening) continue;
    const std::string_view local = fields[1];
    const auto colon = local.find(':');
    if (colon == std::string_view::npos || local.substr(colon + 1) != port) continue;
    if (collide(local.substr(0, colon), ours)) return fields[kInode];
  }
  return std::nullopt;
}

std::optional<std::string> inodeOfPath(const std::string& path) {
  std::ifstream file("/proc/net/unix");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields = words(line);  // Num … Inode Path
    constexpr std::size_t kInode = 6;
    if (fields.size() == kInode + 2 && fields[kInode + 1] == path) return fields[kInode];
  }
  return std::nullopt;
}

std::optional<std::string> inodeOf(const Address& where, SocketKind kind) {
  if (where.family == Address::Family::UNIX) return inodeOfPath(where.host);
  const bool stream = kind == SocketKind::stream;
  if (auto found = inodeIn(stream ? "/proc/net/tcp" : "/proc/net/udp", where, kind)) return found;
  return inodeIn(stream ? "/proc/net/tcp6" : "/proc/net/udp6", where, kind);
}

bool holds(const fs::path& process, const std::string& link) {
  std::error_code error;
  fs::directory_iterator entry(process / "fd", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (fs::read_symlink(entry->path(), gone) == link) return true;
  }
  return false;
}

std::string nameOf(const fs::path& process) {
  std::ifstream file(process / "comm");
  std::string name;
  std::getline(file, name);
  return name.empty() ? "a process" : name;
}

std::string processWith(const std::string& inode) {
  const std::string link = format("socket:[{}]", inode);
  std::error_code error;
  fs::directory_iterator entry("/proc", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    const auto number = parseNumber<pid_t>(pid);
    if (!number || !holds(entry->path(), link)) continue;
    if (*number == ::getpid()) return "this process";
    return format("{} (pid {})", nameOf(entry->path()), pid);
  }
  return "";
}

}  // namespace

std::string portHolder(const Address& where, SocketKind kind) {
  try {
    const auto inode = inodeOf(where, kind);
    return inode ? processWith(*inode) : "";
  } catch (const std::exception&) {
    return "";  // it is for a message only
  }
}

}  // namespace ropewalk::detail
