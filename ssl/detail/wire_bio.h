// WireBio: how OpenSSL reads what arrived, and writes to the transport below.
#pragma once

#include <openssl/bio.h>

#include <string_view>

namespace ropewalk {
class Transport;
}

namespace ropewalk::ssl::detail {

/// The wire of one SSL. Reading takes from `incoming`, in place; writing goes to `below` at once:
/// into its output chain, without a buffer between.
struct Wire {
  std::string_view incoming;
  Transport* below = nullptr;
};

/// A BIO on a wire, which must outlive it.
[[nodiscard]] BIO* makeWireBio(Wire& wire);

}  // namespace ropewalk::ssl::detail
