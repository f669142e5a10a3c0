#include "ropewalk/servers/app/command_line.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/servers/app/app.h"
#include "ropewalk/servers/app/exit_code.h"

namespace ropewalk::app {

namespace {

constexpr std::size_t kColumn = 30;          // where explanations begin
const std::string kOwnLine = "Subcommands";  // CLI11's name for what is in no group

std::string row(const std::string& left, const std::string& right) {
  std::string text = "  " + left;
  if (text.size() + 2 > kColumn) return text + "\n" + std::string(kColumn, ' ') + right + "\n";
  return text + std::string(kColumn - text.size(), ' ') + right + "\n";
}

std::string commandRows(const CLI::App& parser) {
  std::string text;
  std::string group;  // commands of one group share a line: there are many small services
  for (const CLI::App* command : parser.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group() == kOwnLine) {
      text += row(command->get_name(), command->get_description());
    } else {
      group += (group.empty() ? "" : " ") + command->get_name();
    }
  }
  if (!group.empty()) text += row(group, kWireGroup);
  return text.empty() ? text : "\nCommands (ropewalk COMMAND --help says more):\n" + text;
}

std::string optionRow(const CLI::Option& option) {
  std::string name = option.get_name(option.get_positional(), !option.get_positional());
  std::replace(name.begin(), name.end(), ',', ' ');
  const std::string type = option.get_type_name();
  if (option.get_items_expected_max() != 0 && !option.get_positional())
    name += " " + type.substr(0, type.find(':'));
  return row(name, option.get_description());
}

/// Examples first, then the words: what a reader in a hurry needs.
std::string helpOf(const CLI::App& parser) {
  std::string text = parser.get_description() + "\n";
  if (!parser.get_footer().empty()) text += "\n" + parser.get_footer() + "\n";
  text += commandRows(parser) + "\nOptions:\n";
  for (const CLI::Option* option : parser.get_options()) text += optionRow(*option);
  return text;
}

class Help final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* parser, std::string /*name*/,
                        CLI::AppFormatMode /*mode*/) const override {
    return helpOf(*parser);
  }
};

std::string joined(const std::vector<std::string>& lines) {
  std::string text = "Examples:";
  for (const std::string& each : lines) text += "\n  " + each;
  return text;
}

}  // namespace

CommandLine::CommandLine() {
  parser_.description("ropewalk " + std::string(ROPEWALK_VERSION) +
                      ": servers and clients for the internet's protocols.");
  parser_.footer(
      joined({"ropewalk web . --browse            serve this directory on http://127.0.0.1:8080/",
              "ropewalk fetch http://host/file -o file",
              "ropewalk echo --listen :7007       an echo server on 127.0.0.1",
              "ropewalk connect localhost:7007    talk to a server by hand"}));
  parser_.formatter(std::make_shared<Help>());
  parser_.set_help_flag("-h,--help", "This help");
  parser_.set_version_flag("-V,--version", "ropewalk " + std::string(ROPEWALK_VERSION),
                           "The version");
  parser_.add_option("--log-level", logLevels_, "trace … critical, by module: info,http=debug")
      ->type_name("LEVELS");
  parser_.add_option("--log-format", logFormat_, "auto, text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"auto", "text", "json"}));
  parser_.add_option("--log-file", logFile_, "Write the log there instead of standard error")
      ->type_name("FILE");
  parser_.require_subcommand(1);
  parser_.fallthrough();
}

CLI::App& CommandLine::add(const std::string& name, const std::string& summary,
                           const std::vector<std::string>& examples,
                           UniqueFunction<int()> command) {
  CLI::App* parser = parser_.add_subcommand(name, summary);
  parser->footer(joined(examples));
  parser->set_help_flag("-h,--help", "This help");
  commands_.push_back({parser, std::move(command)});
  return *parser;
}

int CommandLine::run(int argc, const char* const* argv) {
  try {
    parser_.parse(argc, argv);
    startLogging();
    return runChosen();
  } catch (const CLI::CallForHelp&) {
    const auto chosen = parser_.get_subcommands();
    std::cout << helpOf(chosen.empty() ? parser_ : *chosen.front());
    return kOk;
  } catch (const CLI::Success& version) {
    std::cout << version.what() << '\n';
    return kOk;
  } catch (const CLI::ParseError& error) {
    explain(error);
    return kUsage;
  } catch (const CommandError& error) {
    std::cerr << "ropewalk: " << error.what() << '\n';
    return error.status();
  } catch (const BadEndpointError& error) {
    std::cerr << "ropewalk: " << error.what() << '\n';
    return kUsage;
  } catch (const CannotListenError& error) {
    std::cerr << "ropewalk: " << error.what() << '\n';
    return kCannotListen;
  } catch (const std::exception& error) {
    std::cerr << "ropewalk: " << error.what() << '\n';
    return kFailed;
  }
}

int CommandLine::runChosen() {
  for (Command& each : commands_) {
    if (each.parser->parsed()) return each.command();
  }
  return kUsage;
}

void CommandLine::startLogging() const {
  try {
    log::setLevels(logLevels_);
    if (!logFile_.empty()) {
      log::startLoggingToFile(logFile_);
      return;
    }
  } catch (const log::BadLevelsError& error) {
    throw CommandError(kUsage, error.what());
  } catch (const Error& error) {
    throw CommandError(kConfiguration, error.what());
  }
  const auto format = logFormat_ == "json"   ? log::Format::json
                      : logFormat_ == "text" ? log::Format::text
                                             : log::Format::automatic;
  log::startLogging(stderr, format);
}

void CommandLine::explain(const CLI::ParseError& error) const {
  std::string message = error.what();
  const auto chosen = parser_.get_subcommands();
  const CLI::App& parser = chosen.empty() ? parser_ : *chosen.front();
  // CLI11 lists what it could not place; one word with a hint helps more.
  std::vector<std::string> unknown = parser.remaining(true);
  for (const std::string& word : parser_.remaining(true)) unknown.push_back(word);
  for (const std::string& word : unknown) {
    if (word == "--") continue;
    message = unknownWord(word);
    break;
  }
  std::cerr << "ropewalk: " << message << '\n'
            << "Try: ropewalk " << (chosen.empty() ? "" : chosen.front()->get_name() + " ")
            << "--help\n";
}

std::string CommandLine::unknownWord(const std::string& word) const {
  const auto chosen = parser_.get_subcommands();
  std::vector<std::string> known;
  if (chosen.empty() && !word.starts_with('-')) {
    for (const Command& each : commands_) known.push_back(each.parser->get_name());
  }
  const auto addOptions = [&](const CLI::App& parser) {
    for (const CLI::Option* option : parser.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      for (const std::string& name : option->get_snames()) known.push_back("-" + name);
    }
  };
  addOptions(parser_);
  if (!chosen.empty()) addOptions(*chosen.front());
  const std::string bare = word.substr(0, word.find('='));
  const std::string_view near = nearest(bare, known);
  const char* kind = word.starts_with('-') ? "option" : chosen.empty() ? "command" : "argument";
  return near.empty() ? format("there is no {} '{}'", kind, bare)
                      : format("there is no {} '{}'; did you mean '{}'?", kind, bare, near);
}

int run(int argc, const char* const* argv) {
  CommandLine line;
  addWebCommand(line);
  addFetchCommand(line);
  addResolveCommand(line);
  addConnectCommand(line);
  addTlsTerminateCommand(line);
  addDnsCommand(line);
  addWireCommands(line);
  return line.run(argc, argv);
}

}  // namespace ropewalk::app
