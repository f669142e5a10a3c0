// By libidn2, where the build has it; without it every name beyond ASCII is refused. UTS #46.
#include "idna.h"

#include <memory>

#include "uri.h"

#ifdef ROPEWALK_HAS_IDN2
#include <idn2.h>
#endif

namespace ropewalk::http {

#ifdef ROPEWALK_HAS_IDN2

Result<std::string> hostToAscii(std::string_view host) {
  const std::string name(host);
  char* ascii = nullptr;
  const int status =
      ::idn2_to_ascii_8z(name.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&::idn2_free)> owner(ascii, &::idn2_free);
  if (status != IDN2_OK || name.find('\0') != std::string::npos) {
    return Failure(InvalidUriError(std::string("cannot parse URL: no international host name (") +
                                   ::idn2_strerror(status) + "); write its xn-- form"));
  }
  return std::string(ascii);
}

#else

Result<std::string> hostToAscii(std::string_view /*host*/) {
  return Failure(InvalidUriError(
      "cannot parse URL: host beyond ASCII, and this ropewalk was built without libidn2; write its "
      "xn-- form"));
}

#endif

}  // namespace ropewalk::http
