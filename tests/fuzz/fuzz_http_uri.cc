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
  const bool zone = url->host->find('%') != std::string::npos;  // no part of a URI (RFC 9844)
  const auto strict = http::parseUri(toText(*url));
  require(zone ? !strict.ok() : strict.ok() && *strict == *url);
  const auto again = http::parseUrl(toText(*url));
  require(again.ok() && *again == *url);
  // What a client derives from it is what a server accepts.
  http::RequestTarget target;
  require(http::parseRequestTarget(http::Method::get, url->requestTarget(), true, target));
  require(http::parseAuthority(url->hostField()).has_value());
}

// No segment of a clean path is one that climbs, however often it is cleaned or decoded.
void checkPath(std::string_view text, bool strict) {
  http::RequestTarget target;
  if (!http::parseRequestTarget(http::Method::get, text, strict, target)) return;
  if (target.targetForm != http::TargetForm::origin) return;
  const std::string clean = http::cleanPath(target.path);
  require(!target.plainPath || clean == target.path);
  require(http::cleanPath(clean) == clean);
  require(clean.starts_with('/') && clean.size() <= target.path.size());
  for (std::size_t at = 0; at < clean.size();) {
    const std::size_t end = clean.find('/', at + 1);
    const std::string encoded = clean.substr(at + 1, end - at - 1);
    const auto segment = http::percentDecode(encoded);
    require(segment.has_value() && *segment != "." && *segment != "..");
    require(!encoded.empty() || end == std::string::npos);
    at = end == std::string::npos ? clean.size() : end;
  }
  // What is sent elsewhere of it is a URI, and means the same.
  const auto uri = http::parseUri(http::encodeRaw(clean, http::EncodeSet::path));
  require(clean.starts_with("//") ||
          (uri.ok() && http::percentDecode(uri->path) == http::percentDecode(clean)));
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
  for (const bool strict : {false, true}) checkPath(text, strict);
  http::RequestTarget target;
  for (const auto method : {http::Method::get, http::Method::options, http::Method::connect}) {
    (void)http::parseRequestTarget(method, text, size % 2 == 0, target);
  }
  const auto resolved = http::resolve(*http::parseUri("https://h/x/y?z"), text);
  if (resolved) require(resolved->isAbsolute());
  return 0;
}
