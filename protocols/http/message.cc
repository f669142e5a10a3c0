// Methods, reason phrases, and heads that own their bytes. RFC 9110 §9, §15.
#include "message.h"

#include <type_traits>

namespace ropewalk::http {
namespace {

// In the order of Method.
constexpr std::string_view kMethods[] = {
    "GET",         "HEAD",       "POST",       "PUT",   "DELETE",   "CONNECT", "OPTIONS",
    "TRACE",       "PATCH",      "COPY",       "LOCK",  "MKCOL",    "MOVE",    "PROPFIND",
    "PROPPATCH",   "SEARCH",     "UNLOCK",     "BIND",  "REBIND",   "UNBIND",  "ACL",
    "REPORT",      "MKACTIVITY", "CHECKOUT",   "MERGE", "M-SEARCH", "NOTIFY",  "SUBSCRIBE",
    "UNSUBSCRIBE", "PURGE",      "MKCALENDAR", "LINK",  "UNLINK",   "SOURCE"};
static_assert(std::size(kMethods) == static_cast<std::size_t>(Method::unknown));

template <class View>
void moveView(View& view, const char* from, const char* to) noexcept {
  if (view.data() != nullptr) view = View(to + (view.data() - from), view.size());
}

void moveViews(RequestHead& head, const char* from, const char* to) noexcept {
  for (auto* view : {&head.text, &head.methodText, &head.target, &head.path, &head.query,
                     &head.host, &head.scheme, &head.upgrade}) {
    moveView(*view, from, to);
  }
}

void moveViews(ResponseHead& head, const char* from, const char* to) noexcept {
  for (auto* view : {&head.text, &head.reason, &head.upgrade}) moveView(*view, from, to);
}

}  // namespace

std::string_view methodText(Method method) noexcept {
  return method == Method::unknown ? std::string_view()
                                   : kMethods[static_cast<std::size_t>(method)];
}

Method methodFromText(std::string_view text) noexcept {
  for (std::size_t i = 0; i < std::size(kMethods); ++i) {
    if (text == kMethods[i]) return static_cast<Method>(i);
  }
  return Method::unknown;
}

bool isSafe(Method method) noexcept {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::options:
    case Method::trace:
    case Method::propfind:
    case Method::report:
    case Method::search:
      return true;
    default:
      return false;
  }
}

bool isIdempotent(Method method) noexcept {
  switch (method) {
    case Method::put:
    case Method::delete_:
    case Method::copy:
    case Method::mkcol:
    case Method::move:
    case Method::proppatch:
    case Method::unlock:
    case Method::bind:
    case Method::rebind:
    case Method::unbind:
    case Method::acl:
    case Method::mkactivity:
    case Method::checkout:
    case Method::merge:
    case Method::mkcalendar:
    case Method::link:
    case Method::unlink:
      return true;
    default:
      return isSafe(method);
  }
}

std::string_view reasonPhrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 102:
      return "Processing";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 208:
      return "Already Reported";
    case 226:
      return "IM Used";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 305:
      return "Use Proxy";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 418:
      return "I'm a teapot";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 424:
      return "Failed Dependency";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 506:
      return "Variant Also Negotiates";
    case 507:
      return "Insufficient Storage";
    case 508:
      return "Loop Detected";
    case 510:
      return "Not Extended";
    case 511:
      return "Network Authentication Required";
    default:
      break;
  }
  constexpr std::string_view kClasses[] = {"Informational", "Success", "Redirection",
                                           "Client Error", "Server Error"};
  return status >= 100 && status < 600 ? kClasses[status / 100 - 1] : "Unknown Status";
}

template <class Head>
void OwnedHead<Head>::assign(const Head& head) {
  bytes_.assign(head.text.begin(), head.text.end());
  lines_.assign(head.fields.begin(), head.fields.end());
  head_ = head;
  moveViews(head_, head.text.data(), bytes_.data());
  for (FieldLine& line : lines_) {
    moveView(line.name, head.text.data(), bytes_.data());
    moveView(line.value, head.text.data(), bytes_.data());
  }
  head_.fields = FieldLines(lines_);
}
template class OwnedHead<RequestHead>;
template class OwnedHead<ResponseHead>;

}  // namespace ropewalk::http
