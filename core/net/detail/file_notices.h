// FileNotices: one inotify descriptor for all who watch files on a loop. inotify(7).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/loop/watch.h"

namespace ropewalk::detail {

/// Shared, since a user may have 128 such descriptors in all. The kernel gives one number for an
/// inode, however often it is watched: each has a list of listeners. Owned by the loop.
class FileNotices final : public Watch {
 public:
  /// Both calls may watch and forget, but not destroy listeners.
  class Listener {
   public:
    /// @param name  in the directory that is watched; "" for what is watched itself
    virtual void noticed(int watch, std::string_view name) = 0;
    /// Notices were lost: anything may have happened.
    virtual void overflowed() = 0;
    /// After the last of several notices that were there at once.
    virtual void noticesEnd() = 0;

   protected:
    ~Listener() = default;
  };
  enum class What : std::uint8_t { names, content };

  /// Null, with errno set, where the kernel gives none.
  static std::unique_ptr<FileNotices> make(Loop& loop);
  FileNotices(Loop& loop, UniqueFd fd);

  /// @return the number by which it is noticed, or -1 with errno set
  [[nodiscard]] int watch(const std::string& path, What what, Listener& listener);
  void forget(int watch, Listener& listener);

  void disconnect() override {}

 private:
  void readable() override;
  void notice(int watch, std::uint32_t mask, std::string_view name,
              std::vector<Listener*>& noticed);

  UniqueFd fd_;
  std::map<int, std::vector<Listener*>> listeners_;
};

}  // namespace ropewalk::detail
