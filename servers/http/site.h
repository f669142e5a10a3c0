// Site: an HTTP server as a Factory: routes, resources, limits, logs. Twisted's server.Site.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "access_log.h"
#include "handler.h"
#include "limits.h"
#include "request.h"
#include "response.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk::http {

class Resource;
class Route;
class Router;
struct FilesOptions;

struct SiteOptions {
  ServerLimits limits = {};
  /// Gets an entry for each response; none: no log, and no cost. See combinedLine() and jsonLine().
  AccessLog accessLog = {};
  /// Of the Server field; empty: none is sent.
  std::string serverHeader = {};
  /// Take an X-Request-Id over from the client: only behind a proxy that sets it.
  bool trustRequestId = false;
  /// For tests: whose time counts for the limits; null: that of the reactor of each connection.
  Clock* clock = nullptr;
  /// For tests: seconds since 1970, for Date fields and logs; null: the system's clock.
  std::int64_t (*unixTime)() = nullptr;
};

/// Serves HTTP/1.1 on any stream: TCP, UNIX, TLS. Held by shared_ptr; one Site may serve several
/// ports of one thread, and outlives its connections.
///
///     auto site = std::make_shared<http::Site>();
///     site->get("/", [](http::Request&) { return "hello\n"; });
///     site->get("/users/:id", [](http::Request& r) {
///       return http::json({{"id", r.param("id")}});
///     });
///     site->files("/static", "public");
///     reactor().listenTCP(8080, site);
///
/// HEAD and OPTIONS are answered by themselves, 404 and 405 too. What else a handler may take and
/// give: handler.h.
class Site : public Factory, public std::enable_shared_from_this<Site> {
 public:
  explicit Site(SiteOptions options = SiteOptions());
  /// Serves a tree of resources; routes go before it.
  explicit Site(std::shared_ptr<Resource> root, SiteOptions options = SiteOptions());
  ~Site() override;

  // Routes. Patterns: router.h. Each throws std::invalid_argument on a pattern that cannot be, or
  // that is taken.

  template <class F>
  Site& get(std::string_view pattern, F f) {
    return route(Method::get, pattern, std::move(f));
  }
  template <class F>
  Site& post(std::string_view pattern, F f) {
    return route(Method::post, pattern, std::move(f));
  }
  template <class F>
  Site& put(std::string_view pattern, F f) {
    return route(Method::put, pattern, std::move(f));
  }
  template <class F>
  Site& patch(std::string_view pattern, F f) {
    return route(Method::patch, pattern, std::move(f));
  }
  /// DELETE.
  template <class F>
  Site& del(std::string_view pattern, F f) {
    return route(Method::delete_, pattern, std::move(f));
  }
  template <class F>
  Site& route(Method method, std::string_view pattern, F f) {
    return add(method, pattern, handlerFor(std::move(f)));
  }
  /// Every method that has no handler of its own.
  template <class F>
  Site& any(std::string_view pattern, F f) {
    return add(std::nullopt, pattern, handlerFor(std::move(f)));
  }
  /// Any handler; without a method: for every method that has none of its own.
  Site& add(std::optional<Method> method, std::string_view pattern,
            std::unique_ptr<Handler> handler);

  /// Serves the files below a directory at a prefix: `files("/", "public")`. Options:
  /// static_files.h.
  Site& files(std::string_view prefix, std::string directory);
  Site& files(std::string_view prefix, std::string directory, FilesOptions options);
  /// Puts a tree of resources at a prefix.
  Site& mount(std::string_view prefix, std::shared_ptr<Resource> resource);

  /// Told of every failure that becomes a 500, after it was logged.
  Site& onError(UniqueFunction<void(Request&, const Failure&)> told);
  /// Makes the pages of errors. `message` is for the client, often empty. Without one: a line of
  /// text, or a small page for browsers.
  using ErrorPage = UniqueFunction<Response(Request&, int status, std::string_view message)>;
  Site& errorPage(ErrorPage page);

  [[nodiscard]] const Router& router() const noexcept { return *router_; }
  [[nodiscard]] SiteOptions& options() noexcept { return options_; }
  [[nodiscard]] const SiteOptions& options() const noexcept { return options_; }

  std::unique_ptr<Protocol> buildProtocol(const Address& peer) override;

  // For connections.

  /// Has the request answered. Never throws.
  void handle(Request& request) noexcept;
  /// The page of an error: what errorPage() was given makes it, else the default.
  [[nodiscard]] Response errorResponse(Request& request, int status, std::string_view message);
  /// The whole answer to what was no request.
  [[nodiscard]] std::string refusal(int status, std::string_view why) const;
  /// Logs what becomes a 500.
  void handlerFailed(Request& request, const Failure& why) noexcept;
  /// Seconds since 1970, for Date fields and logs.
  [[nodiscard]] std::int64_t unixTime() const;

 private:
  void dispatch(Request& request);
  void serverWide(Request& request);
  static void notAllowed(Request& request, std::string_view allow);

  SiteOptions options_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Handler> root_;
  UniqueFunction<void(Request&, const Failure&)> onError_;
  ErrorPage errorPage_;
};

}  // namespace ropewalk::http
