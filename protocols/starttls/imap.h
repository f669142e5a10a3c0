// The words of IMAP for StartTlsDialogue: CAPABILITY, STARTTLS. RFC 9051 §6.2.1 and §7.
#pragma once

#include "dialogue.h"

namespace ropewalk {

[[nodiscard]] StartTlsWords imapStartTls();

}  // namespace ropewalk
