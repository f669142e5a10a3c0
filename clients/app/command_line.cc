// CLI11 with help, hints and errors of our own: examples first, one line for what is wrong.
#include "command_line.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "exit_code.h"
#include "line_queue.h"
#include "report.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/log_writer.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"
#include "standard_streams.h"

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
    if (command->get_name() == "help") continue;
    if (command->get_group() == kOwnLine) {
      text += row(command->get_name(), command->get_description());
    } else {
      group += (group.empty() ? "" : " ") + command->get_name();
    }
  }
  if (!group.empty()) text += row(group, kWireGroup);
  return text.empty() ? text : "\nCommands (ropewalk help COMMAND says more):\n" + text;
}

/// Without the names of the checks, which CLI11 puts behind a colon: "SECONDS:NONNEGATIVE". Ours
/// has a blank behind it: 'NAME: VALUE'.
std::string typeOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  std::size_t colon = type.find(':');
  while (colon != std::string::npos && colon + 1 < type.size() && type[colon + 1] == ' ')
    colon = type.find(':', colon + 1);
  return type.substr(0, colon);
}

std::string optionRow(const CLI::Option& option) {
  std::string name = option.get_name(option.get_positional(), !option.get_positional());
  std::replace(name.begin(), name.end(), ',', ' ');
  if (option.get_items_expected_max() != 0 && !option.get_positional())
    name += " " + typeOf(option);
  return row(name, option.get_description());
}

/// Examples first, then the words: what a reader in a hurry needs.
std::string helpOf(const CLI::App& parser) {
  std::string text = parser.get_description() + "\n";
  if (!parser.get_footer().empty()) text += "\n" + parser.get_footer() + "\n";
  text += commandRows(parser) + "\nOptions:\n";
  for (const CLI::Option* option : parser.get_options()) text += optionRow(*option);
  if (parser.get_parent() == nullptr) text += "\n" + std::string(kExitCodes) + "\n";
  return text;
}

class Help final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* parser, std::string /*name*/,
                        CLI::AppFormatMode /*mode*/) const override {
    return helpOf(*parser);
  }
};

/// While it lives, the log on standard error waits for nobody who reads that.
class QueuedLog {
 public:
  explicit QueuedLog(log::Format format) : format_(format) {
    log::stopLogging();
    log::startLoggingBy([lines = lines_](std::string_view line) { lines->add(line); }, stderr,
                        format);
  }
  QueuedLog(const QueuedLog&) = delete;
  QueuedLog& operator=(const QueuedLog&) = delete;
  ~QueuedLog() {
    lines_->finish();
    log::stopLogging();
    log::startLogging(stderr, format_);
  }

 private:
  const log::Format format_;
  const std::shared_ptr<LineQueue> lines_ =
      std::make_shared<LineQueue>(reactor(), STDERR_FILENO, "standard error", "log");
};

}  // namespace

CLI::Validator oneOf(std::vector<std::string> words) {
  return {[words = std::move(words)](const std::string& word) -> std::string {
            if (std::find(words.begin(), words.end(), word) != words.end()) return "";
            std::string all;
            for (const std::string& each : words) all += (all.empty() ? "" : ", ") + each;
            return format("'{}' is none of {}", word, all);
          },
          ""};
}

CLI::Validator seconds() {
  constexpr double kMost = 1e9;  // thirty years
  return {[](const std::string& word) -> std::string {
            const auto number = parseNumber<double>(word);
            if (number && *number > 0 && *number <= kMost) return "";
            return format("'{}' is no number of seconds above 0", word);
          },
          ""};
}

void addExamples(CLI::App& parser, const std::vector<std::string>& lines) {
  std::string text = "Examples:";
  for (const std::string& each : lines) text += "\n  " + each;
  parser.footer(text);
}

CommandLine::CommandLine() {
  parser_.description("ropewalk " + std::string(ROPEWALK_VERSION) +
                      ": servers and clients for the internet's protocols.");
  addExamples(parser_,
              {"ropewalk web . --browse            serve this directory on http://127.0.0.1:8080/",
               "ropewalk fetch http://host/file -o file",
               "ropewalk echo --listen :7007       an echo server on 127.0.0.1",
               "ropewalk connect localhost:7007    talk to a server by hand"});
  parser_.formatter(std::make_shared<Help>());
  parser_.set_help_flag("-h,--help", "This help");
  parser_.set_version_flag("-V,--version", "ropewalk " + std::string(ROPEWALK_VERSION),
                           "The version");
  parser_.add_option("--log-level", logLevels_, "trace … critical, by module: info,http=debug")
      ->type_name("LEVELS");
  parser_.add_option("--log-format", logFormat_, "auto, text or json")
      ->type_name("FORMAT")
      ->check(oneOf({"auto", "text", "json"}));
  parser_.add_option("--log-file", logFile_, "Write the log there instead of standard error")
      ->type_name("FILE");
  help_ = parser_.add_subcommand("help", "This help, or that of a command");
  help_->add_option("COMMAND", helpWord_);
  parser_.require_subcommand(1);
  parser_.fallthrough();
}

