#include "engine/model/site.h"

#include "engine/base/text.h"
#include "engine/base/unicode.h"

namespace gmsactl::model {
namespace {

constexpr size_t longest_label = 63;  // octets, RFC 1035 section 2.3.4

bool allowed(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         byte >= 0x80;
}

}  // namespace

std::optional<std::string> site_name_problem(std::string_view name) {
  if (name.empty()) return "is empty";
  if (!valid_utf8(name)) return "is not UTF-8";
  if (const auto hidden = first_hidden_character(name)) return "has " + describe(*hidden);
  for (const char c : name) {
    if (allowed(c)) continue;
    if (c == ' ') return "has a space";
    if (c == '.') return "has a dot";
    return std::string("has the character ") + c;
  }
  if (name.front() == '-' || name.back() == '-') return "begins or ends with a hyphen";
  if (name.size() > longest_label)
    return "has " + std::to_string(name.size()) + " bytes, and a DNS label no more than " +
           std::to_string(longest_label);
  return std::nullopt;
}

}  // namespace gmsactl::model
