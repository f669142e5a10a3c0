// One level-triggered watch for each descriptor, with a function for either direction.

#include "foreign_descriptors.h"

#include <memory>
#include <utility>

namespace ropewalk::detail {

/// Nobody tells it when its descriptor has been read dry,
/// so it is level-triggered with every poller.
class ForeignDescriptors::Foreign final : public Watch {
 public:
  Foreign(Loop& loop, int fd) noexcept : Watch(loop, fd) { levelTriggered(); }

  void disconnect() override {}

  void onReadable(UniqueFunction<void()> f) {
    reader = std::make_shared<UniqueFunction<void()>>(std::move(f));
    wantReading(true);
  }
  void onWritable(UniqueFunction<void()> f) {
    writer = std::make_shared<UniqueFunction<void()>>(std::move(f));
    wantWriting(true);
  }

  // Shared, so that a callback may remove or replace itself while it runs.
  std::shared_ptr<UniqueFunction<void()>> reader;
  std::shared_ptr<UniqueFunction<void()>> writer;

 private:
  void readable() override {
    if (const auto f = reader) Loop::guard("a reader", *f);
  }
  void writable() override {
    if (const auto f = writer) Loop::guard("a writer", *f);
  }
};

ForeignDescriptors::Foreign& ForeignDescriptors::foreign(int fd) {
  auto found = watches_.find(fd);
  if (found == watches_.end()) {
    found = watches_.emplace(fd, &loop_.own(std::make_unique<Foreign>(loop_, fd))).first;
  }
  return *found->second;
}

void ForeignDescriptors::addReader(int fd, UniqueFunction<void()> readable) {
  foreign(fd).onReadable(std::move(readable));
}

void ForeignDescriptors::addWriter(int fd, UniqueFunction<void()> writable) {
  foreign(fd).onWritable(std::move(writable));
}

void ForeignDescriptors::removeReader(int fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  found->second->reader = nullptr;
  found->second->wantReading(false);
  removeIfIdle(fd);
}

void ForeignDescriptors::removeWriter(int fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  found->second->writer = nullptr;
  found->second->wantWriting(false);
  removeIfIdle(fd);
}

void ForeignDescriptors::removeIfIdle(int fd) {
  Foreign& watch = *watches_.at(fd);
  if (watch.reader || watch.writer) return;
  watches_.erase(fd);
  loop_.retire(watch);
}

}  // namespace ropewalk::detail
