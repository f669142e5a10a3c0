#include "ropewalk/servers/app/report.h"

#include <exception>
#include <iostream>
#include <string>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/net/stdio.h"
#include "ropewalk/servers/app/command_line.h"
#include "ropewalk/servers/app/exit_code.h"
#include "ropewalk/servers/app/standard_streams.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::app {

namespace {

int say(const std::exception& error, int status) {
  std::cerr << std::string("ropewalk: ") + error.what() + '\n';
  return status;
}

}  // namespace

int reportCurrent() {
  try {
    throw;
  } catch (const ReaderGone& error) {
    endBySigPipe();
    return say(error, kFailed);
  } catch (const OutputReaderGone& error) {
    endBySigPipe();
    return say(error, kFailed);
  } catch (const CommandError& error) {
    return say(error, error.status());
  } catch (const BadEndpointError& error) {
    return say(error, kUsage);
  } catch (const CannotListenError& error) {
    return say(error, kCannotListen);
  } catch (const ssl::ContextError& error) {
    return say(error, kBadTls);
  } catch (const std::exception& error) {
    return say(error, kFailed);
  }
}

int report(const Failure& why) {
  try {
    why.raise();
  } catch (...) {
    return reportCurrent();
  }
}

}  // namespace ropewalk::app