void CommandLine::add(const Command& command) {
  CLI::App* parser = parser_.add_subcommand(command.name, command.summary);
  parser->set_help_flag("-h,--help", "This help");
  commands_.push_back({parser, command.prepare(*this, *parser), command.role});
}

int CommandLine::run(int argc, const char* const* argv) {
  try {
    return parseAndRun(argc, argv);
  } catch (const CLI::ParseError& error) {
    explain(error);
    return kUsage;
  } catch (...) {
    return reportCurrent();
  }
}

int CommandLine::parseAndRun(int argc, const char* const* argv) {
  try {
    parser_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = parser_.get_subcommands();
    return help(chosen.empty() ? parser_ : *chosen.front());
  } catch (const CLI::Success& version) {
    print(std::string(version.what()) + '\n');
    return kOk;
  }
  if (help_->parsed()) return help(helpWord_.empty() ? parser_ : commandNamed(helpWord_));
  refuseEmptyWords();
  return runChosen();
}

int CommandLine::help(const CLI::App& parser) const {
  print(helpOf(parser));
  return kOk;
}

const CLI::App& CommandLine::commandNamed(const std::string& name) const {
  for (const Added& each : commands_) {
    if (each.parser->get_name() == name) return *each.parser;
  }
  throw CommandError(kUsage, unknownWord(name, "command", commandNames()));
}

/// What is given and empty is not what is not given: `--cacert "$UNSET"` must not mean another
/// authority.
void CommandLine::refuseEmptyWords() const {
  std::vector<const CLI::App*> parsers{&parser_};
  for (const CLI::App* chosen : parser_.get_subcommands()) parsers.push_back(chosen);
  for (const CLI::App* parser : parsers) {
    for (const CLI::Option* option : parser->get_options()) {
      const auto words =
          option->get_items_expected_max() == 0 ? std::vector<std::string>() : option->results();
      const bool empty = std::find(words.begin(), words.end(), "") != words.end();
      if (empty && std::find(mayBeEmpty_.begin(), mayBeEmpty_.end(), option) == mayBeEmpty_.end())
        throw CommandError(kUsage, format("{} was given, but empty: leave it out, or say what",
                                          option->get_name(option->get_positional())));
    }
  }
}

int CommandLine::runChosen() {
  for (Added& each : commands_) {
    if (!each.parser->parsed()) continue;
    startLogging();
    std::optional<QueuedLog> queued;
    if (each.role == Command::Role::serves && logFile_.empty()) queued.emplace(logFormat());
    return each.run();
  }
  return kUsage;
}

void CommandLine::startLogging() const {
  try {
    log::setLevels(logLevels_);
    logFile_.empty() ? log::startLogging(stderr, logFormat()) : log::startLoggingToFile(logFile_);
  } catch (const log::BadLevelsError& error) {
    throw CommandError(kUsage, error.what());
  } catch (const Error& error) {
    throw CommandError(kConfiguration, error.what());
  }
}

log::Format CommandLine::logFormat() const {
  if (logFormat_ == "json") return log::Format::json;
  return logFormat_ == "text" ? log::Format::text : log::Format::automatic;
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
  // It also breaks its lines.
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::cerr << "ropewalk: " << message << '\n'
            << "Try: ropewalk " << (chosen.empty() ? "" : chosen.front()->get_name() + " ")
            << "--help\n";
}

std::vector<std::string> CommandLine::commandNames() const {
  std::vector<std::string> names{"help"};
  for (const Added& each : commands_) names.push_back(each.parser->get_name());
  return names;
}

std::string CommandLine::unknownWord(const std::string& word) const {
  const auto chosen = parser_.get_subcommands();
  std::vector<std::string> known;
  if (chosen.empty() && !word.starts_with('-')) known = commandNames();
  const auto addOptions = [&](const CLI::App& parser) {
    for (const CLI::Option* option : parser.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      for (const std::string& name : option->get_snames()) known.push_back("-" + name);
    }
  };
  addOptions(parser_);
  if (!chosen.empty()) addOptions(*chosen.front());
  const char* kind = word.starts_with('-') ? "option" : chosen.empty() ? "command" : "argument";
  return unknownWord(word.substr(0, word.find('=')), kind, known);
}

std::string CommandLine::unknownWord(const std::string& word, const char* kind,
                                     const std::vector<std::string>& known) {
  const std::string_view near = nearest(word, known);
  return near.empty() ? format("there is no {} '{}'", kind, word)
                      : format("there is no {} '{}'; did you mean '{}'?", kind, word, near);
}

}  // namespace ropewalk::app
