// ForeignDescriptors: the descriptors of addReader and addWriter. Private to core/net.
#pragma once

#include <map>

#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/loop/loop.h"

namespace ropewalk::detail {

/// Watches descriptors that others own. Owned by its reactor.
class ForeignDescriptors {
 public:
  explicit ForeignDescriptors(Loop& loop) noexcept : loop_(loop) {}

  void addReader(int fd, UniqueFunction<void()> readable);
  void addWriter(int fd, UniqueFunction<void()> writable);
  void removeReader(int fd);
  void removeWriter(int fd);

 private:
  class Foreign;

  Foreign& foreign(int fd);
  void removeIfIdle(int fd);

  Loop& loop_;
  std::map<int, Foreign*> watches_;  // owned by the loop
};

}  // namespace ropewalk::detail
