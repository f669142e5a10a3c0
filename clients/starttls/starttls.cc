// A StartTlsDialogue as a Prelude, which puts a TLS filter below itself before it opens.
#include "starttls.h"

#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/service/policies/protocol_wrapper.h"

namespace ropewalk {

namespace {

class StartTlsPrelude final : public Prelude {
 public:
  StartTlsPrelude(StartTlsDialogue dialogue, ssl::Context context, ssl::ServerIdentity server,
                  std::unique_ptr<Protocol> inner)
      : Prelude(std::move(inner)),
        dialogue_(std::move(dialogue)),
        context_(std::move(context)),
        server_(std::move(server)) {}

 private:
  void begin() override {}  // the server speaks first

  void answered(std::string_view data) override {
    StartTlsDialogue::Step step = dialogue_.receive(data);
    if (!step.send.empty()) transport().write(std::move(step.send));
    if (step.kind == StartTlsDialogue::Step::Kind::failed)
      return refuse(StartTlsRefused(format("cannot begin TLS: {}", step.reason)));
    if (step.kind != StartTlsDialogue::Step::Kind::begin) return;
    begun_ = true;
    ssl::startTLS(transport(), context_, server_);
  }

  void secured() override { open(""); }

  [[nodiscard]] Failure closedEarly(const Failure& reason) override {
    if (begun_ || reason.check<ConnectionDone>() == nullptr) return reason;
    return ConnectionLost("the server closed the connection before TLS could begin");
  }

  StartTlsDialogue dialogue_;
  ssl::Context context_;
  ssl::ServerIdentity server_;
  bool begun_ = false;
};

class StartTlsFactory final : public WrappingFactory {
 public:
  StartTlsFactory(StartTlsDialogue dialogue, ssl::Context context, ssl::ServerIdentity server,
                  std::shared_ptr<Factory> inner)
      : WrappingFactory(std::move(inner)),
        dialogue_(std::move(dialogue)),
        context_(std::move(context)),
        server_(std::move(server)) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol,
                                 const Address& /*peer*/) override {
    return std::make_unique<StartTlsPrelude>(dialogue_, context_, server_, std::move(protocol));
  }

  StartTlsDialogue dialogue_;
  ssl::Context context_;
  ssl::ServerIdentity server_;
};

}  // namespace

std::shared_ptr<Factory> startTlsFirst(StartTlsDialogue dialogue, ssl::Context context,
                                       ssl::ServerIdentity server, std::shared_ptr<Factory> inner) {
  return std::make_shared<StartTlsFactory>(std::move(dialogue), std::move(context),
                                           std::move(server), std::move(inner));
}

}  // namespace ropewalk
