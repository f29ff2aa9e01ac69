#include "engine/model/replication_metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <optional>

#include "engine/base/unicode.h"
#include "engine/model/fields.h"
#include "engine/model/filetime.h"

namespace gmsactl::model {

namespace {

struct KnownAttribute {
  uint32_t id;
  std::string_view name;
};

// By the prefix table that every forest begins with, as FieldFacts::attid.
constexpr std::array<KnownAttribute, 3> marker_attributes{{
    {0x00020051, "info"},
    {0x000200E2, "adminDescription"},
    {0x0009009C, "comment"},
}};

/// Empty for one that is of no concern.
std::string_view name_of(uint32_t id) {
  for (const auto& known : marker_attributes)
    if (known.id == id) return known.name;
  for (const auto& row : gmsa_fields)
    if (row.attid == id) return row.attribute;
  for (const auto& row : group_fields)
    if (row.attid == id) return row.attribute;
  return {};
}

constexpr uint64_t blob_version = 1;
constexpr size_t header_size = 16;  // version, reserved, count, reserved
constexpr size_t entry_size = 48;   // ATTRTYP, version, time in seconds, invocation id, two USNs

uint64_t number(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

tl::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::corrupt, "replication metadata " + std::string(what));
}

/// The elements of the one kind of XML there is: <ROOT>, then <name>text</name> each, then </ROOT>. No
/// attributes, no nesting.
class Elements {
 public:
  /// [MS-ADTS] 3.1.1.3.1.1.5 names the root after the structure, which ends in _2; what Windows has been seen
  /// to write has no such ending. Both are read.
  static Result<Elements> parse(std::string_view xml, std::string_view name_of_root) {
    // Windows ends each value with a line feed and a NUL.
    while (!xml.empty() && (is_space(xml.back()) || xml.back() == '\0')) xml.remove_suffix(1);
    Elements elements;
    Reader reader{xml};
    const auto root = reader.tag();
    if (root != name_of_root && root != std::string(name_of_root) + "_2")
      return corrupt("is not <" + std::string(name_of_root) + ">");
    for (;;) {
      const auto name = reader.tag();
      if (name.empty()) return corrupt("is no XML as Windows writes it");
      if (name.front() == '/') {
        if (name.substr(1) != root || !reader.rest().empty())
          return corrupt("ends in another way than it began");
        return elements;
      }
      auto text = reader.text_before("</" + std::string(name) + ">");
      if (!text) return corrupt("has no end of <" + std::string(name) + ">");
      if (!elements.values_.emplace(name, std::move(*text)).second)
        return corrupt("has <" + std::string(name) + "> twice");
    }
  }

  Result<std::string> text(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return corrupt("lacks <" + std::string(name) + ">");
    return found->second;
  }
  template <class Number>
  Result<Number> number(std::string_view name) const {
    const auto digits = GMSACTL_TRY(text(name));
    Number value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < 0)
      return corrupt("has no number in <" + std::string(name) + ">");
    return value;
  }
  Result<int64_t> time(std::string_view name) const {
    const auto time = parse_filetime_text(GMSACTL_TRY(text(name)));
    if (!time) return corrupt("has no time in <" + std::string(name) + ">");
    return *time;
  }

