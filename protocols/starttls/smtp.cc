// Every line of a reply begins with its code. RFC 5321 §4.2.1.
#include "smtp.h"

#include <algorithm>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/starttls/detail/line_words.h"

namespace ropewalk {

namespace {

using Kind = StartTlsMeaning::Kind;

std::string_view textBehindCode(std::string_view line) {
  return trim(line.substr(std::min<std::size_t>(line.size(), 4)));
}

class SmtpReader {
 public:
  StartTlsMeaning operator()(StartTlsState state, std::string_view line) {
    const auto code = detail::replyCode(line);
    if (!code && code_ == 0)
      return {Kind::failed, false, format("{} is no reply of smtp", quoteBytes(line))};
    const bool first = code_ == 0;
    if (!first && code != code_)
      return {Kind::failed, false, format("{} goes on with another code", quoteBytes(line))};
    // The first line of the answer to EHLO is the server's name.
    const bool offers = !first && state == StartTlsState::capabilities &&
                        equalIgnoreCase(textBehindCode(line), "STARTTLS");
    const bool more = detail::replyGoesOn(line);
    code_ = more ? *code : 0;
    if (more) return {Kind::more, offers};
    const int hoped = state == StartTlsState::capabilities ? 250 : 220;
    return {*code == hoped ? Kind::good : Kind::refused, offers};
  }

 private:
  int code_ = 0;  // of a reply of several lines that goes on
};

}  // namespace

StartTlsWords smtpStartTls(const std::string& name) {
  return {"STARTTLS", format("EHLO {}\r\n", name), "STARTTLS\r\n", SmtpReader()};
}

}  // namespace ropewalk
