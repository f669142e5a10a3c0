// Text appended as it is built: lists become objects where all their elements are pairs. RFC 8259.
#include "json_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "ropewalk/core/base/text.h"

namespace ropewalk::http {

namespace {

template <class N>
void appendNumberText(std::string& out, N value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

std::string quoted(std::string_view text) { return '"' + jsonEscape(text) + '"'; }

}  // namespace

JsonValue::JsonValue(std::string_view text) : text_(quoted(text)), isString_(true) {}

JsonValue::JsonValue(std::initializer_list<JsonValue> elements) {
  const bool object =
      elements.size() > 0 && std::all_of(elements.begin(), elements.end(),
                                         [](const JsonValue& e) { return e.keyEnd_ > 0; });
  text_ = object ? "{" : "[";
  for (const JsonValue& element : elements) {
    if (text_.size() > 1) text_ += ',';
    if (object) {
      // ["key",value] becomes "key":value
      text_.append(element.text_, 1, element.keyEnd_ - 1).append(1, ':');
      text_.append(element.text_, element.keyEnd_ + 1, element.text_.size() - element.keyEnd_ - 2);
    } else {
      text_ += element.text_;
    }
  }
  text_ += object ? '}' : ']';
  if (!object && elements.size() == 2 && elements.begin()->isString_)
    keyEnd_ = 1 + elements.begin()->text_.size();
}

void JsonValue::push(const JsonValue& element) {
  if (!text_.ends_with(']')) throw std::logic_error("cannot push to " + text_ + ": no JSON array");
  text_.pop_back();
  if (text_.size() > 1) text_ += ',';
  text_.append(element.text_).append(1, ']');
  keyEnd_ = 0;
}

void JsonValue::set(std::string_view key, const JsonValue& value) {
  if (!text_.ends_with('}')) {
    throw std::logic_error("cannot set a member of " + text_ +
                           ": no JSON object; begin with emptyObject()");
  }
  text_.pop_back();
  if (text_.size() > 1) text_ += ',';
  text_.append(quoted(key)).append(1, ':').append(value.text_).append(1, '}');
}

void JsonValue::appendReal(double value) {
  // RFC 8259 §6: infinities and NaN have no text.
  if (std::isfinite(value)) {
    appendNumberText(text_, value);
  } else {
    text_ += "null";
  }
}
void JsonValue::appendSigned(std::int64_t value) { appendNumberText(text_, value); }
void JsonValue::appendUnsigned(std::uint64_t value) { appendNumberText(text_, value); }

}  // namespace ropewalk::http
