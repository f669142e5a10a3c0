// Standard input and output as one Transport. CORE-18.
#pragma once

#include <memory>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

class Reactor;

/// The output cannot be written any more: its disk is full, its terminal gone.
ROPEWALK_ERROR(OutputLost, ConnectionLost);
/// … because nobody reads that pipe any more.
ROPEWALK_ERROR(OutputReaderGone, OutputLost);

/// Which descriptors connectStdio uses. They stay the caller's.
struct StdioOptions {
  int input = 0;   ///< any descriptor that can be read: a terminal, pipe, file, socket, /dev/null
  int output = 1;  ///< likewise, to be written
};

/// Connects `protocol` to standard input and output: the process's other end, as if it had called.
/// Owned by the reactor, like any stream.
///
/// The end of the input is a half close: readConnectionLost, whose default sends what is pending
/// and ends the connection. loseWriteConnection ends the output for whoever reads it: descriptor 1
/// is /dev/null from then on. connectionLost leaves both descriptors open.
///
/// Terminals and pipes stay as blocking as they are, whatever ends the process: they belong to the
/// shell and to the neighbours in a pipeline too. Only what cannot be opened once more (sockets)
/// does not block while this lasts; then std::cout must not be used on it.
///
///     connectStdio(reactor, std::make_unique<Cat>());
///
/// @throws std::system_error when a descriptor is not open
Transport& connectStdio(Reactor& reactor, std::unique_ptr<Protocol> protocol,
                        StdioOptions options = StdioOptions());

/// The terminal or pipe of a descriptor, opened once more: not blocking, without a word to those
/// who share the descriptor.
/// @param access  O_RDONLY or O_WRONLY
/// @return        none for anything else, and where that cannot be
[[nodiscard]] UniqueFd reopened(int fd, int access);

}  // namespace ropewalk
