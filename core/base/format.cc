// libfmt, which no header of ours includes: the arguments as a list that is made at run time.

#include "format.h"

#include <fmt/args.h>
#include <fmt/format.h>

namespace ropewalk {

std::string formatArguments(std::string_view pattern,
                            std::initializer_list<FormatArgument> arguments) {
  try {
    fmt::dynamic_format_arg_store<fmt::format_context> store;
    for (const FormatArgument& argument : arguments) {
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
              store.push_back(std::string_view(value));
            } else {
              store.push_back(value);
            }
          },
          argument.value());
    }
    return fmt::vformat(fmt::string_view(pattern.data(), pattern.size()), store);
  } catch (const std::exception& error) {
    return std::string(pattern) + " [bad format: " + error.what() + "]";
  }
}

}  // namespace ropewalk
