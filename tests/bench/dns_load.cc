// Asks a name server, for dns.py: dns_load PORT NAMES COUNT [WINDOW [EDNS]]
//   NAMES   a file with a name in each line; asked for A, one after the other, in a random order
//   COUNT   questions to ask in all
//   WINDOW  of them in flight (64): as many are sent by one sendmmsg as answers came by one
//   recvmmsg EDNS    1: with an OPT record
// Prints how many were answered, how many of these were wrong (another id or question, an rcode, no
// record), and how many were lost, and the seconds that it took. Whatever is not answered within a
// second is lost.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr unsigned kMost = 1024;
constexpr unsigned kUses = 64;  // of a slot, that its ids tell apart
constexpr std::size_t kSize = 4096;
constexpr std::size_t kHeader = 12;
constexpr int kPatience = 1000;  // milliseconds

struct Load {
  int fd = -1;
  std::uint64_t wanted = 0;
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  std::uint64_t wrong = 0;
  std::uint64_t lost = 0;
  bool edns = false;
  std::vector<std::string> questions;  // without the header
  std::mt19937 random{1};
};

Load load;
unsigned uses[kMost];
std::string inFlight[kMost];  // the whole question that a slot waits for
char buffers[kMost][kSize];
iovec received[kMost];
iovec sent[kMost];
mmsghdr arriving[kMost];
mmsghdr leaving[kMost];

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "dns_load: %s failed\n", what);
  std::exit(1);
}

std::string question(const std::string& name) {
  std::string wire;
  std::size_t at = 0;
  while (at < name.size()) {
    std::size_t dot = name.find('.', at);
    if (dot == std::string::npos) dot = name.size();
    wire += static_cast<char>(dot - at);
    wire.append(name, at, dot - at);
    at = dot + 1;
  }
  wire += std::string("\0\0\1\0\1", 5);  // the root, A, IN
  if (load.edns) wire += std::string("\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
  return wire;
}

void readNames(const char* path) {
  std::ifstream file(path);
  std::string name;
  while (std::getline(file, name))
    if (!name.empty()) load.questions.push_back(question(name));
  if (load.questions.empty()) fail("reading names");
}

void connectTo(std::uint16_t port) {
  load.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int room = 4 << 20;
  setsockopt(load.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (connect(load.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
}

void ask(const unsigned* slots, unsigned count) {
  unsigned ready = 0;
  for (unsigned i = 0; i < count && load.asked < load.wanted; ++i, ++ready, ++load.asked) {
    const unsigned slot = slots[i];
    const unsigned id = ++uses[slot] % kUses * kMost + slot;  // a late answer fits no new question
    const char header[kHeader] = {
        static_cast<char>(id >> 8),          static_cast<char>(id), 0, 0, 0, 1, 0, 0, 0, 0, 0,
        static_cast<char>(load.edns ? 1 : 0)};
    inFlight[slot].assign(header, kHeader);
    inFlight[slot] += load.questions[load.random() % load.questions.size()];
    sent[ready] = {inFlight[slot].data(), inFlight[slot].size()};
    leaving[ready].msg_hdr.msg_iov = &sent[ready];
    leaving[ready].msg_hdr.msg_iovlen = 1;
  }
  for (unsigned at = 0; at < ready;) {
    const int done = sendmmsg(load.fd, leaving + at, ready - at, 0);
    if (done <= 0) fail("sendmmsg");
    at += static_cast<unsigned>(done);
  }
}

/// @return the slot that an answer frees; kMost for one that belongs to none
unsigned check(const char* answer, std::size_t length) {
  if (length < kHeader) return kMost;
  const unsigned id =
      static_cast<unsigned char>(answer[0]) << 8 | static_cast<unsigned char>(answer[1]);
  const unsigned slot = id % kMost;
  const std::string& asked = inFlight[slot];
  if (asked.empty() || id / kMost != uses[slot] % kUses) return kMost;
  const std::size_t end = asked.size() - (load.edns ? 11 : 0);
  const bool right = (answer[2] & 0x80) != 0 && (answer[3] & 15) == 0 && answer[7] == 1 &&
                     length > end &&
                     std::memcmp(answer + kHeader, asked.data() + kHeader, end - kHeader) == 0;
  ++load.answered;
  if (!right) ++load.wrong;
  inFlight[slot].clear();
  return slot;
}

void giveUp(unsigned window) {
  std::vector<unsigned> slots;
  for (unsigned slot = 0; slot < window; ++slot) {
    if (inFlight[slot].empty()) continue;
    ++load.lost;
    inFlight[slot].clear();
  }
  for (unsigned slot = 0; slot < window; ++slot) slots.push_back(slot);
  ask(slots.data(), window);
}

void run(unsigned window) {
  for (unsigned i = 0; i < window; ++i) {
    received[i] = {buffers[i], kSize};
    arriving[i].msg_hdr.msg_iov = &received[i];
    arriving[i].msg_hdr.msg_iovlen = 1;
  }
  unsigned slots[kMost];
  for (unsigned i = 0; i < window; ++i) slots[i] = i;
  ask(slots, window);
  while (load.answered + load.lost < load.wanted) {
    pollfd waiting{load.fd, POLLIN, 0};
    if (poll(&waiting, 1, kPatience) == 0) {
      giveUp(window);
      continue;
    }
    const int got = recvmmsg(load.fd, arriving, window, MSG_DONTWAIT, nullptr);
    if (got <= 0) fail("recvmmsg");
    unsigned freed = 0;
    for (int i = 0; i < got; ++i) {
      const unsigned slot = check(buffers[i], arriving[i].msg_len);
      if (slot != kMost) slots[freed++] = slot;
    }
    ask(slots, freed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  load.wanted = std::strtoull(argv[3], nullptr, 10);
  const unsigned window = argc > 4 ? static_cast<unsigned>(std::atoi(argv[4])) : 64;
  load.edns = argc > 5 && std::atoi(argv[5]) != 0;
  if (window == 0 || window > kMost) return 2;
  readNames(argv[2]);
  connectTo(static_cast<std::uint16_t>(std::atoi(argv[1])));
  const auto start = std::chrono::steady_clock::now();
  run(window);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::printf("%llu %llu %llu %.3f\n", static_cast<unsigned long long>(load.answered),
              static_cast<unsigned long long>(load.wrong),
              static_cast<unsigned long long>(load.lost), spent.count());
}
