// Split horizon: answers by who asks. And who may ask at all.
#pragma once

#include <cstdint>
#include <vector>

#include "ropewalk/core/net/network_list.h"
#include "ropewalk/servers/dns/responder.h"
#include "ropewalk/servers/dns/responders/chain.h"

namespace ropewalk::dns {

/// Gives clients different answers by their network. The first view that holds a client is asked,
/// and no other: what that view passes goes on to the responder after the Views.
///
///     auto views = std::make_shared<Views>();
///     views->add({"10.0.0.0/8", "fd00::/8"}, {inside});
///     views->add({"any"}, {outside});
///
/// A forged source address sees the answer of a view, but does not get it. Secrets ask for TSIG or
/// a stream.
class Views final : public Responder {
 public:
  /// A view behind the others.
  void add(NetworkList clients, Chain::Links chain);

  Verdict respond(const Query& query, MessageWriter& answer) override;
  Deferred<std::optional<Message>> resolve(LaterQuery query) override;

 private:
  struct View {
    NetworkList clients;
    std::shared_ptr<Chain> chain;
  };
  [[nodiscard]] std::shared_ptr<Chain> find(std::string_view peerBytes) const noexcept;

  std::vector<View> views_;
};

/// Turns clients away; put it in front. Passes the questions of all others.
class AccessList final : public Responder {
 public:
  enum class Denied : std::uint8_t {
    refused,  ///< REFUSED (no bigger than the question)
    silence,  ///< nothing: for those who scan or forge
  };

  explicit AccessList(NetworkList allowed, Denied denied = Denied::refused)
      : allowed_(std::move(allowed)), denied_(denied) {}

  /// For other clients from now on. The answers that are on their way are not held back.
  void allow(NetworkList allowed) { allowed_ = std::move(allowed); }

  Verdict respond(const Query& query, MessageWriter& answer) override;

 private:
  NetworkList allowed_;
  Denied denied_;
};

}  // namespace ropewalk::dns
