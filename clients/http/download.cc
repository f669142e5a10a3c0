// Attempts appended to a part file, as far as validators say that they belong together.
// RFC 9110 §13.1.5, §15.3.7.
#include "download.h"

#include <utility>

#include "ropewalk/clients/http/detail/part_file.h"
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

std::optional<detail::PartNote> noteOf(const ClientResponse& response) {
  std::optional<std::string> validator = strongValidator(response.headers);
  if (!validator) return std::nullopt;
  return detail::PartNote{*std::move(validator), response.contentLength};
}

/// RFC 9110 §15.3.7.3: parts of the same strong validator may be put together. What a part does not
/// say contradicts nothing: our If-Range has asked for it.
bool confirms(const ClientResponse& response, const detail::PartNote& note) {
  const bool byTag = parseEntityTag(note.validator).has_value();
  const auto said = response.headers.get(byTag ? "ETag" : "Last-Modified");
  return !said || *said == note.validator;
}

ContentRange contentRangeOf(const ClientResponse& response) {
  const auto field = response.headers.get("Content-Range");
  return parseContentRange(field.value_or("")).value_or(ContentRange());
}

/// Where the body of this response belongs in the file: at the end of what is there, or at the
/// beginning.
enum class Place { append, restart, alreadyComplete, askAgain, refused };

/// @param note  of what is in the file, where a part was asked for
Place placeOf(const ClientResponse& response, std::uint64_t offset,
              const std::optional<detail::PartNote>& note) {
  if (response.status != 206 && response.status != 416)
    return response.status >= 200 && response.status < 300 ? Place::restart : Place::refused;
  if (!note) return Place::refused;
  const auto said = contentRangeOf(response);
  const std::uint64_t total = note->total.value_or(said.size.value_or(UINT64_MAX));
  if (said.size.value_or(total) != total || !confirms(response, *note)) return Place::askAgain;
  if (response.status == 416) return said.size == offset ? Place::alreadyComplete : Place::askAgain;
  if (!said.range || said.range->first != offset || said.range->last >= total)
    return Place::askAgain;
  const bool fits = response.contentLength.value_or(said.range->size()) == said.range->size();
  return fits ? Place::append : Place::askAgain;
}

/// What is known of the whole, once it is known where the body belongs.
struct Extent {
  std::uint64_t end = UINT64_MAX;      // of the file, when it has all of this body
  std::optional<std::uint64_t> total;  // bytes of the whole
};

Extent extentOf(const ClientResponse& response, const std::optional<detail::PartNote>& note) {
  if (response.status != 206) return {.total = response.contentLength};
  const auto said = contentRangeOf(response);
  return {.end = said.range->last + 1, .total = said.size ? said.size : note->total};
}

ClientRequest requestFor(const std::string& url, const DownloadOptions& options,
                         std::uint64_t offset, const std::optional<detail::PartNote>& note) {
  Headers headers = options.headers();
  if (note) {
    headers.set("Range", format("bytes={}-", offset));
    headers.set("If-Range", note->validator);
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
                     const DownloadOptions& options, const Extent& extent) {
  if (options.limit() && extent.total.value_or(file.size()) > *options.limit())
    return fail<void>(tooLarge(response.url, *options.limit()));
  if (options.progress()) options.progress()(file.size(), extent.total);
  return response.deliver([&file, &options, extent, url = response.url](std::string_view piece) {
    if (options.limit() && piece.size() > *options.limit() - file.size())
      throw tooLarge(url, *options.limit());
    if (piece.size() > extent.end - file.size()) {
      file.restart(url, std::nullopt);  // who knows which of its bytes are right
      throw ResponseFailed(
          format("cannot read {}: the part is longer than it was said to be", url));
    }
    file.append(piece);
    if (options.progress()) options.progress()(file.size(), extent.total);
  });
}

}  // namespace

/// A part may be shorter than what was asked for (RFC 9110 §15.3.7): the rest is asked for until
/// the file is as long as the server says, and everything where two answers do not belong together.
Deferred<Download> downloadPage(Agent& agent, std::string url, std::string path,
                                DownloadOptions options) {
  if (options.resume() && (options.method() != "GET" || !options.body().empty())) {
    co_return Failure(InvalidRequest(
        format("cannot resume {}: only a GET without a body can go on; leave resume out", path)));
  }
  detail::PartFile file =
      options.resume() ? detail::PartFile::resumable(path) : detail::PartFile::temporary(path);
  std::optional<detail::PartNote> note = file.noteFor(url);
  std::uint64_t resumed = file.size();
  const auto startAnew = [&](std::optional<detail::PartNote> of) {
    file.restart(url, of);
    note = std::move(of);
    resumed = 0;
  };
  while (true) {
    ClientRequest request = requestFor(url, options, file.size(), note);
    Deferred<ClientResponse> responding = agent.request(std::move(request));
    ClientResponse response = co_await std::move(responding);
    const Place place = placeOf(response, file.size(), note);
    if (place == Place::refused) {
      Deferred<std::string> reading = errorPage(response);
      std::string body = co_await std::move(reading);
      co_return refused(response, std::move(body));
    }
    if (place == Place::askAgain) {
      startAnew(std::nullopt);
      continue;
    }
    if (place == Place::restart) startAnew(noteOf(response));
    if (place != Place::alreadyComplete) {
      const Extent extent = extentOf(response, note);
      const std::uint64_t before = file.size();
      Deferred<void> storing = store(response, file, options, extent);
      co_await std::move(storing);
      if (place == Place::append && file.size() != extent.total) {
        note->total = extent.total;
        if (file.size() == before) startAnew(std::nullopt);
        continue;
      }
    }
    file.commit();
    co_return Download{.path = std::move(path),
                       .size = file.size(),
                       .resumed = resumed,
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
