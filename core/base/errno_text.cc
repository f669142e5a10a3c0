// The system's words, with their first letter made small.

#include "errno_text.h"

#include <system_error>

namespace ropewalk {

std::string errnoText(int error) {
  std::string text = std::generic_category().message(error);
  // "Connection refused" becomes lower case, "RFS specific error" keeps its acronym.
  const bool word =
      text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z';
  if (word) text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace ropewalk
