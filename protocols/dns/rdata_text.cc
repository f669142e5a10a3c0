// Records' data as text. RFC 1035 §5.1, RFC 3597 §5.
#include "rdata.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/detail/addresses.h"
#include "ropewalk/protocols/dns/detail/location.h"
#include "ropewalk/protocols/dns/detail/mnemonics.h"
#include "ropewalk/protocols/dns/detail/presentation.h"
#include "ropewalk/protocols/dns/detail/rare_fields.h"
#include "ropewalk/protocols/dns/detail/service_parameters.h"

namespace ropewalk::dns {

namespace {

/// Prints the fields of data that checkRdata approved.
class Printer {
 public:
  Printer(std::string_view data, std::string& out) : data_(data), out_(out) {}

  /// @return false for what text cannot say so that it would be read back the same
  bool put(Field field) {
    const bool first = out_.empty();
    if (isRare(field)) return rare(field);
    if (!first && field != Field::bitmap && field != Field::parameters) out_ += ' ';
    switch (field) {
      case Field::u8:
      case Field::algorithm:
        return putNumber(1);
      case Field::u16:
        return putNumber(2);
      case Field::u32:
      case Field::seconds32:
        return putNumber(4);
      case Field::time48:
        return putNumber(6);
      case Field::type:
        return text(toText(static_cast<Type>(number(2))));
      case Field::certType:
        return text(detail::certTypeToText(static_cast<std::uint16_t>(number(2))));
      case Field::date32:
        detail::putDate(static_cast<std::uint32_t>(number(4)), out_);
        return true;
      default:
        return putBytes(field);
    }
  }

 private:
  bool putBytes(Field field) {
    switch (field) {
      case Field::compressedName:
      case Field::name:
        return text(wire::nameToText(take(wire::nameLength(data_))));
      case Field::ipv4:
        detail::putIPv4(take(4), out_);
        return true;
      case Field::ipv6:
        detail::putIPv6(take(16), out_);
        return true;
      case Field::string:
        detail::putQuoted(sized(1), out_);
        return true;
      case Field::strings:
        return strings();
      case Field::tag:
        return text(sized(1));
      case Field::quoted:
        detail::putQuoted(all(), out_);
        return true;
      default:
        return putCoded(field);
    }
  }

  bool putCoded(Field field) {
    switch (field) {
      case Field::hex:
        detail::putHex(data_, out_);
        return !all().empty();
      case Field::base64:
        text(base64Encode(data_));
        return !all().empty();
      case Field::salt:
        return salt();
      case Field::hash:
        detail::putBase32(sized(1), out_);
        return true;
      case Field::sized16:
        return sized16();
      case Field::bitmap:
        return bitmap();
      case Field::location:
        return detail::putLocation(all(), out_);
      case Field::parameters:
        if (detail::checkServiceSense(data_)) return false;
        detail::putServiceParameters(all(), out_);
        return true;
      default:
        return false;
    }
  }

  std::string_view take(std::size_t size) {
    const auto piece = data_.substr(0, size);
    data_.remove_prefix(piece.size());
    return piece;
  }
  std::string_view all() { return take(data_.size()); }
  std::uint64_t number(std::size_t size) { return detail::numberAt(take(size), 0, size); }
  std::string_view sized(std::size_t prefix) { return take(number(prefix)); }

  bool rare(Field field) {
    const std::string_view bytes = take(detail::rareLength(field, data_));
    // What may be nothing has no blank before that.
    if (!out_.empty() && !bytes.empty()) out_ += ' ';
    return detail::putRare(field, bytes, out_);
  }

  bool text(std::string_view piece) {
    out_ += piece;
    return true;
  }
  bool putNumber(std::size_t size) { return text(std::to_string(number(size))); }

  bool strings() {
    for (bool first = true; !data_.empty(); first = false) {
      if (!first) out_ += ' ';
      detail::putQuoted(sized(1), out_);
    }
    return true;
  }

  bool salt() {
    const auto bytes = sized(1);
    if (bytes.empty()) return text("-");
    detail::putHex(bytes, out_);
    return true;
  }

  bool sized16() {
    const auto bytes = sized(2);
    text(std::to_string(bytes.size()));
    return bytes.empty() || text(" " + base64Encode(bytes));
  }

  bool bitmap() {
    std::size_t count = 0;
    while (!data_.empty()) {
      const std::uint64_t window = number(1);
      const auto bytes = sized(1);
      for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        if ((static_cast<unsigned char>(bytes[bit / 8]) & 0x80U >> bit % 8) == 0) continue;
        out_ += ' ';
        out_ += toText(static_cast<Type>(window << 8 | bit));
        ++count;
      }
    }
    return count <= 256;  // as many as parseRdata takes
  }

  std::string_view data_;
  std::string& out_;
};

std::string opaqueToText(std::string_view data) {
  std::string out = "\\# " + std::to_string(data.size());
  if (data.empty()) return out;
  out += ' ';
  detail::putHex(data, out);
  return out;
}

}  // namespace

std::string rdataToText(Type type, std::string_view data) {
  if (!checkRdata(type, data)) return opaqueToText(data);
  std::string out;
  Printer printer(data, out);
  for (const Field field : fieldsOf(type)) {
    if (!printer.put(field)) return opaqueToText(data);
  }
  return out;
}

}  // namespace ropewalk::dns
