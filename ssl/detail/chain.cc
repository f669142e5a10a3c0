// Following issuers from one's own certificate upwards through what was given. RFC 8446 §4.4.2.
#include "chain.h"

#include <algorithm>
#include <utility>

#include "describe.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

namespace {

bool isRoot(X509* certificate) { return issued(certificate, certificate); }

/// One chain on its way from what was given to what is served.
class Arranging {
 public:
  Arranging(X509* own, std::vector<X509Ptr> given, const std::string& file)
      : own_(own), given_(std::move(given)), file_(file) {}

  Chain result() && {
    const bool aligned = isAligned();
    dropRepeated();
    dropRoots();
    followIssuers();
    addOtherWays();
    if (!aligned && chain_.remarks.empty())
      remark("the certificates of the chain are not in order; they are served in order");
    return std::move(chain_);
  }

 private:
  bool isAligned() const {
    X509* below = own_;
    return std::all_of(given_.begin(), given_.end(), [&](const X509Ptr& each) {
      return issued(each.get(), std::exchange(below, each.get()));
    });
  }

  void dropRepeated() {
    std::vector<X509Ptr> once;
    for (X509Ptr& each : given_) {
      const auto same = [&](X509* other) { return X509_cmp(each.get(), other) == 0; };
      const bool known = same(own_) || std::any_of(once.begin(), once.end(),
                                                   [&](const X509Ptr& o) { return same(o.get()); });
      if (known) {
        remark(format("{} is there twice; it is served once", shortName(each.get())));
      } else {
        once.push_back(std::move(each));
      }
    }
    given_ = std::move(once);
  }

  /// A root adds bytes to each handshake, and the peer trusts its own copy only. At the end of the
  /// file it is so common that nothing is said.
  void dropRoots() {
    for (std::size_t i = 0; i + 1 < given_.size(); ++i) {
      if (isRoot(given_[i].get()))
        remark(format("the root {} is not needed; it is not served", shortName(given_[i].get())));
    }
    std::erase_if(given_, [](const X509Ptr& each) { return isRoot(each.get()); });
  }

  void followIssuers() {
    X509* below = own_;
    for (;;) {
      const auto next = issuerOfThat(below);
      if (next == given_.end()) return;
      if (const std::string why = validityError(next->get()); !why.empty())
        throw ContextError(format("{}: {}", file_, why));
      below = next->get();
      chain_.certificates.push_back(std::move(*next));
      given_.erase(next);
    }
  }

  /// The first that is valid, or else the first.
  std::vector<X509Ptr>::iterator issuerOfThat(X509* below) {
    const auto fits = [&](const X509Ptr& each) { return issued(each.get(), below); };
    const auto valid = std::find_if(given_.begin(), given_.end(), [&](const X509Ptr& each) {
      return fits(each) && validityError(each.get()).empty();
    });
    return valid != given_.end() ? valid : std::find_if(given_.begin(), given_.end(), fits);
  }

  /// Cross-signed authorities: peers that know the other root only need them.
  void addOtherWays() {
    for (X509Ptr& each : given_) {
      if (!issuedAny(each.get())) refuse(each.get());
      const std::string why = validityError(each.get());
      remark(why.empty()
                 ? format("{} is there in two forms; both are served", shortName(each.get()))
                 : format("{}; it is not served", why));
      if (why.empty()) others_.push_back(std::move(each));
    }
    for (X509Ptr& each : others_) chain_.certificates.push_back(std::move(each));
  }

  bool issuedAny(X509* issuer) const {
    const auto from = [&](const X509Ptr& each) { return issued(issuer, each.get()); };
    return issued(issuer, own_) ||
           std::any_of(chain_.certificates.begin(), chain_.certificates.end(), from) ||
           std::any_of(others_.begin(), others_.end(), from);
  }

  [[noreturn]] void refuse(X509* stray) const {
    const auto& path = chain_.certificates;
    throw ContextError(
        format("{}: the chain is out of order: {} did not issue {}, nor any other of them; take it "
               "out, or put the one that it issued beside it",
               file_, shortName(stray), shortName(path.empty() ? own_ : path.back().get())));
  }

  void remark(std::string text) { chain_.remarks.push_back(std::move(text)); }

  X509* own_;
  std::vector<X509Ptr> given_;  // and not placed yet
  std::vector<X509Ptr> others_;
  const std::string& file_;
  Chain chain_;
};

}  // namespace

bool issued(X509* issuer, X509* subject) { return X509_check_issued(issuer, subject) == X509_V_OK; }

Chain arrangeChain(X509* certificate, std::vector<X509Ptr> given, const std::string& file) {
  return Arranging(certificate, std::move(given), file).result();
}

}  // namespace ropewalk::ssl::detail
