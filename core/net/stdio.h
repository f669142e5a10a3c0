// Standard input and output as one Transport. CORE-18.
#pragma once

#include <memory>

#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

class Reactor;

struct StdioOptions {
  int input = 0;   ///< any descriptor that can be read: a terminal, pipe, file, socket, /dev/null
  int output = 1;  ///< likewise, to be written
};

/// Connects `protocol` to standard input and output: the process's other end, as if it had called.
/// Owned by the reactor, like any stream.
///
/// The end of the input is a half close: readConnectionLost, whose default sends what is pending
/// and ends the connection. loseWriteConnection ends the output for whoever reads it: descriptor 1
/// is /dev/null from then on. connectionLost leaves both descriptors open, and as blocking as they
/// were: the terminal belongs to the shell too, which would trip over a non-blocking one.
///
///     connectStdio(reactor, std::make_unique<Cat>());
///
/// While it lasts std::cout and printf must not be used: they do not expect a descriptor that does
/// not block.
/// @throws std::system_error when a descriptor is not open
Transport& connectStdio(Reactor& reactor, std::unique_ptr<Protocol> protocol,
                        StdioOptions options = StdioOptions());

}  // namespace ropewalk
