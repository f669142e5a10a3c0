// Methods, reason phrases, and heads that own their bytes. RFC 9110 §9, §15.
#include "message.h"

#include <algorithm>
#include <iterator>
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

namespace {

struct Phrase {
  int status;
  std::string_view text;
};

// RFC 9110 §15; IANA's registry of status codes.
constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
};
static_assert(std::is_sorted(std::begin(kPhrases), std::end(kPhrases),
                             [](const Phrase& a, const Phrase& b) { return a.status < b.status; }));

}  // namespace

std::string_view reasonPhrase(int status) noexcept {
  const auto* const found =
      std::lower_bound(std::begin(kPhrases), std::end(kPhrases), status,
                       [](const Phrase& phrase, int wanted) { return phrase.status < wanted; });
  if (found != std::end(kPhrases) && found->status == status) return found->text;
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
