// A tree of segments for patterns with names, a hash for those without.
#include "router.h"

#include <algorithm>
#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/http/request_target.h"
#include "ropewalk/protocols/http/uri.h"

namespace ropewalk::http {

/// What may follow a prefix of segments.
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> text;
  std::unique_ptr<Node> any;    // :name
  std::unique_ptr<Route> here;  // the path ends here
  std::unique_ptr<Route> tail;  // *name
};

namespace {

[[noreturn]] void badPattern(std::string_view pattern, std::string_view why) {
  throw std::invalid_argument(format("cannot route \"{}\": {}", pattern, why));
}

/// Takes the first segment off "a/b/c". @param last  set when there is none behind it
std::string_view nextSegment(std::string_view& rest, bool& last) noexcept {
  const std::size_t slash = rest.find('/');
  last = slash == std::string_view::npos;
  const std::string_view segment = rest.substr(0, slash);
  rest = last ? std::string_view() : rest.substr(slash + 1);
  return segment;
}

}  // namespace

Handler* Route::find(Method method) const noexcept {
  Handler* get = nullptr;
  for (const auto& [own, handler] : handlers_) {
    if (own == method) return handler.get();
    if (own == Method::get) get = handler.get();
  }
  if (method == Method::head && get != nullptr) return get;
  return any_.get();
}

std::string Route::allow() const {
  if (any_) return "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
  std::string methods;
  const auto add = [&methods](std::string_view method) {
    if (methods.find(method) == std::string::npos)
      methods.append(methods.empty() ? "" : ", ").append(method);
  };
  for (const auto& [method, handler] : handlers_) {
    add(methodText(method));
    if (method == Method::get) add("HEAD");
  }
  add("OPTIONS");
  return methods;
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(std::optional<Method> method, std::string_view pattern,
                 std::unique_ptr<Handler> handler) {
  Route& route = routeFor(pattern);
  if (!method) {
    if (route.any_) badPattern(pattern, "it has a handler for all methods already");
    route.any_ = std::move(handler);
    return;
  }
  for (const auto& [own, present] : route.handlers_) {
    if (own == *method)
      badPattern(pattern, format("it has a handler for {} already", methodText(own)));
  }
  route.handlers_.emplace_back(*method, std::move(handler));
}

Route& Router::routeFor(std::string_view pattern) {
  if (!pattern.starts_with('/')) badPattern(pattern, "a pattern starts with \"/\"");
  if (cleanPath(pattern) != pattern)
    badPattern(pattern, "no path of a request has an empty segment, \".\" or \"..\"");
  Node* node = root_.get();
  std::vector<std::string> names;
  std::string_view rest = pattern.substr(1);
  std::unique_ptr<Route>* place = nullptr;
  for (bool last = false; !last;) {
    const std::string_view segment = nextSegment(rest, last);
    if (segment.starts_with('*')) {
      if (!last) badPattern(pattern, "\"*\" stands for all that follows, so it must come last");
      names.emplace_back(segment.size() > 1 ? segment.substr(1) : segment);
      place = &node->tail;
      break;
    }
    std::unique_ptr<Node>* next = &node->any;
    if (segment.starts_with(':')) {
      if (segment.size() == 1) badPattern(pattern, "\":\" needs a name behind it");
      names.emplace_back(segment.substr(1));
    } else {
      next = &node->text[std::string(segment)];
    }
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
    place = &node->here;
  }
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name)
      badPattern(pattern, format("\"{}\" names two parts of it", *name));
  }
  if (!*place) *place = std::make_unique<Route>(std::string(pattern));
  Route& route = **place;
  if (route.names_.empty()) route.names_ = names;
  if (route.names_ != names) badPattern(pattern, format("\"{}\" has other names", route.pattern()));
  if (names.empty()) fixed_.insert_or_assign(std::string(pattern), &route);
  return route;
}

const Route* Router::find(std::string_view path, std::vector<std::string_view>& captures) const {
  captures.clear();
  if (const auto fixed = fixed_.find(path); fixed != fixed_.end()) return fixed->second;
  if (!path.starts_with('/')) return nullptr;
  return match(*root_, path.substr(1), captures);
}

// As deep as the longest pattern, whatever the path.
const Route* Router::match(const Node& node, std::string_view rest,
                           std::vector<std::string_view>& captures) {
  const std::string_view all = rest;
  bool last = false;
  const std::string_view segment = nextSegment(rest, last);
  const auto below = [&](const Node& next) -> const Route* {
    return last ? next.here.get() : match(next, rest, captures);
  };
  auto text = node.text.find(segment);
  if (text == node.text.end() && segment.find('%') != std::string_view::npos) {
    if (const auto decoded = percentDecode(segment)) text = node.text.find(*decoded);
  }
  if (text != node.text.end()) {
    if (const Route* found = below(*text->second)) return found;
  }
  const std::size_t captured = captures.size();
  if (node.any && !segment.empty()) {
    captures.push_back(segment);
    if (const Route* found = below(*node.any)) return found;
    captures.resize(captured);
  }
  if (!node.tail) return nullptr;
  captures.push_back(all);
  return node.tail.get();
}

void Router::collect(const Node& node, std::vector<const Route*>& out) {
  if (node.here) out.push_back(node.here.get());
  for (const auto& [segment, next] : node.text) collect(*next, out);
  if (node.any) collect(*node.any, out);
  if (node.tail) out.push_back(node.tail.get());
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> out;
  collect(*root_, out);
  return out;
}

}  // namespace ropewalk::http
