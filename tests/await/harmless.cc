// Forms inside and beside a co_await expression that no compiler has trouble with; the lint names none of them.
#include "forms.h"

using namespace forms;  // NOLINT

// A form a line.
// clang-format off
namespace {

Task h1() { Options options{.name = text()}; co_await take(std::move(options)); }
Task h2() { const Options options{}; co_await takeConst(options); }
Task h3() { co_await take(make()); }
Task h4() { co_await take(Options()); }
Task h5() { co_await takeMade(); }
Task h6() { co_await takeNumbers(); }
Task h7() { co_await takeNumbers({.first = 1}); }
Task h8() { co_await takeNumbers(Numbers{1, 2.0}); }
Task h9() { co_await takeSettings(); }
Task h10() { co_await takeSettings({}); }
Task h11() { co_await takeSettings(Settings()); }
Task h12() { co_await takeSettings(Settings().name(text())); }
Task h13() { co_await takeSettings(Settings{}); }
Task h14() { co_await takeWords({"one", "two"}); }
Task h15() { co_await takeWords({}); }
Task h16() { co_await takeText(text()); }
Task h17() { co_await takeText(std::string{"longer than what fits into a string itself"}); }
Task h18() { co_await takePair({text(), 1}); }
Task h19() { co_await takePair(std::pair<std::string, int>{text(), 1}); }
Task h20() { co_await takeMaybe(); }
Task h21() { co_await takeMaybe({}); }
Task h22() { co_await takeMaybe(std::nullopt); }
Task h23() { co_await takeTexts(); }
Task h24() { co_await takeTexts({}); }
Task h25() { co_await takeTexts(std::vector<std::string>(2, text())); }
Task h26() { co_await takeMap({}); }
Task h27() { co_await Client().tell(); }
Task h28() { const std::string name = text(); co_await takeAny([&name] { return name.size(); }); }
Task h29() { const std::string name = text(); co_await takeAny([&] { return name.size(); }); }
Task h30() { co_await takeFunction([] {}); }
Task h31() { co_await takeAny([n = 3] { return n; }); }
Task h32() { const std::string name = text(); co_await takeAny([p = &name] { return p; }); }
Task h33() { auto f = [name = text()] { return name; }; co_await takeAny(std::move(f)); }
Task h34() { auto waiting = take({.name = text()}); co_await waiting; }
Task h35() { const int n = measure(Options{}); co_await wait(n); }
Task h36() { if (measure({.count = 1}) == 0) co_await wait(); }
Task h37() { const auto run = [](Options options) -> Later { return take(Options{options.name, 1}); }; co_await run(make()); }
Task h38() { co_await takeAny([] { return measure(Options{text(), 1}); }); }
Task h39() { Options options{text(), 1}; options.count = co_await wait(); }
Task h40() { const int values[] = {1, co_await wait()}; static_cast<void>(values); }
Task h41() { co_await take(Alias()); }
Task h42() { using Local = Settings; co_await takeSettings(Local{}); }
Task h43() { { using Local = Options; measure(Local{}); } using Local = Numbers; co_await takeNumbers(Local{}); }
Task h44() { co_await Channel().open(); }
Task h45() { co_await Channel(Channel::Options{}).open(); }
Task h46() { co_await takeSettings(Channel::Options{}); }
Task h47() { Options options{text()}; FORMS_AWAIT(take(options)); }
Task h48() { int sum = FORMS_SAY(Options{text()}); FORMS_SUM(sum, take(make())); }
Task h49() { auto task = [](std::string name) -> Task { co_await wait(); co_await takeText(name); }(text()); task.finish(); co_return; }
Task h50() { const std::string name = text(); co_await [&name]() -> Later { return wait(name.empty() ? 1 : 0); }(); }

constexpr Task (*kForms[])() = {
    h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11, h12, h13, h14, h15, h16, h17, h18, h19, h20, h21, h22, h23, h24, h25, h26, h27, h28, h29, h30, h31, h32, h33, h34, h35, h36, h37, h38, h39, h40, h41, h42, h43, h44, h45, h46, h47, h48, h49, h50,
};

}  // namespace
// clang-format on

int main(int argc, char** argv) { return run(kForms, argc, argv); }
