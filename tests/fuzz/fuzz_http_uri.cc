// URIs, URLs, forms and request targets: what is parsed and written must parse again, to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ropewalk/protocols/http/form_data.h"
#include "ropewalk/protocols/http/request_target.h"
#include "ropewalk/protocols/http/uri.h"

namespace http = ropewalk::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void checkUri(std::string_view text) {
  const auto uri = http::parseUri(text);
  if (!uri) return;
  const http::Uri normal = http::normalize(*uri);
  require(http::normalize(normal) == normal);
  const auto base = http::parseUri("http://a/b/c/d;p?q");
  const http::Uri target = http::resolve(*base, *uri);
  require(target.isAbsolute());
  const auto again = http::parseUri(toText(target));
  require(again.ok() && toText(*again) == toText(target));
}

void checkUrl(std::string_view text) {
  const auto url = http::parseUrl(text);
  if (!url || http::defaultPort(url->scheme) == 0) return;
  const auto strict = http::parseUri(toText(*url));
  require(strict.ok() && *strict == *url);
  const auto again = http::parseUrl(toText(*url));
  require(again.ok() && *again == *url);
  // What a client derives from it is what a server accepts.
  http::RequestTarget target;
  require(http::parseRequestTarget(http::Method::get, url->requestTarget(), true, target));
  require(http::parseAuthority(url->hostField()).has_value());
}

void checkForm(std::string_view text) {
  const auto form = http::FormData::parse(text);
  const auto again = http::FormData::parse(toText(form));
  require(again.size() == form.size() && toText(again) == toText(form));
  require(http::percentDecode(http::percentEncode(text)) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  checkUri(text);
  checkUrl(text);
  checkForm(text);
  http::RequestTarget target;
  for (const auto method : {http::Method::get, http::Method::options, http::Method::connect}) {
    (void)http::parseRequestTarget(method, text, size % 2 == 0, target);
  }
  const auto resolved = http::resolve(*http::parseUri("https://h/x/y?z"), text);
  if (resolved) require(resolved->isAbsolute());
  return 0;
}
