// ropewalk echo, discard, chargen, qotd, daytime, time, finger: the small services of RFC 862 to
// 868 and RFC 1288.

#include <algorithm>
#include <iterator>
#include <map>

#include "commands.h"
#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/clients/app/exit_code.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/read_file.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/servers/wire/wire.h"
#include "serving.h"

namespace ropewalk::app {

namespace {

struct WireOptions {
  Serving serving;
  std::string file;
};

std::vector<std::string> linesOf(const std::string& name) {
  const std::string text = orFailWith(kConfiguration, [&] { return readFile(name).value(); });
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::shared_ptr<Factory> quotes(const std::string& file) {
  if (file.empty())
    return wire::qotd(std::vector<std::string>{"A rope is made of strands; so is a server."});
  std::vector<std::string> lines = linesOf(file);
  if (lines.empty()) throw CommandError(kConfiguration, format("'{}' holds no quotes", file));
  return wire::qotd(std::move(lines));
}

/// Answers from lines "name text"; without a name it lists them.
std::shared_ptr<Factory> plans(const std::string& file) {
  std::map<std::string, std::string> users;
  for (const std::string& line : file.empty() ? std::vector<std::string>() : linesOf(file)) {
    const auto space = line.find_first_of(" \t");
    users[line.substr(0, space)] =
        space == std::string::npos ? "" : std::string(trim(line.substr(space)));
  }
  return wire::finger([users](const wire::FingerQuery& query) -> std::string {
    std::string text;
    if (query.user.empty()) {
      for (const auto& [name, plan] : users) text += name + "\n";
      return text.empty() ? "No one is known here.\n" : text;
    }
    const auto found = users.find(query.user);
    return found == users.end() ? "No such user.\n"
                                : format("{}: {}\n", found->first, found->second);
  });
}

using MakeFactory = std::shared_ptr<Factory> (*)(const std::string& file);

struct WireCommand {
  const char* name;
  const char* port;  // the RFC's port is below 1024: 7000 is added
  MakeFactory make;
  const char* file = nullptr;  // what the option of that kind means
};

const WireCommand kCommands[] = {
    {"echo", ":7007", [](const std::string&) { return wire::echo(); }},
    {"discard", ":7009", [](const std::string&) { return wire::discard(); }},
    {"daytime", ":7013", [](const std::string&) { return wire::daytime(); }},
    {"qotd", ":7017", quotes, "Quotes, one a line, sent in turn"},
    {"chargen", ":7019", [](const std::string&) { return wire::chargen(); }},
    {"time", ":7037", [](const std::string&) { return wire::time(); }},
    {"finger", ":7079", plans, "Lines of a name and what to say of it"},
};

const WireCommand& commandNamed(const std::string& name) {
  return *std::find_if(std::begin(kCommands), std::end(kCommands),
                       [&](const WireCommand& each) { return each.name == name; });
}

}  // namespace

UniqueFunction<int()> prepareWire(CommandLine& /*line*/, CLI::App& parser) {
  const auto options = std::make_shared<WireOptions>();
  const std::string name = parser.get_name();
  const WireCommand& command = commandNamed(name);
  addExamples(parser, {format("ropewalk {} --listen {}", name, command.port),
                       format("ropewalk {} --listen unix:/tmp/{}.sock", name, name),
                       format("ropewalk {} --public --listen :{}", name,
                              std::string_view(command.port).substr(3))});
  parser.group(kWireGroup);
  options->serving.addOptions(parser, command.port);
  if (command.file != nullptr)
    parser.add_option("--file", options->file, command.file)->type_name("FILE");
  return [options, &command] {
    return options->serving.run(command.make(options->file), command.name, "tcp");
  };
}

}  // namespace ropewalk::app
