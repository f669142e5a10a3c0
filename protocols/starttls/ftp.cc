// The lines between the first and the last of a reply may begin with anything. RFC 959 §4.2.
#include "ftp.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/starttls/detail/line_words.h"

namespace ropewalk {

namespace {

using Kind = StartTlsMeaning::Kind;

/// "AUTH TLS", "AUTH SSL;TLS;": RFC 4217 §6.
bool offersTls(std::string_view feature) {
  feature = trim(feature);
  return equalIgnoreCase(detail::takeWord(feature), "AUTH") && detail::hasWord(feature, "TLS", ';');
}

Kind meaningOf(StartTlsState state, int code) {
  switch (state) {
    case StartTlsState::greeting:
      if (code == 120) return Kind::more;  // RFC 959 §5.4: wait
      return code == 220 ? Kind::good : Kind::refused;
    case StartTlsState::capabilities:
      // RFC 2389: a server that knows no FEAT may know AUTH all the same.
      return code >= 500 ? Kind::askAnyway : Kind::good;
    case StartTlsState::reply:
    case StartTlsState::over:
      break;
  }
  return code == 234 ? Kind::good : Kind::refused;
}

class FtpReader {
 public:
  StartTlsMeaning operator()(StartTlsState state, std::string_view line) {
    const auto code = detail::replyCode(line);
    const bool more = detail::replyGoesOn(line);
    if (code_ == 0) {
      if (!code) return {Kind::failed, false, format("{} is no reply of ftp", quoteBytes(line))};
      if (!more) return {meaningOf(state, *code)};
      code_ = *code;
      return {};
    }
    const bool offers = state == StartTlsState::capabilities && offersTls(line);
    if (code != code_ || more) return {Kind::more, offers};
    code_ = 0;
    return {meaningOf(state, *code), offers};
  }

 private:
  int code_ = 0;  // of a reply of several lines that goes on
};

}  // namespace

StartTlsWords ftpStartTls() { return {"AUTH TLS", "FEAT\r\n", "AUTH TLS\r\n", FtpReader()}; }

}  // namespace ropewalk
