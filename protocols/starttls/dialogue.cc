// One line after the other, and the three questions that may follow.
#include "dialogue.h"

#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

constexpr std::size_t kMaxLine = 8 * 1024;  // capabilities of IMAP stand in one line
constexpr int kMaxLines = 200;              // banners are long; nobody's are that long

}  // namespace

StartTlsDialogue::StartTlsDialogue(StartTlsWords words)
    : words_(std::move(words)), lines_(bothNewlines(kMaxLine)) {}

StartTlsDialogue::Step StartTlsDialogue::receive(std::string_view data) {
  Step step;
  while (state_ != StartTlsState::over) {
    const LineSplitter::Step cut = lines_.next(data);
    data.remove_prefix(cut.taken);
    if (cut.event == LineSplitter::Event::needMore) break;
    if (cut.event == LineSplitter::Event::tooLong || ++count_ > kMaxLines) {
      fail(step, "the server says more than can be");
      break;
    }
    line(cut.line, step);
  }
  return step;
}

void StartTlsDialogue::line(std::string_view line, Step& step) {
  StartTlsMeaning meaning = words_.read(state_, line);
  offered_ = offered_ || meaning.offers;
  switch (meaning.kind) {
    case StartTlsMeaning::Kind::more:
      return;
    case StartTlsMeaning::Kind::good:
      return answered(step);
    case StartTlsMeaning::Kind::askAnyway:
      return askForTls(step);
    case StartTlsMeaning::Kind::refused:
      return refused(step, line);
    case StartTlsMeaning::Kind::failed:
      return fail(step, std::move(meaning.reason));
  }
}

void StartTlsDialogue::answered(Step& step) {
  switch (state_) {
    case StartTlsState::greeting:
      state_ = StartTlsState::capabilities;
      step.send += words_.capabilities;
      return;
    case StartTlsState::capabilities:
      return offered_ ? askForTls(step)
                      : fail(step, format("the server offers no {}", words_.command));
    case StartTlsState::reply:
      state_ = StartTlsState::over;
      step.kind = Step::Kind::begin;
      return;
    case StartTlsState::over:
      return;
  }
}

void StartTlsDialogue::askForTls(Step& step) {
  state_ = StartTlsState::reply;
  step.send += words_.begin;
}

void StartTlsDialogue::fail(Step& step, std::string reason) {
  state_ = StartTlsState::over;
  step.kind = Step::Kind::failed;
  step.reason = std::move(reason);
}

void StartTlsDialogue::refused(Step& step, std::string_view line) {
  static constexpr std::string_view kAsked[] = {
      "greets with", "does not say what it can:", "refuses to begin TLS:"};
  fail(step,
       format("the server {} {}", kAsked[static_cast<std::size_t>(state_)], quoteBytes(line)));
}

}  // namespace ropewalk
