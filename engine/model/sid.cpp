#include "engine/model/sid.h"

#include <charconv>
#include <cstdio>

#include "engine/base/text.h"

namespace gmsactl::model {

namespace {

constexpr size_t max_sub_authorities = 15;  // SID_MAX_SUB_AUTHORITIES, [MS-DTYP] 2.4.2.2
constexpr uint64_t authority_limit = uint64_t{1} << 48U;

/// The whole of `text` as an unsigned number below `limit`; no sign, no white space, at most `digits` digits.
bool parse_number(std::string_view text, int base, size_t digits, uint64_t limit, uint64_t& number) {
  if (text.empty() || text.size() > digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size() && number < limit;
}

tl::unexpected<Error> wrong(std::string_view text, std::string_view why) {
  return fail(ErrorKind::invalid, "'" + printable(text) + "' is not a SID: " + std::string(why));
}

}  // namespace

Result<Sid> Sid::parse(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() < 3 || !equal_folded(parts[0], "S") || parts[1] != "1")
    return wrong(text, "it starts with S-1-");
  if (parts.size() - 3 > max_sub_authorities) return wrong(text, "it has more than 15 sub-authorities");
  Sid sid;
  const auto authority = parts[2];
  // [MS-DTYP] 2.4.2.1: hexadecimal from 2^32 on. Smaller ones are read in either form.
  const bool hexadecimal = authority.starts_with("0x") || authority.starts_with("0X");
  if (hexadecimal ? !parse_number(authority.substr(2), 16, 12, authority_limit, sid.authority)
                  : !parse_number(authority, 10, 10, uint64_t{1} << 32U, sid.authority))
    return wrong(text, "its authority is not a number below 2^48");
  sid.sub_authorities.reserve(parts.size() - 3);
  for (size_t i = 3; i < parts.size(); ++i) {
    uint64_t number = 0;
    if (!parse_number(parts[i], 10, 10, uint64_t{1} << 32U, number))
      return wrong(text, "'" + printable(parts[i]) + "' is not a number below 2^32");
    sid.sub_authorities.push_back(static_cast<uint32_t>(number));
  }
  return sid;
}

Result<Sid> Sid::decode(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 8 || byte(0) != 1)
    return fail(ErrorKind::corrupt, "a binary SID has a revision of 1 and at least 8 bytes");
  const size_t count = byte(1);
  if (count > max_sub_authorities || bytes.size() != 8 + 4 * count)
    return fail(ErrorKind::corrupt, "a binary SID says it has " + std::to_string(count) +
                                        " sub-authorities, which " + plural(bytes.size(), "byte") +
                                        " do not hold");
  Sid sid;
  for (size_t i = 2; i < 8; ++i) sid.authority = sid.authority << 8U | byte(i);  // the one big-endian field
  sid.sub_authorities.reserve(count);
  for (size_t i = 8; i < bytes.size(); i += 4)
    sid.sub_authorities.push_back(static_cast<uint32_t>(byte(i)) | static_cast<uint32_t>(byte(i + 1)) << 8U |
                                  static_cast<uint32_t>(byte(i + 2)) << 16U |
                                  static_cast<uint32_t>(byte(i + 3)) << 24U);
  return sid;
}

std::string Sid::text() const {
  // Every principal of an estate is looked up by this text, hence no intermediate strings.
  std::string text = "S-1-";
  text.reserve(20 + 11 * sub_authorities.size());
  char digits[20];
  const auto append = [&](uint64_t number) {
    text.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
  };
  if (authority < uint64_t{1} << 32U) {
    append(authority);
  } else {
    std::snprintf(digits, sizeof digits, "0x%012llx", static_cast<unsigned long long>(authority));
    text += digits;
  }
  for (const uint32_t number : sub_authorities) {
    text += '-';
    append(number);
  }
  return text;
}

std::string Sid::encode() const {
  std::string bytes;
  bytes.reserve(8 + 4 * sub_authorities.size());
  bytes += '\x01';
  bytes += static_cast<char>(sub_authorities.size());
  for (unsigned shift = 48; shift != 0;) bytes += static_cast<char>(authority >> (shift -= 8) & 0xFFU);
  for (const uint32_t number : sub_authorities)
    for (const unsigned shift : {0U, 8U, 16U, 24U}) bytes += static_cast<char>(number >> shift & 0xFFU);
  return bytes;
}

bool Sid::is_domain() const {
  return authority == 5 && sub_authorities.size() == 4 && sub_authorities[0] == 21;
}

Sid Sid::domain() const {
  Sid sid = *this;
  if (!sid.sub_authorities.empty()) sid.sub_authorities.pop_back();
  return sid;
}

Sid Sid::with_rid(uint32_t rid) const {
  Sid sid = *this;
  sid.sub_authorities.push_back(rid);
  return sid;
}

}  // namespace gmsactl::model
