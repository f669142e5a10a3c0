// The words of POP3 for StartTlsDialogue: CAPA, STLS. RFC 2595 §4, RFC 2449 §5.
#pragma once

#include "dialogue.h"

namespace ropewalk {

[[nodiscard]] StartTlsWords pop3StartTls();

}  // namespace ropewalk
