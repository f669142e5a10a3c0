#include "ropewalk/clients/http/download.h"

#include <utility>

#include "ropewalk/clients/http/part_file.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/http/date.h"
#include "ropewalk/protocols/http/etag.h"
#include "ropewalk/protocols/http/range.h"

namespace ropewalk::http {

namespace {

constexpr std::size_t kErrorPage = 64_KiB;

/// What proves later that the file is still the same, byte for byte: a strong entity tag, or a date
/// that was not of the same second (RFC 9110 §8.8.2.2, §13.1.5).
std::optional<std::string> strongValidator(const Headers& headers) {
  if (const auto tag = headers.get("ETag")) {
    const auto parsed = parseEntityTag(*tag);
    if (parsed && !parsed->weak) return std::string(*tag);
    return std::nullopt;
  }
  const auto modified = headers.get("Last-Modified");
  const auto sent = headers.get("Date");
  if (!modified || !sent) return std::nullopt;
  const auto modifiedTime = parseDate(*modified);
  const auto sentTime = parseDate(*sent);
  if (!modifiedTime || !sentTime || *sentTime <= *modifiedTime) return std::nullopt;
  return std::string(*modified);
}

/// Where the body of this response belongs in the file: at the end of what is there, or at the
/// beginning.
enum class Place { append, restart, alreadyComplete, askAgain, refused };

Place placeOf(const ClientResponse& response, std::uint64_t offset) {
  if (response.status == 206 || response.status == 416) {
    if (offset == 0) return Place::refused;  // nobody asked for a part
    const auto range = parseContentRange(response.headers.get("Content-Range").value_or(""));
    if (response.status == 416) {
      return range && range->size == offset ? Place::alreadyComplete : Place::askAgain;
    }
    return range && range->range && range->range->first == offset ? Place::append : Place::askAgain;
  }
  return response.status >= 200 && response.status < 300 ? Place::restart : Place::refused;
}

std::optional<std::uint64_t> totalOf(const ClientResponse& response, std::uint64_t offset) {
  if (response.status == 206) {
    if (const auto range = parseContentRange(response.headers.get("Content-Range").value_or(""));
        range && range->size) {
      return range->size;
    }
  }
  if (!response.contentLength) return std::nullopt;
  return offset + *response.contentLength;
}

ClientRequest requestFor(const std::string& url, const DownloadOptions& options,
                         const detail::PartFile& file) {
  Headers headers = options.headers();
  if (const std::optional<std::string> validator = file.validatorFor(url)) {
    headers.set("Range", format("bytes={}-", file.size()));
    headers.set("If-Range", *validator);
  }
  ClientRequest request(url);
  request.method(options.method()).body(options.body());
  request.headers(std::move(headers)).timeouts(*options.timeouts());
  if (options.redirects()) request.redirects(*options.redirects());
  return request;
}

Failure refused(ClientResponse& response, std::string body) {
  Page page{.status = response.status,
            .reason = response.reason,
            .headers = response.headers,
            .body = std::move(body),
            .url = response.url,
            .redirects = response.redirects,
            .timing = response.timing(),
            .tls = response.tls};
  return StatusError(std::move(page));
}

BodyTooLarge tooLarge(const std::string& url, std::uint64_t limit) {
  return BodyTooLarge(format("cannot download {}: it is larger than {}", url, humanBytes(limit)));
}

Deferred<std::string> errorPage(ClientResponse& response) {
  return response.readBody(kErrorPage).addErrback([](const Failure& why) -> Result<std::string> {
    if (why.check<CancelledError>() != nullptr) return why;
    return std::string();
  });
}

/// Writes a body to the end of the file.
Deferred<void> store(ClientResponse& response, detail::PartFile& file,
                     const DownloadOptions& options) {
  const std::optional<std::uint64_t> total = totalOf(response, file.size());
  if (options.limit() && total.value_or(file.size()) > *options.limit())
    return fail<void>(tooLarge(response.url, *options.limit()));
  if (options.progress()) options.progress()(file.size(), total);
  return response.deliver([&file, &options, total, url = response.url](std::string_view piece) {
    if (options.limit() && piece.size() > *options.limit() - file.size())
      throw tooLarge(url, *options.limit());
    file.append(piece);
    if (options.progress()) options.progress()(file.size(), total);
  });
}

}  // namespace

Deferred<Download> downloadPage(Agent& agent, std::string url, std::string path,
                                DownloadOptions options) {
  detail::PartFile file =
      options.resume() ? detail::PartFile::resumable(path) : detail::PartFile::temporary(path);
  for (bool again = false;; again = true) {
    ClientRequest request = requestFor(url, options, file);
    const std::uint64_t offset = request.headers().has("If-Range") ? file.size() : 0;
    Deferred<ClientResponse> responding = agent.request(std::move(request));
    ClientResponse response = co_await std::move(responding);
    const Place place = placeOf(response, offset);
    if (place == Place::refused || (place == Place::askAgain && again)) {
      Deferred<std::string> reading = errorPage(response);
      std::string body = co_await std::move(reading);
      co_return refused(response, std::move(body));
    }
    if (place == Place::askAgain) {
      file.restart(url, std::nullopt);
      continue;
    }
    if (place == Place::restart) file.restart(url, strongValidator(response.headers));
    if (place != Place::alreadyComplete) {
      Deferred<void> storing = store(response, file, options);
      co_await std::move(storing);
    }
    file.commit();
    co_return Download{.path = std::move(path),
                       .size = file.size(),
                       .resumed = place == Place::restart ? 0 : offset,
                       .status = response.status,
                       .headers = std::move(response.headers),
                       .url = std::move(response.url),
                       .timing = response.timing(),
                       .tls = std::move(response.tls)};
  }
}

Deferred<Download> downloadPage(std::string url, std::string path, DownloadOptions options) {
  return downloadPage(defaultAgent(), std::move(url), std::move(path), std::move(options));
}

}  // namespace ropewalk::http
