// From an errno and an address to a remedy: which privilege, which file, which process.

#include "cannot_listen.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"

namespace ropewalk::detail {

namespace {

bool isSocket(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) != 0 || S_ISSOCK(status.st_mode);
}

}  // namespace

void cannotListen(const Address& where, SocketKind kind, int error) {
  const bool stream = kind == SocketKind::stream;
  const bool path = where.family == Address::Family::UNIX;
  std::string remedy;
  if (error == EACCES && !path) {
    remedy = "; choose a port above 1023, or grant cap_net_bind_service";
  } else if (error == EADDRINUSE && path && !isSocket(where.host)) {
    remedy = "; a file that is no socket is there: remove it, or choose another path";
  } else if (error == EADDRINUSE) {
    const std::string holder = portHolder(where, kind);
    remedy = format("; {} {} there: stop it, or choose another {}",
                    holder.empty() ? "another process" : holder, stream ? "listens" : "receives",
                    path ? "path" : "port");
  } else if (error == EADDRNOTAVAIL) {
    remedy = "; this machine has no such address";
  }
  throw CannotListenError(format("cannot {} on {}: {}{}", stream ? "listen" : "receive datagrams",
                                 where, errnoText(error), remedy));
}

}  // namespace ropewalk::detail
