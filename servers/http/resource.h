// Resource: a node of a tree that answers for the paths below it. Twisted's web.resource.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "handler.h"
#include "request.h"
#include "response.h"

namespace ropewalk::http {

/// What render() gives when the answer is made by hand, later: request.write(), request.finish()
/// (H-01).
struct NotDoneYet {};
inline constexpr NotDoneYet NOT_DONE_YET{};

/// What render() gives: text, a Response, a Deferred of either, or NOT_DONE_YET.
class Rendered {
 public:
  // None is explicit: that they convert is their use.
  Rendered(NotDoneYet) {}
  Rendered(std::string text) : content_(std::move(text)) {}
  Rendered(std::string_view text) : content_(std::string(text)) {}
  Rendered(const char* text) : content_(std::string(text)) {}
  Rendered(Response response) : content_(std::move(response)) {}
  Rendered(Deferred<Response> response) : content_(std::move(response)) {}
  Rendered(Deferred<std::string> text) : content_(std::move(text)) {}

  /// Sends it; nothing for NOT_DONE_YET.
  void answer(Request& request) &&;

 private:
  std::variant<NotDoneYet, std::string, Response, Deferred<Response>, Deferred<std::string>>
      content_;
};

/// Answers requests for one path, and knows the resources for the paths below. Derive, and override
/// renderGET and its like; text that they give is text/html. Held by shared_ptr, by its parent or a
/// Site.
///
///     struct Clock : http::Resource {
///       http::Rendered renderGET(http::Request&) override { return toText(now()); }
///     };
///     auto root = std::make_shared<http::Resource>();
///     root->putChild("clock", std::make_shared<Clock>());
///     reactor().listenTCP(8080, std::make_shared<http::Site>(root));
///
/// A path is walked segment by segment, decoded: each moves from request.postpath to
/// request.prepath. Walking ends at the last segment or at a leaf. A "/" at the end stands for the
/// resource before it, unless that has a child named "".
class Resource {
 public:
  Resource() = default;
  Resource(const Resource&) = delete;
  Resource& operator=(const Resource&) = delete;
  virtual ~Resource() = default;

  /// A leaf gets the paths below it as well; what is left of them is request.postpath.
  bool isLeaf = false;

  /// Answers. By default calls the render function of the method, and gives 405 with
  /// allowedMethods() where there is none.
  virtual Rendered render(Request& request);
  virtual Rendered renderGET(Request& request) { return notAllowed(request); }
  /// The answer to GET, whose body is left out.
  virtual Rendered renderHEAD(Request& request) { return renderGET(request); }
  virtual Rendered renderPOST(Request& request) { return notAllowed(request); }
  virtual Rendered renderPUT(Request& request) { return notAllowed(request); }
  virtual Rendered renderPATCH(Request& request) { return notAllowed(request); }
  virtual Rendered renderDELETE(Request& request) { return notAllowed(request); }
  /// 204 with allowedMethods().
  virtual Rendered renderOPTIONS(Request& request);
  /// For Allow fields. Override it together with more than renderGET; methodsOf() knows the answer:
  /// `std::string allowedMethods() const override { return http::methodsOf<Guestbook>(); }`
  [[nodiscard]] virtual std::string allowedMethods() const { return "GET, HEAD, OPTIONS"; }

  /// Adds a child, or replaces it.
  void putChild(std::string name, std::shared_ptr<Resource> child) {
    children_[std::move(name)] = std::move(child);
  }
  void removeChild(const std::string& name) { children_.erase(name); }
  /// A child that was not put there, made for the occasion; null: 404.
  virtual std::shared_ptr<Resource> getChild(std::string_view name, Request& request);
  /// The child that was put there, or else what getChild() gives.
  virtual std::shared_ptr<Resource> getChildWithDefault(std::string_view name, Request& request);

 protected:
  /// 405 with allowedMethods().
  Rendered notAllowed(Request& request) const;

 private:
  std::map<std::string, std::shared_ptr<Resource>, std::less<>> children_;
};

/// Which render functions a class overrides, as the text of an Allow field. They must be public.
template <class R>
[[nodiscard]] std::string methodsOf() {
  using Inherited = Rendered (Resource::*)(Request&);
  std::string methods;
  if constexpr (!std::is_same_v<decltype(&R::renderGET), Inherited>) methods += "GET, HEAD, ";
  if constexpr (!std::is_same_v<decltype(&R::renderPOST), Inherited>) methods += "POST, ";
  if constexpr (!std::is_same_v<decltype(&R::renderPUT), Inherited>) methods += "PUT, ";
  if constexpr (!std::is_same_v<decltype(&R::renderPATCH), Inherited>) methods += "PATCH, ";
  if constexpr (!std::is_same_v<decltype(&R::renderDELETE), Inherited>) methods += "DELETE, ";
  return methods + "OPTIONS";
}

/// A tree of resources as a handler. Public for those who write routers.
class ResourceHandler final : public Handler {
 public:
  /// @param prefix  the path of root, without a "/" at the end
  ResourceHandler(std::string_view prefix, std::shared_ptr<Resource> root)
      : prefix_(prefix), root_(std::move(root)) {}
  void handle(Request& request) override;

 private:
  static void split(std::string_view path, std::vector<std::string>& segments);

  std::string prefix_;
  std::shared_ptr<Resource> root_;
};

/// The resource that a request is for, going down from root along request.postpath. Null: there is
/// none.
[[nodiscard]] std::shared_ptr<Resource> getChildForRequest(std::shared_ptr<Resource> root,
                                                           Request& request);

/// A leaf from a function: whatever a route's handler may be.
template <class F>
[[nodiscard]] std::shared_ptr<Resource> resourceFor(F f) {
  class Leaf final : public Resource {
   public:
    explicit Leaf(F f) : handler_(handlerFor(std::move(f))) { isLeaf = true; }
    Rendered render(Request& request) override {
      handler_->handle(request);
      return NOT_DONE_YET;
    }

   private:
    std::unique_ptr<Handler> handler_;
  };
  return std::make_shared<Leaf>(std::move(f));
}

/// Chooses a resource by the name of the host that was asked for. Twisted's vhost.NameVirtualHost.
///
///     auto hosts = std::make_shared<http::NameVirtualHost>();
///     hosts->addHost("example.org", std::make_shared<http::File>("/srv/example"));
///     reactor.listenTCP(8080, std::make_shared<http::Site>(hosts));
class NameVirtualHost final : public Resource {
 public:
  /// For hosts that were not added; null: 404.
  std::shared_ptr<Resource> defaultHost;
  /// @param name  without the port, any case
  void addHost(std::string_view name, std::shared_ptr<Resource> resource);
  void removeHost(std::string_view name);

  Rendered render(Request& request) override;
  std::shared_ptr<Resource> getChildWithDefault(std::string_view name, Request& request) override;

 private:
  [[nodiscard]] std::shared_ptr<Resource> forHost(const Request& request) const;

  std::map<std::string, std::shared_ptr<Resource>, std::less<>> hosts_;
};

}  // namespace ropewalk::http
