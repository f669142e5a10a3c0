// The record of an exception that came from elsewhere, the one that needs
// no memory, and their text.

#include "failure.h"

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace ropewalk {

namespace {

std::string readableName(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : type.name();
}

}  // namespace

/// An exception that came from elsewhere; it is kept alive by the exception_ptr, so that
/// `error` may point into it.
struct Failure::Foreign final : Record {
  Foreign(Where where, std::exception_ptr thrown) noexcept
      : Record(where, nullptr), thrown(std::move(thrown)) {
    try {
      std::rethrow_exception(this->thrown);
    } catch (const std::exception& standard) {
      error = &standard;
    } catch (...) {
      error = nullptr;
    }
  }
  [[noreturn]] void raise(const Failure& /*self*/) const override {
    std::rethrow_exception(thrown);
  }

  std::exception_ptr thrown;
};

Failure Failure::current(Where where) noexcept {
  try {
    throw;
  } catch (const RaisedBase& raised) {
    return raised.failure;
  } catch (...) {
    try {
      return Failure(std::make_shared<Foreign>(where, std::current_exception()));
    } catch (...) {
      return Failure(outOfMemory());
    }
  }
}

const Failure& Failure::connectionDone() noexcept {
  static const Failure kDone{ConnectionDone("connection was closed cleanly")};
  return kDone;
}

std::shared_ptr<const Failure::Record> Failure::outOfMemory() noexcept {
  // In static memory and without a reference count, since there may be no heap left;
  // never destroyed.
  alignas(Holder<std::bad_alloc>) static std::byte memory[sizeof(Holder<std::bad_alloc>)];
  static const Record* const kRecord =
      ::new (memory) Holder<std::bad_alloc>(Where::here(), nullptr);
  return {std::shared_ptr<const Record>(), kRecord};
}

std::string Failure::kind() const {
  if (record_->error == nullptr) return "unknown exception";
  if (const auto* own = dynamic_cast<const Error*>(record_->error)) return std::string(own->kind());
  // Named, because clang warns of a side effect in typeid(*…).
  const std::exception& error = *record_->error;
  return readableName(typeid(error));
}

std::string Failure::getErrorMessage() const {
  if (record_->error == nullptr) return "an exception that is no std::exception";
  return record_->error->what();
}

std::string Failure::getTraceback() const {
  std::string text;
  for (const Record* record = record_.get(); record != nullptr; record = record->cause.get()) {
    const Failure one(std::shared_ptr<const Record>(std::shared_ptr<const Record>(), record));
    if (!text.empty()) text += "\n  caused by ";
    text += toText(one);
    text += "\n    at ";
    text += record->where.file;
    text += ':';
    text += std::to_string(record->where.line);
    text += " in ";
    text += record->where.function;
  }
  return text;
}

std::string toText(const Failure& failure) {
  return failure.kind() + ": " + failure.getErrorMessage();
}

}  // namespace ropewalk
