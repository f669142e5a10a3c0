// Which exit status an exception has, and which option would have helped.
#include "report.h"

#include <exception>
#include <iostream>
#include <string_view>

#include "command_line.h"
#include "exit_code.h"
#include "ropewalk/clients/http/errors.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/stream/stdio.h"
#include "ropewalk/ssl/errors.h"
#include "standard_streams.h"

namespace ropewalk::app {

namespace {

/// The option that would change it, where the words of the library ask for a file.
std::string_view optionFor(const std::exception& error) {
  const auto* refused = dynamic_cast<const ssl::CertificateError*>(&error);
  const auto* fetch = dynamic_cast<const http::FetchError*>(&error);
  if (fetch != nullptr && fetch->cause() != nullptr)
    refused = fetch->cause()->check<ssl::CertificateError>();
  return refused != nullptr && refused->unknownAuthority() ? " (--cacert)" : "";
}

int say(const std::exception& error, int status) {
  std::cerr << format("ropewalk: {}{}\n", error.what(), optionFor(error));
  return status;
}

}  // namespace

int reportCurrent() {
  try {
    throw;
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
