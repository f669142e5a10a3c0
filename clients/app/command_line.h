// CommandLine: what every command of ropewalk shares: options, help, hints. Private to the command.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/unique_function.h"

namespace ropewalk::app {

/// Something that ends the command with this status; the message goes to standard error.
class CommandError : public std::runtime_error {
 public:
  CommandError(int status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

/// f(); what it throws ends the command with this status, unless it names one itself.
template <class F>
auto orFailWith(int status, F f) {
  try {
    return f();
  } catch (const CommandError&) {
    throw;
  } catch (const std::exception& error) {
    throw CommandError(status, error.what());
  }
}

/// Checks of options, with a line of their own where CLI11's is of several, or ends up in the help.
[[nodiscard]] CLI::Validator oneOf(std::vector<std::string> words);
[[nodiscard]] CLI::Validator seconds();

class CommandLine;

/// A row of the table of all commands, which is in servers/app/app.cc.
struct Command {
  enum class Role : std::uint8_t {
    asks,
    serves,  ///< nobody who stops reading its log can hold it up (line_queue.h)
  };

  const char* name;
  const char* summary;
  Role role;
  /// Adds its examples and options to its parser.
  /// @return what runs it, and gives the exit status
  UniqueFunction<int()> (*prepare)(CommandLine& line, CLI::App& parser);
};

/// Lines of "ropewalk …", shown first in a command's help.
void addExamples(CLI::App& parser, const std::vector<std::string>& lines);

/// The commands, and which one was chosen.
class CommandLine {
 public:
  CommandLine();

  void add(const Command& command);
  /// An option whose value may be empty; that of any other one is a mistake.
  void mayBeEmpty(const CLI::Option* option) { mayBeEmpty_.push_back(option); }
  /// @return the exit status
  int run(int argc, const char* const* argv);

 private:
  struct Added {
    CLI::App* parser;
    UniqueFunction<int()> run;
    Command::Role role;
  };

  int parseAndRun(int argc, const char* const* argv);
  int help(const CLI::App& parser) const;
  int runChosen();
  void refuseEmptyWords() const;
  void startLogging() const;
  [[nodiscard]] log::Format logFormat() const;
  void explain(const CLI::ParseError& error) const;
  [[nodiscard]] const CLI::App& commandNamed(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> commandNames() const;
  [[nodiscard]] std::string unknownWord(const std::string& word) const;
  [[nodiscard]] static std::string unknownWord(const std::string& word, const char* kind,
                                               const std::vector<std::string>& known);

  CLI::App parser_{"", "ropewalk"};
  CLI::App* help_ = nullptr;
  std::string helpWord_;
  std::vector<Added> commands_;
  std::vector<const CLI::Option*> mayBeEmpty_;
  std::string logLevels_ = "info";
  std::string logFormat_ = "auto";
  std::string logFile_;
};

/// The group of the small services, which share one line of the help.
inline const std::string kWireGroup = "The small services of RFC 862 to 868, and finger";

}  // namespace ropewalk::app