  Result<AttributeStamp> stamp() const {
    AttributeStamp stamp;
    stamp.attribute = GMSACTL_TRY(text("pszAttributeName"));
    stamp.version = GMSACTL_TRY(number<uint32_t>("dwVersion"));
    stamp.time = GMSACTL_TRY(time("ftimeLastOriginatingChange"));
    stamp.invocation_id = GMSACTL_TRY(Guid::parse(GMSACTL_TRY(text("uuidLastOriginatingDsaInvocationID"))));
    stamp.usn = GMSACTL_TRY(number<int64_t>("usnOriginatingChange"));
    return stamp;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  struct Reader {
    std::string_view at;

    std::string_view rest() {
      while (!at.empty() && is_space(at.front())) at.remove_prefix(1);
      return at;
    }
    /// What stands between the brackets of a tag, "/name" of one that ends; empty where there is none.
    std::string_view tag() {
      if (rest().empty() || at.front() != '<') return {};
      const size_t end = at.find_first_of("<> \t\n\r\"'=", 1);
      if (end == std::string_view::npos || at[end] != '>') return {};
      const auto name = at.substr(1, end - 1);
      at.remove_prefix(end + 1);
      return name;
    }
    std::optional<std::string> text_before(const std::string& end_tag) {
      const size_t end = at.find('<');
      if (end == std::string_view::npos || !at.substr(end).starts_with(end_tag)) return std::nullopt;
      auto text = unescaped(at.substr(0, end));
      at.remove_prefix(end + end_tag.size());
      return text;
    }
  };

  /// Windows leaves an ampersand in a DN as it is, so one that begins no entity is itself.
  static std::string unescaped(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, char>, 5> entities{
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
    std::string result;
    while (!text.empty()) {
      const auto entity = std::find_if(entities.begin(), entities.end(),
                                       [&](const auto& each) { return text.starts_with(each.first); });
      result += entity == entities.end() ? text.front() : entity->second;
      text.remove_prefix(entity == entities.end() ? 1 : entity->first.size());
    }
    return result;
  }

  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace

Result<std::vector<AttributeStamp>> decode_property_metadata(std::string_view bytes) {
  if (bytes.size() < header_size) return corrupt("is too short");
  if (number(bytes, 0, 4) != blob_version) return corrupt("is of an unknown version");
  if ((bytes.size() - header_size) % entry_size != 0 ||
      number(bytes, 8, 4) != (bytes.size() - header_size) / entry_size)
    return corrupt("has another length than it says");
  std::vector<AttributeStamp> stamps;
  for (size_t at = header_size; at < bytes.size(); at += entry_size) {
    const auto name = name_of(static_cast<uint32_t>(number(bytes, at, 4)));
    if (name.empty()) continue;
    const uint64_t seconds = number(bytes, at + 8, 8);
    const uint64_t usn = number(bytes, at + 32, 8);
    constexpr uint64_t most = std::numeric_limits<int64_t>::max();
    if (seconds > most / filetime_second || usn > most) return corrupt("has a number out of its range");
    stamps.push_back({std::string(name), static_cast<uint32_t>(number(bytes, at + 4, 4)),
                      static_cast<int64_t>(seconds) * filetime_second,
                      GMSACTL_TRY(Guid::decode(bytes.substr(at + 16, 16))), static_cast<int64_t>(usn)});
  }
  return stamps;
}

Result<AttributeStamp> decode_attribute_metadata(std::string_view xml) {
  return GMSACTL_TRY(Elements::parse(xml, "DS_REPL_ATTR_META_DATA")).stamp();
}

Result<LinkValueStamp> decode_value_metadata(std::string_view xml) {
  const auto elements = GMSACTL_TRY(Elements::parse(xml, "DS_REPL_VALUE_META_DATA"));
  LinkValueStamp value;
  value.stamp = GMSACTL_TRY(elements.stamp());
  value.value = GMSACTL_TRY(elements.text("pszObjectDn"));
  value.removed = GMSACTL_TRY(elements.time("ftimeDeleted")) != 0;  // 1601-01-01T00:00:00Z: never
  return value;
}

namespace {

/// A text of a blob by its offset: UTF-16LE to a NUL. Nothing where the offset or the text makes no sense.
std::optional<std::string> wide_text(std::string_view bytes, size_t at) {
  for (size_t end = at; end + 2 <= bytes.size(); end += 2) {
    if (number(bytes, end, 2) != 0) continue;
    auto text = utf8_of_utf16(bytes.substr(at, end - at), /*big_endian=*/false);
    return text ? std::optional<std::string>(std::move(*text)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<LinkValueStamp> decode_value_metadata_blob(std::string_view bytes) {
  // The text of the specification packs the fields; a compiler on Windows aligns the two USNs. Which of them
  // it is shows where the first text begins.
  constexpr size_t packed_size = 80;
  constexpr size_t aligned_size = 88;
  if (bytes.size() < packed_size) return corrupt("is too short");
  const size_t name_at = number(bytes, 0, 4);
  const size_t dn_at = number(bytes, 4, 4);
  const size_t fixed = std::min(name_at, dn_at);
  if (fixed < packed_size) return corrupt("has a text within its numbers");
  const size_t usn_at = fixed >= aligned_size ? 64 : 60;
  const auto name = wide_text(bytes, name_at);
  const auto dn = wide_text(bytes, dn_at);
  const uint64_t deleted = number(bytes, 16, 8);
  const uint64_t time = number(bytes, 36, 8);
  const uint64_t usn = number(bytes, usn_at, 8);
  constexpr uint64_t most = std::numeric_limits<int64_t>::max();
  if (!name || name->empty() || !dn) return corrupt("has no name where it says");
  if (time > most || usn > most) return corrupt("has a number out of its range");
  LinkValueStamp value;
  value.stamp = {*name, static_cast<uint32_t>(number(bytes, 32, 4)),
                 static_cast<int64_t>(time - time % filetime_second),
                 GMSACTL_TRY(Guid::decode(bytes.substr(44, 16))), static_cast<int64_t>(usn)};
  value.value = *dn;
  value.removed = deleted != 0;
  return value;
}

}  // namespace gmsactl::model
