// Logging: lines for people on a terminal, JSON for machines elsewhere, levels by module, an
// observer.
//
//   logging                                 coloured lines; also with: | cat, NO_COLOR=1
//   ROPEWALK_LOG=info,shop=debug logging    more of one module
#include <ropewalk/core/base/failure.h>
#include <ropewalk/core/base/log.h>
#include <ropewalk/core/base/text.h>

namespace rw = ropewalk;
using namespace std::chrono_literals;

namespace {

constexpr rw::log::Logger kShop{"shop"};
constexpr rw::log::Logger kTill{"shop.till"};

void sell(std::string_view order, int pence) {
  kShop.debug("{} comes in", order);  // nothing is formatted while debug is off
  if (pence == 0) {
    kTill.warn("no price", rw::log::field("order", order));
    return;
  }
  kTill.info("sold {}", rw::log::field("order", order), rw::log::field("pence", pence));
}

}  // namespace

int main() {
  rw::log::info("before the start: kept, and shown once logging starts");
  rw::log::startLogging(stdout);

  int warnings = 0;
  const auto watching = rw::log::addObserver([&](const rw::log::Event& event) {
    if (event.level >= rw::log::Level::warn) ++warnings;
  });

  sell("order 17", 120);
  rw::log::setLevel("shop", rw::log::Level::debug);  // while it runs; shop.till follows
  sell("order 18", 0);
  sell("order 19\n2026-11-20T10:11:12.345Z C shop forged", 80);  // cannot fake a line

  const rw::Failure why(rw::ConnectError("cannot connect to the bank"),
                        rw::TimeoutError("no answer after 5 s"));
  kTill.error("not paid: {}", why);
  kTill.debug("{}", why.getTraceback());
  rw::log::info("{} warnings in {}", warnings, rw::humanDuration(1500us));
}
