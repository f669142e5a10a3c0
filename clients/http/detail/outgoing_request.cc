// The head of a request, from what was checked before. RFC 9112 §3.2, §6.
#include "outgoing_request.h"

#include <utility>

#include "ropewalk/protocols/http/serializer.h"

namespace ropewalk::http::detail {

namespace {

/// RFC 9110 §8.6: a method that expects content says so even when there is none.
bool expectsContent(Method method) noexcept {
  return method == Method::post || method == Method::put || method == Method::patch;
}

/// RFC 9112 §3.2.2: a proxy is told the whole URL; a tunnel carries what the origin is told.
void appendTarget(std::string& head, const OutgoingRequest& request) {
  if (request.way.proxy != nullptr)
    head.append(request.url.scheme()).append("://").append(request.url.hostField());
  head.append(request.url.target());
}

void appendCallersFields(std::string& head, const Headers& headers) {
  for (const auto [name, value] : headers) {
    if (!equalIgnoreCase(name, "Host")) appendField(head, name, value);
  }
}

}  // namespace

void DefaultFields::add(std::string_view name, std::string_view value) {
  fields_.add(name, value);
  appendField(rendered_, name, value);
}

void DefaultFields::append(std::string& head, const Headers& said) const {
  if (said.empty()) {
    head += rendered_;
    return;
  }
  for (const auto [name, value] : fields_) {
    if (!said.has(name)) appendField(head, name, value);
  }
}

OutgoingRequest::OutgoingRequest(RequestUrl&& url, ClientRequest&& said, const Timeouts& timeouts,
                                 TimePoint now, const Way& way)
    : url(std::move(url)),
      method(std::move(said).method()),
      known(methodFromText(method)),
      headers(std::move(said).headers()),
      body(std::move(said).body()),
      timeouts(said.timeouts() ? *said.timeouts() : timeouts),
      span{.started = now},
      upgradeTo(said.upgradeTo()),
      way(way) {
  if (this->timeouts.total > Duration::zero()) span.deadline = now + this->timeouts.total;
}

OutgoingRequest::OutgoingRequest(const OutgoingRequest& before, Hop&& hop, const Way& way)
    : url(std::move(hop.url)),
      method(std::move(hop.method)),
      known(methodFromText(method)),
      headers(std::move(hop.headers)),
      body(std::move(hop.body)),
      timeouts(before.timeouts),
      span(before.span),
      upgradeTo(before.upgradeTo),
      way(way) {}

void appendHead(std::string& head, const OutgoingRequest& request) {
  const Headers& headers = request.headers;
  head.append(request.method).append(" ");
  appendTarget(head, request);
  head.append(" HTTP/1.1\r\n");
  appendField(head, "Host", headers.get("Host").value_or(request.url.hostField()));
  if (request.way.defaults != nullptr) request.way.defaults->append(head, headers);
  if (!request.way.kept && !headers.has("Connection")) appendField(head, "Connection", "close");
  appendCallersFields(head, headers);
  if (request.way.proxy != nullptr && !request.way.proxy->authorization.empty() &&
      !headers.has("Proxy-Authorization"))
    appendField(head, "Proxy-Authorization", request.way.proxy->authorization);
  if (const auto length = request.body.length(); !length) {
    appendField(head, "Transfer-Encoding", "chunked");
  } else if (!request.body.empty() || expectsContent(request.known)) {
    appendContentLength(head, *length);
  }
  head += kCrlf;
}

}  // namespace ropewalk::http::detail
