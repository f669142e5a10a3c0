// One factory a service, for streams and for datagrams where the RFC has them.
#include "wire.h"

#include <stdexcept>

#include "ropewalk/protocols/wire/announcement.h"
#include "ropewalk/protocols/wire/chargen.h"
#include "ropewalk/protocols/wire/echo.h"
#include "ropewalk/protocols/wire/time.h"

namespace ropewalk::wire {

namespace {

std::shared_ptr<Factory> announce(Text text) {
  return factoryFor<Announcement>(std::make_shared<Text>(std::move(text)));
}

/// One service for streams and datagrams.
template <class Stream, class Datagrams>
class Both final : public Factory {
 public:
  std::unique_ptr<Protocol> buildProtocol(const Address& /*peer*/) override {
    return std::make_unique<Stream>();
  }
  std::unique_ptr<DatagramProtocol> buildDatagramProtocol() override {
    return std::make_unique<Datagrams>();
  }
};

}  // namespace

std::shared_ptr<Factory> echo() { return std::make_shared<Both<Echo, DatagramEcho>>(); }
std::shared_ptr<Factory> discard() { return std::make_shared<Both<Discard, DatagramDiscard>>(); }
std::shared_ptr<Factory> chargen() { return factoryFor<Chargen>(); }

std::shared_ptr<Factory> qotd(UniqueFunction<std::string()> quote) {
  return announce([quote = std::move(quote)]() mutable { return quoteText(quote()); });
}

std::shared_ptr<Factory> qotd(std::vector<std::string> quotes) {
  if (quotes.empty()) throw std::invalid_argument("cannot serve quotes: there are none");
  return qotd([quotes = std::move(quotes), next = std::size_t{0}]() mutable {
    return quotes[next++ % quotes.size()];
  });
}

std::shared_ptr<Factory> daytime(WallClock clock) {
  return announce([clock = std::move(clock)]() mutable { return daytimeText(clock()); });
}

std::shared_ptr<Factory> time(WallClock clock) {
  return announce([clock = std::move(clock)]() mutable { return encodeTime(clock()); });
}

std::shared_ptr<Factory> fingerBy(FingerLookup lookup) {
  return factoryFor<Finger>(std::move(lookup));
}

}  // namespace ropewalk::wire
