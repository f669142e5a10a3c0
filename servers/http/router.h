// Router: from the path of a request to what was registered for it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "handler.h"
#include "ropewalk/protocols/http/message.h"

namespace ropewalk::http {

/// What was registered for one pattern: a handler a method, or one for all. Owned by a Router.
class Route {
 public:
  explicit Route(std::string pattern) : pattern_(std::move(pattern)) {}

  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
  /// For HEAD the one for GET will do, since the answer's body is left out anyway. Null: not
  /// allowed.
  [[nodiscard]] Handler* find(Method method) const noexcept;
  /// For an Allow field: "GET, HEAD, OPTIONS".
  [[nodiscard]] std::string allow() const;
  /// The names of its `:name` and `*name` segments, in order.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  friend class Router;

  std::string pattern_;
  std::vector<std::string> names_;
  std::vector<std::pair<Method, std::unique_ptr<Handler>>> handlers_;
  std::unique_ptr<Handler> any_;
};

/// Finds routes by path. A pattern is made of segments: text, `:name` for any one segment that is
/// not empty, and at the end `*name` for all that follows, be it nothing. Where several patterns
/// fit, text goes before `:name`, and that before `*name`, segment by segment. Segments are
/// compared decoded; a `%2F` never separates. `/a` and `/a/` differ. Paths come without empty
/// segments, "." and "..", so a pattern has none either.
///
/// Built before the site listens (adding later is allowed, between requests). A pattern without
/// names is one look-up in a hash.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// Throws std::invalid_argument on a pattern that cannot be, or on a method that the pattern has
  /// a handler for already.
  /// @param method   nothing: all that have no handler of their own
  /// @param pattern  starts with "/"
  void add(std::optional<Method> method, std::string_view pattern,
           std::unique_ptr<Handler> handler);

  /// @param path      of a request, still encoded, as Request::path() gives it
  /// @param captures  gets what the names of the route stand for, in order: views into path, still
  ///                  encoded
  /// @return          null when nothing fits
  [[nodiscard]] const Route* find(std::string_view path,
                                  std::vector<std::string_view>& captures) const;

  /// The routes in the order of their paths, for lists and status pages.
  [[nodiscard]] std::vector<const Route*> routes() const;

 private:
  struct Node;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  Route& routeFor(std::string_view pattern);
  static const Route* match(const Node& node, std::string_view rest,
                            std::vector<std::string_view>& captures);
  static void collect(const Node& node, std::vector<const Route*>& out);

  std::unique_ptr<Node> root_;
  std::unordered_map<std::string, Route*, Hash, std::equal_to<>> fixed_;  // patterns without names
};

}  // namespace ropewalk::http
