// From an address to an inode by the tables of /proc/net, from that to a process by the links
// of /proc/PID/fd; within a limit of time and processes. proc(5).

#include "port_holder.h"

#include <arpa/inet.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";  // TCP_LISTEN, in the column st

using TimePoint = std::chrono::steady_clock::time_point;

bool isPast(TimePoint end) { return std::chrono::steady_clock::now() >= end; }

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
std::string inodeIn(const char* table, const Address& where, SocketKind kind, TimePoint end) {
  const std::string ours = kernelHex(where);
  const std::string port = format("{:04X}", where.port);
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the heading
  while (!isPast(end) && std::getline(file, line)) {
    // sl local remote st queues tr retrnsmt uid timeout inode
    std::array<std::string_view, 10> fields;
    std::string_view rest = line;
    for (std::string_view& field : fields) field = nextWord(rest);
    if (kind == SocketKind::stream && fields[3] != kListening) continue;
    const std::string_view local = fields[1];
    const auto colon = local.find(':');
    if (colon == std::string_view::npos || local.substr(colon + 1) != port) continue;
    if (collide(local.substr(0, colon), ours)) return std::string(fields.back());
  }
  return "";
}

std::string inodeOfPath(std::string_view path, TimePoint end) {
  std::ifstream file("/proc/net/unix");
  for (std::string line; !isPast(end) && std::getline(file, line);) {
    std::array<std::string_view, 7> fields;  // Num RefCount Protocol Flags Type St Inode, then Path
    std::string_view rest = line;
    for (std::string_view& field : fields) field = nextWord(rest);
    if (trim(rest) == path) return std::string(fields.back());
  }
  return "";
}

std::string inodeOf(const Address& where, SocketKind kind, TimePoint end) {
  if (where.family == Address::Family::UNIX) return inodeOfPath(where.host, end);
  const bool stream = kind == SocketKind::stream;
  std::string found = inodeIn(stream ? "/proc/net/tcp" : "/proc/net/udp", where, kind, end);
  if (!found.empty()) return found;
  return inodeIn(stream ? "/proc/net/tcp6" : "/proc/net/udp6", where, kind, end);
}

bool holds(const fs::path& process, const std::string& link, TimePoint end) {
  std::error_code error;
  fs::directory_iterator entry(process / "fd", error);
  for (; !error && entry != fs::directory_iterator() && !isPast(end); entry.increment(error)) {
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

std::string processWith(const std::string& inode, std::size_t most, TimePoint end) {
  const std::string link = format("socket:[{}]", inode);
  if (holds("/proc/self", link, end)) return "this process";
  std::error_code error;
  fs::directory_iterator entry("/proc", error);
  for (; !error && entry != fs::directory_iterator() && !isPast(end); entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    if (!parseNumber<pid_t>(pid)) continue;
    if (most-- == 0) break;
    if (holds(entry->path(), link, end)) return format("{} (pid {})", nameOf(entry->path()), pid);
  }
  return "";
}

}  // namespace

std::string portHolder(const Address& where, SocketKind kind, PortHolderSearch search) {
  try {
    const TimePoint end = std::chrono::steady_clock::now() + search.time;
    const std::string inode = inodeOf(where, kind, end);
    return inode.empty() ? "" : processWith(inode, search.processes, end);
  } catch (const std::exception&) {
    return "";  // it is for a message only
  }
}

}  // namespace ropewalk::detail
