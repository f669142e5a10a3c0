// The numbers of the DNS and their names. RFC 1035 §3.2, RFC 3597 §5, RFC 6895.
#include "ropewalk/protocols/dns/types.h"

#include "tests/catch.h"

using namespace ropewalk::dns;

TEST_CASE("every type goes to its name and back, known or not") {
  for (unsigned number = 0; number < 65536; ++number) {
    const auto type = static_cast<Type>(number);
    if (parseType(toText(type)) == type) continue;
    INFO(toText(type));
    CHECK(parseType(toText(type)) == type);
  }
  CHECK(toText(Type::AAAA) == "AAAA");
  CHECK(toText(static_cast<Type>(731)) == "TYPE731");
  CHECK(parseType("type28") == Type::AAAA);
  CHECK(parseType("nsap-ptr") == Type::NSAP_PTR);
  CHECK(parseType("NULL") == static_cast<Type>(10));
  CHECK(toText(Type::DLV) == "DLV");
  CHECK(toText(Type::DSYNC) == "DSYNC");
  CHECK(parseType("nsec3Param") == Type::NSEC3PARAM);
}

TEST_CASE("what is no type, and what is no class") {
  for (const char* text : {"", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "28", "AAAAA", "A "}) {
    INFO(text);
    CHECK_FALSE(parseType(text).has_value());
  }
  CHECK(parseClass("in") == Class::IN);
  CHECK(parseClass("CLASS3") == Class::CH);
  CHECK(toText(static_cast<Class>(32)) == "CLASS32");
  CHECK_FALSE(parseClass("CLASS65536").has_value());
  CHECK_FALSE(parseClass("A").has_value());
}

TEST_CASE("codes have names, or numbers where they have none") {
  CHECK(toText(Rcode::NXDOMAIN) == "NXDOMAIN");
  CHECK(toText(Rcode::BADCOOKIE) == "BADCOOKIE");
  CHECK_THAT(toText(static_cast<Rcode>(3841)), Catch::Contains("3841"));
  CHECK(toText(Opcode::NOTIFY) == "NOTIFY");
  CHECK_THAT(toText(static_cast<Opcode>(9)), Catch::Contains("9"));
}

TEST_CASE("only questions, OPT and signatures of messages have meta types") {
  for (const Type type : {Type::OPT, Type::NXNAME, Type::TKEY, Type::TSIG, Type::IXFR, Type::AXFR,
                          Type::MAILB, Type::MAILA, Type::ANY}) {
    CHECK(isMetaType(type));
  }
  for (const Type type : {Type::A, Type::HTTPS, Type::SPF, Type::URI, Type::CAA}) {
    CHECK_FALSE(isMetaType(type));
  }
}
