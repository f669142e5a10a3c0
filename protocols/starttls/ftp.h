// The words of FTP for StartTlsDialogue: FEAT, AUTH TLS. RFC 4217 §4, RFC 2389.
#pragma once

#include "dialogue.h"

namespace ropewalk {

[[nodiscard]] StartTlsWords ftpStartTls();

}  // namespace ropewalk
