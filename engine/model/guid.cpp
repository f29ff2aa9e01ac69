#include "engine/model/guid.h"

#include <algorithm>

#include "engine/base/text.h"

namespace gmsactl::model {

namespace {

// [MS-DTYP] 2.3.4.2: Data1 to Data3 are little-endian, Data4 is bytes in order. The text form writes the
// bytes in this order.
constexpr std::array<uint8_t, 16> text_order{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = fold(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

Result<Guid> Guid::parse(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorKind::invalid, "'" + printable(text) +
                                        "' is not a GUID: it has 32 hexadecimal digits, as in " +
                                        "56d9b66c-d746-4f87-bd26-26760cfdca2e");
  };
  std::string_view digits = text;
  if (digits.size() == 38 && digits.front() == '{' && digits.back() == '}') digits = digits.substr(1, 36);
  if (digits.size() != 36) return wrong();
  Guid guid;
  size_t at = 0;
  for (size_t i = 0; i < 16; ++i) {
    if ((at == 8 || at == 13 || at == 18 || at == 23) && digits[at++] != '-') return wrong();
    const int high = digit(digits[at]);
    const int low = digit(digits[at + 1]);
    if (high < 0 || low < 0) return wrong();
    guid.bytes[text_order[i]] = static_cast<uint8_t>(high * 16 + low);
    at += 2;
  }
  return guid;
}

Result<Guid> Guid::decode(std::string_view bytes) {
  if (bytes.size() != 16)
    return fail(ErrorKind::corrupt, "a binary GUID has 16 bytes, not " + std::to_string(bytes.size()));
  Guid guid;
  std::transform(bytes.begin(), bytes.end(), guid.bytes.begin(),
                 [](char c) { return static_cast<uint8_t>(c); });
  return guid;
}

std::string Guid::text() const {
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const char byte = static_cast<char>(bytes[text_order[i]]);
    text += hex({&byte, 1});
  }
  return text;
}

std::string Guid::encode() const { return {bytes.begin(), bytes.end()}; }

}  // namespace gmsactl::model
