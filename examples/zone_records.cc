// Reads a zone (RFC 1035 §5) from a file or from standard input, and prints its records one a line,
// each with its wire form in a comment. What it prints is a zone again.
//
//     zone_records examples/demo.test.zone demo.test
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/master_file.h"

using namespace ropewalk;

namespace {

Result<std::string> contents(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failure(BadFileError("cannot open " + path));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<void> print(const dns::RecordView& view) {
  const dns::Record record{dns::Name::fromWire(view.name), view.type, view.klass, view.ttl,
                           std::string(view.data)};
  std::printf("%s\t; %s\n", toText(record).c_str(), hex(record.data).c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: %s FILE|- [ORIGIN]\n", argv[0]);
    return 2;
  }
  dns::MasterFileOptions options;
  options.file = argv[1];
  options.include = contents;
  if (argc == 3) options.origin = dns::Name(argv[2]);
  const auto text = contents(options.file);
  const auto read = text ? dns::readMasterFile(*text, options, print) : text.failure();
  if (read) return 0;
  std::fprintf(stderr, "%s\n", read.failure().getErrorMessage().c_str());
  return 1;
}
