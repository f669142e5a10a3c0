// Forms that g++ 12 destroys twice, or does not compile, inside a co_await expression; each is found by the lint.
#include "forms.h"

using namespace forms;  // NOLINT

// A form a line.
// clang-format off
namespace {

Task d1() { co_await take({.name = text()}); }  // found
Task d2() { co_await take({.count = 3}); }  // found
Task d3() { co_await take({}); }  // found
Task d4() { co_await take(Options{}); }  // found
Task d5() { co_await take(Options{.name = text()}); }  // found
Task d6() { co_await take(Options{text(), 2}); }  // found
Task d7() { co_await take(Options(text(), 2)); }  // found
Task d8() { co_await takeConst({.count = 3}); }  // found
Task d9() { co_await takeConst(Options{}); }  // found
Task d10() { co_await takeNested({.options = {.count = 1}}); }  // found
Task d11() { co_await takeNested({.more = text()}); }  // found
Task d12() { co_await takeDerived(Derived{}); }  // found
Task d13() { co_await takeDefault(1); }  // found
Task d14() { co_await takeConstDefault(); }  // found
Task d15() { co_await takeArray({text(), text()}); }  // found
Task d16() { co_await takeArray(std::array<std::string, 2>{text(), text()}); }  // found
Task d17() { co_await takeMaybe(Options{}); }  // found
Task d18() { co_await takeSettings(Settings(Options{})); }  // found
Task d19() { co_await takeAny(std::make_unique<Options>(Options{})); }  // found
Task d20() { co_await wait(measure({.count = 3})); }  // found
Task d21() { co_await Client().ask(); }  // found
Task d22() { co_await Client().ask({.count = 2}); }  // found
Task d23() { const int sum = measure(Options{}, co_await wait()); static_cast<void>(sum); }  // found
Task d24() { if (co_await take({.count = 3}) > 0) co_return; }  // found
Task d25() { for (int i = 0; i < co_await take({}); ++i) co_await wait(); }  // found
Task d26() { Options made{text(), co_await wait()}; }  // found
Task d27() { co_await takeAny([name = text()] { return name; }); }  // found
Task d28() { const std::string name = text(); co_await takeAny([name] { return name; }); }  // found
Task d29() { const std::string name = text(); co_await takeAny([=] { return name; }); }  // found
Task d30() { const std::string name = text(); co_await takeFunction([name] {}); }  // found
Task d31() { co_await takeFunction(std::function<void()>([name = text()] {})); }  // found
Task d32() { co_await [name = text()]() -> Later { return wait(); }(); }  // found
Task d33() { const bool yes = true; co_await take(yes ? make() : Options{}); }  // found
Task d34() { co_await takeAny(std::unique_ptr<Options>(new Options{text(), 1})); }  // found
Task d35() { co_await take(Alias{text()}); }  // found
Task d36() { co_await take(Alias(text(), 1)); }  // found
Task d37() { co_await take(Typedef{text()}); }  // found
Task d38() { using Local = Options; co_await take(Local{text()}); }  // found
Task d39() { typedef Options Local; co_await take(Local{text()}); }  // found
Task d40() { co_await takeArray(Two{text(), text()}); }  // found
Task d41() { co_await Connection().open(); }  // found
Task d42() { co_await ConnectionAlias().open(); }  // found
Task d43() { co_await Connection(Connection::Options{text()}).open(); }  // found
Task d44() { co_await Connection(ConnectionOptions{text()}).open(); }  // found
Task d45() { FORMS_AWAIT(take(Options{text()})); }  // found
Task d46() { const std::string name = text(); FORMS_AWAIT(takeAny([name] { return name; })); }  // found
Task d47() { int sum = 0; FORMS_SUM(sum, take({.count = 3})); }  // found
Task d48() { auto task = [name = text()]() -> Task { co_await wait(); co_await takeText(name); }(); task.finish(); co_return; }  // found
#if DOES_NOT_COMPILE == 1
Task n1() { co_await takeTexts({text(), text()}); }  // found
#endif
#if DOES_NOT_COMPILE == 2
Task n2() { co_await takeAny(std::vector<std::string>{text(), text()}); }  // found
#endif
#if DOES_NOT_COMPILE == 3
Task n3() { co_await takeMap({{1, text()}}); }  // found
#endif
#if DOES_NOT_COMPILE == 4
Task n4() { co_await takeAny(std::initializer_list<std::string>{text()}); }  // found
#endif

constexpr Task (*kForms[])() = {
    d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15, d16, d17, d18, d19, d20, d21, d22, d23, d24, d25, d26, d27, d28, d29, d30, d31, d32, d33, d34, d35, d36, d37, d38, d39, d40, d41, d42, d43, d44, d45, d46, d47, d48,
};

}  // namespace
// clang-format on

int main(int argc, char** argv) { return run(kForms, argc, argv); }
