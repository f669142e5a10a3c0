// Lines for people, with colours and escapes, fields as in logfmt; JSON objects for machines.
// RFC 8259.

#include "log_render.h"

#include <array>
#include <cmath>
#include <cstdlib>

#include "ropewalk/core/base/text.h"

namespace ropewalk::log::detail {

namespace {

constexpr std::string_view kLevelLetters = "TDIWEC";
// By level: grey, cyan, green, yellow, red, white on red.
constexpr std::array<std::string_view, 6> kColours = {"\x1b[90m", "\x1b[36m", "\x1b[32m",
                                                      "\x1b[33m", "\x1b[31m", "\x1b[1;41m"};
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::size_t kModuleWidth = 12;  // http.client and most other names line up
constexpr std::string_view kContinuation = "\n    | ";

bool wished(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// Control characters of C0 and C1, DEL, and whatever is no UTF-8: they could clear the
// screen or fake a line.
void appendEscaped(std::string& out, std::string_view text, std::string_view lineFeed) {
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(sequence.size());
    const bool control = length == 1 && (sequence[0] < ' ' || sequence[0] == '\x7f');
    const bool control1 =
        length == 2 && sequence[0] == '\xc2' && static_cast<unsigned char>(sequence[1]) < 0xa0;
    if (sequence == "\n") {
      out += lineFeed;
    } else if (sequence == "\r") {
      out += "\\r";
    } else if (sequence == "\t") {
      out += "\\t";
    } else if (length == 0 || control || control1) {
      for (const char byte : sequence) out += "\\x" + hex({&byte, 1});
    } else {
      out += sequence;
    }
  }
}

std::string_view withoutLastLineFeeds(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

std::string asText(const Event::Value& value) {
  return std::visit([](const auto& held) { return format("{}", held); }, value);
}

// logfmt: quotes only where they are needed.
void appendTextField(std::string& out, const Event::Field& field) {
  const std::string value = asText(field.value);
  appendEscaped(out, field.key, "\\n");
  out += '=';
  if (!value.empty() && value.find_first_of(" \"=\t\r\n") == std::string::npos) {
    appendEscaped(out, value, "\\n");
    return;
  }
  std::string quoted;
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  out += '"';
  appendEscaped(out, quoted, "\\n");
  out += '"';
}

std::string renderText(const Event& event, Look look) {
  const bool coloured = look == Look::coloured;
  const auto index =
      std::min<std::size_t>(static_cast<std::size_t>(event.level), kLevelLetters.size() - 1);
  std::string line = toText(event.time);
  if (look != Look::plain) line = line.substr(line.find('T') + 1, 12);
  if (coloured) line = std::string(kDim) + line + std::string(kPlain);
  line += ' ';
  if (coloured) line += kColours[index];
  line += kLevelLetters[index];
  if (coloured) line += kPlain;
  line += ' ';

  std::string module;
  appendEscaped(
      module, event.module.empty() ? std::string_view("-") : std::string_view(event.module), "\\n");
  module.resize(std::max(module.size(), kModuleWidth), ' ');
  line += coloured ? std::string(kDim) + module + std::string(kPlain) : module;
  line += ' ';
  appendEscaped(line, withoutLastLineFeeds(event.message), kContinuation);
  if (!event.fields.empty()) line += ' ';
  if (coloured && !event.fields.empty()) line += kDim;
  for (const Event::Field& field : event.fields) {
    line += ' ';
    appendTextField(line, field);
  }
  if (coloured && !event.fields.empty()) line += kPlain;
  line += '\n';
  return line;
}

std::string jsonString(std::string_view text) { return '"' + jsonEscape(text) + '"'; }

std::string jsonValue(const Event::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return jsonString(*text);
  if (const auto* number = std::get_if<double>(&value);
      number != nullptr && !std::isfinite(*number)) {
    return jsonString(asText(value));  // JSON has no word for these
  }
  return asText(value);
}

// A field must not look like one of ours, else a reader would see the key twice.
std::string jsonKey(const std::string& key) {
  constexpr std::array<std::string_view, 5> kOurs = {"time", "level", "module", "message", "at"};
  for (const std::string_view ours : kOurs) {
    if (key == ours) return key + '_';
  }
  return key;
}

std::string renderJson(const Event& event) {
  std::string line = "{\"time\":" + jsonString(toTextUTC(event.time));
  line += ",\"level\":" + jsonString(log::toText(event.level));
  if (!event.module.empty()) line += ",\"module\":" + jsonString(event.module);
  line += ",\"message\":" + jsonString(withoutLastLineFeeds(event.message));
  const std::string_view file = event.where.file;
  if (!file.empty()) {
    line += ",\"at\":" +
            jsonString(format("{}:{}", file.substr(file.rfind('/') + 1), event.where.line));
  }
  for (const Event::Field& field : event.fields) {
    line += ',' + jsonString(jsonKey(field.key)) + ':' + jsonValue(field.value);
  }
  line += "}\n";
  return line;
}

}  // namespace

Look lookFor(bool isTerminal, Format format) {
  const char* const force = std::getenv("CLICOLOR_FORCE");
  const char* const term = std::getenv("TERM");
  const bool forced = force != nullptr && *force != '\0' && std::string_view(force) != "0";
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  if (format == Format::json) return Look::json;
  if (format == Format::automatic && !isTerminal && !forced) return Look::json;
  if (!wished("NO_COLOR") && (forced || (isTerminal && !dumb))) return Look::coloured;
  return isTerminal || forced ? Look::terminal : Look::plain;
}

std::string render(const Event& event, Look look) {
  return look == Look::json ? renderJson(event) : renderText(event, look);
}

}  // namespace ropewalk::log::detail
