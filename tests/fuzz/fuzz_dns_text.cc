// DNS in text: what a master file or a line of data says is printed and read again, to the same;
// and data of any bytes goes to text that gives them back, or that is refused for its form.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ropewalk/protocols/dns/master_file.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "ropewalk/protocols/dns/records.h"

using namespace ropewalk;
using namespace ropewalk::dns;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

MasterFileOptions options(std::string_view included) {
  MasterFileOptions options;
  options.origin = Name("example");
  options.ttl = 60;
  options.maxIncludeDepth = 2;
  options.maxGenerated = 50;
  options.include = [text = std::string(included)](const std::string&) -> Result<std::string> {
    return text;
  };
  return options;
}

void checkMasterFile(std::string_view text) {
  // A file that includes itself twice at each of two depths costs seven times its length.
  const auto records = parseMasterFile(text, options(text.substr(0, 1000)));
  if (!records) {
    const std::string why = records.failure().getErrorMessage();
    require(why.find(':') != std::string::npos);
    return;
  }
  std::string printed;
  for (const Record& record : *records) printed += toText(record) + "\n";
  const auto again = parseMasterFile(printed);
  require(again.ok() && again->size() == records->size());
  for (std::size_t i = 0; i < records->size(); ++i) {
    const Record& a = (*records)[i];
    const Record& b = (*again)[i];
    require(a.name.wire() == b.name.wire() && a.type == b.type && a.klass == b.klass);
    require(a.ttl == b.ttl && a.data == b.data);
  }
}

void checkData(Type type, std::string_view text) {
  const Name origin("example");
  const auto data = parseRdata(type, text, origin);
  if (!data) return;
  require(checkRdata(type, *data).ok());
  const auto again = parseRdata(type, rdataToText(type, *data));
  require(again.ok() && *again == *data);
}

void checkBytes(Type type, std::string_view bytes) {
  const std::string text = rdataToText(type, bytes);
  const auto again = parseRdata(type, text);
  if (again) {
    require(*again == bytes);
  } else {
    require(text.starts_with("\\#") && !checkRdata(type, bytes).ok());
  }
  (void)recordsOf<HTTPS>({{Name(), Type::HTTPS, Class::IN, 1, std::string(bytes)}});
  const auto binding = HTTPS::fromData(bytes, Seconds(1));
  if (!binding) return;
  require(binding->data() == bytes);
  (void)binding->alpn();
  (void)binding->hints();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  // The first byte says what the rest is: 0 to 127 the data of a type as text, 128 to 254 the same
  // as bytes, 255 or a line end a master file.
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 255 || data[0] == '\n') {
    checkMasterFile(rest);
    return 0;
  }
  const unsigned number = data[0] & 127U;
  const auto type = number == 100   ? Type::TSIG
                    : number == 101 ? Type::URI
                    : number == 102 ? Type::CAA
                                    : static_cast<Type>(number);
  if (data[0] < 128) {
    checkData(type, rest);
  } else {
    checkBytes(type, rest);
  }
  return 0;
}
