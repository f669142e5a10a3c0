// Dispatch: routes, then the tree of resources, then what the server answers by itself.
// RFC 9110 §9.3.7, §9.3.8.
#include "site.h"

#include <ctime>

#include "request_error.h"
#include "resource.h"
#include "ropewalk/protocols/http/serializer.h"
#include "ropewalk/servers/http/detail/error_page.h"
#include "ropewalk/servers/http/detail/log.h"
#include "ropewalk/servers/http/files/static_files.h"
#include "ropewalk/servers/http/http1/detail/channel.h"
#include "router.h"

namespace ropewalk::http {

namespace {
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
}

Site::Site(SiteOptions options)
    : options_(std::move(options)), router_(std::make_unique<Router>()) {}

Site::Site(std::shared_ptr<Resource> root, SiteOptions options) : Site(std::move(options)) {
  root_ = std::make_unique<ResourceHandler>("", std::move(root));
}

Site::~Site() = default;

Site& Site::add(std::optional<Method> method, std::string_view pattern,
                std::unique_ptr<Handler> handler) {
  router_->add(method, pattern, std::move(handler));
  return *this;
}

Site& Site::files(std::string_view prefix, std::string directory) {
  return files(prefix, std::move(directory), FilesOptions());
}

Site& Site::files(std::string_view prefix, std::string directory, FilesOptions options) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  const auto files = std::make_shared<StaticFiles>(std::move(directory), std::move(options));
  add(Method::get, std::string(prefix) + "/*path", std::make_unique<FilesHandler>(files));
  if (!prefix.empty()) add(Method::get, prefix, std::make_unique<FilesHandler>(files));
  return *this;
}

Site& Site::mount(std::string_view prefix, std::shared_ptr<Resource> resource) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  add(std::nullopt, std::string(prefix) + "/*path",
      std::make_unique<ResourceHandler>(prefix, resource));
  if (!prefix.empty())
    add(std::nullopt, prefix, std::make_unique<ResourceHandler>(prefix, resource));
  return *this;
}

Site& Site::onError(UniqueFunction<void(Request&, const Failure&)> told) {
  onError_ = std::move(told);
  return *this;
}

Site& Site::errorPage(ErrorPage page) {
  errorPage_ = std::move(page);
  return *this;
}

std::unique_ptr<Protocol> Site::buildProtocol(const Address& /*peer*/) {
  return std::make_unique<Channel>(shared_from_this());
}

std::int64_t Site::unixTime() const {
  return options_.unixTime != nullptr ? options_.unixTime()
                                      : static_cast<std::int64_t>(std::time(nullptr));
}

void Site::handle(Request& request) noexcept {
  try {
    dispatch(request);
  } catch (...) {
    request.detach();
    request.fail(Failure::current());
  }
}

void Site::dispatch(Request& request) {
  const RequestHead& head = request.head();
  if (head.expectUnknown) throw RequestError(417);
  if (head.targetForm == TargetForm::asterisk || head.targetForm == TargetForm::authority)
    return serverWide(request);

  request.route_ = router_->find(request.path(), request.captures_);
  // RFC 9110 §9.3.8: TRACE would show a script the fields that the browser hides from it.
  if (head.method == Method::trace)
    return notAllowed(request, request.route_ ? request.route_->allow() : kAllMethods);
  if (request.route_ == nullptr) {
    if (!root_) throw RequestError(404);
    request.detach();
    return root_->handle(request);
  }
  Handler* const handler = request.route_->find(head.method);
  if (handler == nullptr) return notAllowed(request, request.route_->allow());
  if (handler->keepsRequest()) request.detach();
  handler->handle(request);
}

/// OPTIONS *, which asks about the server as a whole, and CONNECT, which this server is no proxy
/// for.
void Site::serverWide(Request& request) {
  if (request.method() != Method::options) throw RequestError(501);
  request.respond(Response(204).header("Allow", kAllMethods));
}

void Site::notAllowed(Request& request, std::string_view allow) {
  if (request.method() == Method::options)
    return request.respond(Response(204).header("Allow", allow));
  Response response = request.site().errorResponse(request, 405, {});
  request.respond(std::move(response.header("Allow", allow)));
}

Response Site::errorResponse(Request& request, int status, std::string_view message) {
  if (errorPage_) {
    try {
      return errorPage_(request, status, message);
    } catch (...) {
      kLog.error("{}: the error page for {} failed: {}", request.id(), status, Failure::current());
    }
  }
  return defaultErrorPage(request, status, message);
}

std::string Site::refusal(int status, std::string_view why) const {
  const std::string body = errorLine(status, why);
  std::string out;
  appendStatusLine(out, Version::http11, status);
  DateCache date;
  out.append(date.fieldLine(unixTime()));
  if (!options_.serverHeader.empty()) appendField(out, "Server", options_.serverHeader);
  appendField(out, "Content-Type", "text/plain; charset=utf-8");
  appendContentLength(out, body.size());
  return out.append("Connection: close\r\n\r\n").append(body);
}

void Site::handlerFailed(Request& request, const Failure& why) noexcept {
  try {
    kLog.error("{}: {} {} failed: {}", request.id(), request.methodText(), request.uri(),
               why.getTraceback());
    if (onError_) onError_(request, why);
  } catch (...) {
    kLog.error("the error hook failed: {}", Failure::current());
  }
}

}  // namespace ropewalk::http
