#!/usr/bin/env python3
"""Plants one bad signature after the other in an empty tree: each must be found, and its innocent neighbour must not."""

import os
import sys
import tempfile
import unittest

import awaited

TYPES = """
namespace ropewalk {
struct Options { std::string name; int count = 0; };
struct Derived : Options { int extra = 0; };
class Settings { public: Settings() = default; Settings& name(std::string value); private: std::string name_; };
struct Value { Value() = default; std::string name; };
enum class Mode { some, all };
struct Port {};
namespace detail { struct Inner { std::string name; }; }
"""

BAD = {
    "an aggregate by value": "Deferred<int> f(Options options);",
    "by const reference": "Deferred<int> f(const Options& options);",
    "by rvalue reference": "Deferred<int> f(Options&& options);",
    "defaulted": "Deferred<int> f(int n, Options options = Options());",
    "one that derives": "Deferred<int> f(Derived options);",
    "with its namespace": "Deferred<int> f(ropewalk::Options options);",
    "in an optional": "Deferred<int> f(std::optional<Options> options);",
    "of a member": "class A { public: [[nodiscard]] virtual Deferred<void> f(Options options) = 0; };",
    "of a template": "template <class T> Deferred<T> f(Options options) { return {}; }",
    "of one that gives auto": "template <class T> auto f(std::vector<Deferred<T>> all, Options options);",
    "of a constructor of a Deferred": "class L : public Deferred<int> { public: explicit L(Options options); };",
    "an initializer_list": "Deferred<int> f(std::initializer_list<int> list);",
    "an array": "Deferred<int> f(std::array<std::string, 2> pair);",
    "a vector that people brace": "Deferred<int> f(std::vector<std::string> arguments);",
    "a map that people brace": "Deferred<int> f(const std::map<std::string, int>& fields);",
    "a braced default of what is not awaited": "Port f(Options options = {});",
    "with the name of the type": "Port f(Options options = Options{});",
    "of a constructor": "class Server { public: explicit Server(Options options = {}); };",
    "a nested aggregate": "class A { public: struct Opt { int n; }; Deferred<int> f(Opt options); };",
}

GOOD = {
    "a class with setters": "Deferred<int> f(Settings settings = Settings());",
    "a class, braced": "Deferred<int> f(Settings settings = {});",
    "a struct with a constructor": "Deferred<int> f(Value value);",
    "an enum": "Deferred<int> f(Mode mode = Mode::some);",
    "what is lent": "Deferred<int> f(Options& options, const Options* others);",
    "an aggregate where nothing is awaited": "Port f(Options options = Options());",
    "one of nobody's business": "Deferred<int> f(detail::Inner inner);",
    "a callback that takes one": "Deferred<int> f(UniqueFunction<void(const Options&)> told);",
    "an object that exists": "Deferred<int> f(std::shared_ptr<Options> options);",
    "Deferreds in a vector": "template <class T> Deferred<T> f(std::vector<Deferred<T>> all);",
    "a text": "Deferred<int> f(std::string name, std::string_view more = {});",
    "a private function": "class A { Deferred<int> f(Options options); };",
    "a class of the same name": "class A { public: enum class Options { none }; Deferred<int> f(Options options); };",
    "a function body": "inline void g() { Deferred<int> f(Options()); }",
    "a comment": "// Deferred<int> f(Options options);",
}


def violations(declaration):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "core/net"))
        with open(os.path.join(root, "core/net/a.h"), "w", encoding="utf-8") as file:
            file.write(TYPES + declaration + "\n}\n")
        return awaited.check(root)[0]


class SelfTest(unittest.TestCase):
    def test_each_bad_signature_is_found(self):
        for why, declaration in BAD.items():
            with self.subTest(why):
                self.assertEqual(len(violations(declaration)), 1, declaration)

    def test_no_innocent_signature_is_found(self):
        for why, declaration in GOOD.items():
            with self.subTest(why):
                self.assertEqual(violations(declaration), [], declaration)

    def test_it_says_where(self):
        self.assertTrue(violations(BAD["an aggregate by value"])[0].startswith("core/net/a.h:10: f: Options: "))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
