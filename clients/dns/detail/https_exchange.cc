// One request of an http::Agent for each question, and answers made as old as they are.
// RFC 8484 §4.1, §5.1.
#include "https_exchange.h"

#include <algorithm>
#include <utility>

#include "ropewalk/clients/http/agent.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/errors.h"

namespace ropewalk::dns {

namespace {

constexpr std::string_view kMediaType = "application/dns-message";

http::AgentOptions agentOptions(const http::AgentTLS& tls) {
  http::AgentOptions options;
  options.tls = tls;
  options.redirects.follow = false;  // the question is for the server that was chosen
  return options;
}

http::ClientRequest requestFor(const std::string& url, HttpsExchange::Method method,
                               const std::string& wire) {
  if (method == HttpsExchange::Method::get) {
    // RFC 8484 §4.1: what is asked in the same words can be cached on the way.
    const char mark = url.find('?') == std::string::npos ? '?' : '&';
    return http::get(format("{}{}dns={}", url, mark, base64Encode(wire, Base64::url)))
        .header("Accept", kMediaType);
  }
  return http::post(url, wire).header("Accept", kMediaType).header("Content-Type", kMediaType);
}

/// RFC 8484 §5.1: what was kept on the way is older than its TTLs say.
void age(Message& answer, const http::Headers& headers) {
  const auto seconds = parseNumber<std::uint32_t>(trim(headers.get("Age").value_or("")));
  if (!seconds) return;
  for (auto* section : {&answer.answers, &answer.authority, &answer.additional}) {
    for (Record& record : *section) record.ttl -= std::min(record.ttl, *seconds);
  }
}

Result<void> checkHead(const http::ClientResponse& response, const std::string& url) {
  const auto failed = [&](const std::string& why) {
    return Failure(ResolverError(format("cannot ask {}: {}", url, why)));
  };
  if (response.status / 100 != 2)
    return failed(format("it answered {} {}", response.status, response.reason));
  const std::string type = lowerCase(response.headers.get("Content-Type").value_or(""));
  if (trim(std::string_view(type).substr(0, type.find(';'))) != kMediaType)
    return failed(format("it answered with {}, which is no DNS message", quoteBytes(type)));
  return {};
}

Deferred<Message> fetch(std::shared_ptr<http::Agent> agent, std::string url,
                        http::ClientRequest request, OutgoingQuery query,
                        std::shared_ptr<ClientCounts> counts) {
  Deferred<http::ClientResponse> responding = agent->request(std::move(request));
  http::ClientResponse response = co_await std::move(responding);
  const Result<void> good = checkHead(response, url);
  if (!good) co_return good.failure();
  Deferred<std::string> reading = response.readBody(kMaxMessageLength);
  const std::string body = co_await std::move(reading);
  Result<Message> answer = query.receive(body);
  if (!answer) {
    ++counts->ignored;
    co_return Failure(ResolverError(
        format("cannot use the answer of {}: {}", url, answer.failure().getErrorMessage())));
  }
  ++counts->answers;
  age(*answer, response.headers);
  co_return answer;
}

}  // namespace

HttpsExchange::HttpsExchange(Reactor& reactor, std::string url, const http::AgentTLS& tls,
                             Method method, std::shared_ptr<ClientCounts> counts)
    : agent_(std::make_shared<http::Agent>(reactor, agentOptions(tls))),
      url_(std::move(url)),
      method_(method),
      counts_(std::move(counts)) {}

HttpsExchange::~HttpsExchange() = default;

Deferred<Message> HttpsExchange::ask(Question question, QueryOptions options) {
  options.cookie.clear();
  options.randomCase = options.sameCase = false;
  OutgoingQuery query(std::move(question), std::move(options), 0);  // RFC 8484 §4.1: id 0
  http::ClientRequest request = requestFor(url_, method_, query.wire());
  ++counts_->sent;
  return fetch(agent_, url_, std::move(request), std::move(query), counts_);
}

}  // namespace ropewalk::dns
