// Cryptography for the protocols, as plain functions on bytes. A std::string is bytes here, never
// text; OpenSSL does the work. Base64, hex() and randomBytes() are core/base/text.h's.
#pragma once

#include "ropewalk/core/base/text.h"            // IWYU pragma: export
#include "ropewalk/ssl/crypto/aead.h"           // IWYU pragma: export
#include "ropewalk/ssl/crypto/derivation.h"     // IWYU pragma: export
#include "ropewalk/ssl/crypto/digest.h"         // IWYU pragma: export
#include "ropewalk/ssl/crypto/key_agreement.h"  // IWYU pragma: export
#include "ropewalk/ssl/crypto/secret.h"         // IWYU pragma: export
#include "ropewalk/ssl/crypto/signature.h"      // IWYU pragma: export
#include "ropewalk/ssl/crypto/stream_cipher.h"  // IWYU pragma: export
