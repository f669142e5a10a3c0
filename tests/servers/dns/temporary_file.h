// A file that is gone when the test ends.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ropewalk::dns {

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text = "") {
    char name[] = "/tmp/ropewalk-dns-XXXXXX";
    const int fd = ::mkstemp(name);
    if (fd < 0) throw std::runtime_error("cannot make a temporary file");
    ::close(fd);
    path_ = name;
    write(text);
  }
  ~TemporaryFile() { remove(); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  void write(std::string_view text) const { std::ofstream(path_) << text; }
  void remove() const { ::unlink(path_.c_str()); }

 private:
  std::string path_;
};

}  // namespace ropewalk::dns
