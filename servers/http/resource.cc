// The walk down a tree, segment by segment, and the methods of a node. RFC 9110 §9.3, §15.5.6.
#include "resource.h"

#include "request_error.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/uri.h"
#include "site.h"

namespace ropewalk::http {

void Rendered::answer(Request& request) && {
  std::visit(
      [&request](auto&& content) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(content)>, NotDoneYet>)
          request.respond(std::move(content));
      },
      std::move(content_));
}

Rendered Resource::render(Request& request) {
  switch (request.method()) {
    case Method::get:
      return renderGET(request);
    case Method::head:
      return renderHEAD(request);
    case Method::post:
      return renderPOST(request);
    case Method::put:
      return renderPUT(request);
    case Method::patch:
      return renderPATCH(request);
    case Method::delete_:
      return renderDELETE(request);
    case Method::options:
      return renderOPTIONS(request);
    default:
      return notAllowed(request);
  }
}

Rendered Resource::renderOPTIONS(Request& /*request*/) {
  return Response(204).header("Allow", allowedMethods());
}

Rendered Resource::notAllowed(Request& request) const {
  return request.site().errorResponse(request, 405, {}).header("Allow", allowedMethods());
}

std::shared_ptr<Resource> Resource::getChild(std::string_view /*name*/, Request& /*request*/) {
  return nullptr;
}

std::shared_ptr<Resource> Resource::getChildWithDefault(std::string_view name, Request& request) {
  const auto found = children_.find(name);
  return found != children_.end() ? found->second : getChild(name, request);
}

std::shared_ptr<Resource> getChildForRequest(std::shared_ptr<Resource> root, Request& request) {
  std::shared_ptr<Resource> resource = std::move(root);
  while (resource && !resource->isLeaf && !request.postpath.empty()) {
    std::string name = std::move(request.postpath.front());
    request.postpath.erase(request.postpath.begin());
    const bool last = request.postpath.empty();
    request.prepath.push_back(name);
    std::shared_ptr<Resource> child = resource->getChildWithDefault(name, request);
    if (!child && last && name.empty()) return resource;
    resource = std::move(child);
  }
  return resource;
}

/// "/a%20b/c" has the segments "a b" and "c"; "/" has one, "".
void ResourceHandler::split(std::string_view path, std::vector<std::string>& segments) {
  if (path.starts_with('/')) path.remove_prefix(1);
  for (const std::string_view segment : ropewalk::split(path, '/')) {
    segments.push_back(percentDecode(segment).value_or(std::string(segment)));
  }
}

void ResourceHandler::handle(Request& request) {
  request.detach();
  request.defaultType_ = "text/html; charset=utf-8";
  request.prepath.clear();
  request.postpath.clear();
  if (!prefix_.empty()) split(prefix_, request.prepath);
  // As many segments as the prefix has were matched by it, however they were encoded.
  split(request.path(), request.postpath);
  request.postpath.erase(
      request.postpath.begin(),
      request.postpath.begin() + static_cast<std::ptrdiff_t>(request.prepath.size()));
  std::shared_ptr<Resource> resource = getChildForRequest(root_, request);
  if (!resource) throw RequestError(404);
  Resource& chosen = *resource;
  request.resource_ = std::move(resource);  // may have been made for this request
  chosen.render(request).answer(request);
}

void NameVirtualHost::addHost(std::string_view name, std::shared_ptr<Resource> resource) {
  hosts_[lowerCase(name)] = std::move(resource);
}

void NameVirtualHost::removeHost(std::string_view name) { hosts_.erase(lowerCase(name)); }

std::shared_ptr<Resource> NameVirtualHost::forHost(const Request& request) const {
  const auto found = hosts_.find(lowerCase(request.getRequestHostname()));
  return found != hosts_.end() ? found->second : defaultHost;
}

Rendered NameVirtualHost::render(Request& request) {
  const std::shared_ptr<Resource> host = forHost(request);
  if (!host) throw RequestError(404);
  return host->render(request);
}

std::shared_ptr<Resource> NameVirtualHost::getChildWithDefault(std::string_view name,
                                                               Request& request) {
  // The segment is the host's own: it looks for it again.
  request.prepath.pop_back();
  request.postpath.insert(request.postpath.begin(), std::string(name));
  return forHost(request);
}

}  // namespace ropewalk::http
