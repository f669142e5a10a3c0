// What costs no allocation: reading a question, writing an answer, and each record of a master file
// once the first are read.
#include <array>
#include <string>

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/master_file.h"
#include "ropewalk/protocols/dns/query_view.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/protocols/dns/writer.h"
#include "tests/catch.h"
#include "tests/counted_new.h"

using namespace ropewalk;
using namespace ropewalk::dns;

TEST_CASE("answering a question allocates nothing") {
  Message question;
  question.questions = {{Name("www.example.org"), Type::MX}};
  question.edns = Edns{1232, 0, true, {{EdnsOption::COOKIE, "12345678"}}};
  const std::string wire = question.encode();
  const Record mx = makeRecord(Name("www.example.org"), "MX 10 mail.example.org.");
  std::array<char, 1232> room;
  QueryView query;

  const std::size_t before = allocations;
  const auto fault = readQuery(wire, query);
  MessageWriter writer(room);
  writer.start(query.id);
  writer.keepFree(11);
  bool written = writer.question(query.name(), query.type, query.klass);
  for (int i = 0; i < 20; ++i) {
    written = written &&
              writer.record(Section::answer, mx.name.wire(), mx.type, mx.klass, mx.ttl, mx.data);
  }
  written = written && writer.opt(1232, Rcode::NOERROR, query.dnssecOk, "");
  const std::string_view answer = writer.finish();
  const std::size_t made = allocations - before;

  CHECK(made == 0);
  CHECK(fault == QueryFault::none);
  CHECK(written);
  CHECK(Message::decode(answer).ok());
}

TEST_CASE("a writer without room allocates nothing either") {
  const Record mx = makeRecord(Name("www.example.org"), "MX 10 mail.example.org.");
  std::array<char, 40> room;
  MessageWriter writer(room);
  writer.start(1);
  const std::size_t before = allocations;
  const bool written =
      writer.record(Section::answer, mx.name.wire(), mx.type, mx.klass, mx.ttl, mx.data);
  const std::size_t made = allocations - before;
  CHECK(made == 0);
  CHECK_FALSE(written);
}

TEST_CASE("reading a malformed question allocates nothing") {
  const std::string loop("\0\1\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", 18);
  QueryView query;
  const std::size_t before = allocations;
  const auto fault = readQuery(loop, query);
  const std::size_t made = allocations - before;
  CHECK(made == 0);
  CHECK(fault == QueryFault::formErr);
}

TEST_CASE("a master file costs as many allocations with a thousand records as with a hundred") {
  const auto allocationsFor = [](int records) {
    std::string zone = "$ORIGIN example.org.\n$TTL 300\n";
    for (int i = 0; i < records; ++i) {
      zone += format("host{} A 192.0.2.1\n\tAAAA 2001:db8::1\n\tMX 10 mail\n", i + 1000);
      zone += "\tTXT \"some text\" more\n\tSRV 0 5 5060 sip.example.org.\n";
      zone += "\tRRSIG A 13 3 3600 20260101000000 20251201000000 12345 example.org. AAEC AwQF\n";
      zone += "\tNSEC host A AAAA RRSIG NSEC\n\tLOC 52 14 5 N 0 8 50 E 10m\n";
    }
    const std::size_t before = allocations;
    std::size_t seen = 0;
    const auto read = readMasterFile(zone, {}, [&seen](const RecordView&) -> Result<void> {
      ++seen;
      return {};
    });
    const std::size_t made = allocations - before;
    CHECK(read.ok());
    CHECK(seen == static_cast<std::size_t>(records) * 8);
    return made;
  };
  (void)allocationsFor(1);
  CHECK(allocationsFor(1000) == allocationsFor(100));
}
