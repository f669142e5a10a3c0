// The words of SMTP for StartTlsDialogue: EHLO, STARTTLS. RFC 3207, RFC 5321 §4.2.
#pragma once

#include <string>

#include "dialogue.h"

namespace ropewalk {

/// @param name  what the server is told with EHLO: a host name, or an address in brackets
[[nodiscard]] StartTlsWords smtpStartTls(const std::string& name = "localhost");

}  // namespace ropewalk
