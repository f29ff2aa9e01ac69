#include "engine/drift/memory.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/digest.h"
#include "engine/base/text.h"

namespace gmsactl::drift {

using model::Guid;

namespace {

constexpr std::string_view family = "gmsactl-drift ";
constexpr std::string_view first_line = "gmsactl-drift 1";
constexpr std::string_view no_text = "%";
constexpr std::string_view no_guid = "-";

/// What could end a word or a line, or begin an escape, is no part of one as it is.
bool is_plain(char c) { return static_cast<unsigned char>(c) > ' ' && c != '%' && c != '\x7f'; }

/// One word of a line: what is not plain becomes %xx, and no text at all a percent sign by itself.
std::string word(std::string_view text) {
  if (text.empty()) return std::string(no_text);
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (is_plain(c))
      result += c;
    else
      result.append("%").append(hex({&c, 1}));
  }
  return result;
}

/// Only of what word() writes: one text is written in one way.
std::optional<std::string> unword(std::string_view text) {
  if (text == no_text) return std::string();
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      unsigned value = 0;
      const auto digits = text.substr(i + 1, 2);
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      c = static_cast<char>(value);
      if (is_plain(c) || hex({&c, 1}) != digits) return std::nullopt;
      i += 2;
    } else if (!is_plain(c)) {
      return std::nullopt;
    }
    result += c;
  }
  return text.empty() ? std::nullopt : std::optional(std::move(result));
}

std::string hex_of(const std::array<uint8_t, 16>& bytes) {
  return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Hexadecimal digits of the bytes as they are in the directory; "-" for none.
std::string guid_word(const Guid& guid) { return guid.empty() ? std::string(no_guid) : hex_of(guid.bytes); }

/// Of what hex() writes, which is all there is: thousands of them are read.
std::optional<std::array<uint8_t, 16>> bytes_of(std::string_view text) {
  std::array<uint8_t, 16> bytes;
  if (text.size() != 2 * bytes.size()) return std::nullopt;
  static constexpr auto digits = [] {
    std::array<uint8_t, 256> table;
    table.fill(0xFF);
    for (uint8_t i = 0; i < 16; ++i) table[static_cast<uint8_t>("0123456789abcdef"[i])] = i;
    return table;
  }();
  unsigned seen = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = digits[static_cast<uint8_t>(text[2 * i])];
    const unsigned low = digits[static_cast<uint8_t>(text[2 * i + 1])];
    seen |= high | low;
    bytes[i] = static_cast<uint8_t>(high << 4U | low);
  }
  if (seen > 0xFU) return std::nullopt;
  return bytes;
}

std::optional<Guid> guid_of(std::string_view text) {
  if (text == no_guid) return Guid{};
  const auto bytes = bytes_of(text);
  if (!bytes || Guid{*bytes}.empty()) return std::nullopt;
  return Guid{*bytes};
}

std::optional<int64_t> number_of(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 ||
      std::to_string(number) != text)
    return std::nullopt;
  return number;
}

/// In an order that does not depend on the run.
template <class Values>
std::vector<const typename Values::value_type*> sorted(const Values& values) {
  std::vector<const typename Values::value_type*> result;
  result.reserve(values.size());
  for (const auto& each : values) result.push_back(&each);
  std::sort(result.begin(), result.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  return result;
}

class Writer {
 public:
  void line(std::string_view kind, std::initializer_list<std::string_view> words) {
    text_ += kind;
    for (const auto& each : words) text_.append(" ").append(each);
    text_ += '\n';
  }
  void declarations(std::string_view kind, const std::unordered_map<std::string, Known>& all) {
    for (const auto* each : sorted(all)) {
      const Known& known = each->second;
      line(kind,
           {word(each->first), hex_of(known.declaration), guid_word(known.guid), known.in_sync ? "1" : "0"});
    }
  }
  std::string finish() {
    const std::string digest = sha256(text_);
    line("end", {digest});
    return std::move(text_);
  }

 private:
  std::string text_;
};

/// Takes a line's words; whatever goes wrong shows at the end.
class Line {
 public:
  explicit Line(std::string_view line) : rest_(line) { kind_ = next(); }

  std::string_view kind() const { return kind_; }
  std::string text() { return take(unword(next())); }
  Guid guid() { return take(guid_of(next())); }
  int64_t number() { return take(number_of(next())); }
  bool flag() {
    const auto text = next();
    good_ = good_ && (text == "0" || text == "1");
    return text == "1";
  }
  Fingerprint fingerprint() { return take(bytes_of(next())); }
  bool at_end() const { return !rest_; }
  bool good() const { return good_ && at_end(); }

 private:
  std::string_view next() {
    good_ = good_ && rest_;
    if (!rest_) return {};
    const size_t length = rest_->find(' ');
    const auto word = rest_->substr(0, length);
    rest_ = length == std::string_view::npos ? std::nullopt : std::optional(rest_->substr(length + 1));
    return word;
  }
  template <class T>
  T take(std::optional<T>&& value) {
    if (value) return std::move(*value);
    good_ = false;
    return {};
  }

  std::optional<std::string_view> rest_;  ///< behind the last word there is none
  std::string_view kind_;
  bool good_ = true;
};

bool read_declaration(Line& line, std::unordered_map<std::string, Known>& all) {
  std::string name = line.text();
  Known known;
  known.declaration = line.fingerprint();
  known.guid = line.guid();
  known.in_sync = line.flag();
  return line.good() && all.emplace(std::move(name), known).second;
}

bool read_line(std::string_view text, Memory& memory) {
  Line line(text);
  if (line.kind() == "group") return read_declaration(line, memory.host_groups);
  if (line.kind() == "account") return read_declaration(line, memory.accounts);
  if (line.kind() == "principal") {
    std::string key = line.text();
    std::vector<Guid> guids;
    while (!line.at_end()) guids.push_back(line.guid());
    return line.good() && memory.principals.emplace(std::move(key), std::move(guids)).second;
  }
  if (line.kind() == "leftover") {
    memory.leftovers.push_back(line.guid());
    return line.good();
  }
  if (line.kind() == "settings") {
    memory.settings = line.text();
    memory.facts = line.text();
    return line.good();
  }
  if (line.kind() == "position") {
    auto& position = memory.position;
    position.server = line.text();
    position.invocation_id = line.guid();
    position.usn = line.number();
    position.server_time = line.number();
    position.observer = line.text();
    memory.read_all_at = line.number();
    return line.good();
  }
  return false;
}

}  // namespace

std::string Memory::text() const {
  Writer writer;
  writer.line(first_line, {});
  writer.line("settings", {word(settings), word(facts)});
  writer.line("position",
              {word(position.server), guid_word(position.invocation_id), std::to_string(position.usn),
               std::to_string(position.server_time), word(position.observer), std::to_string(read_all_at)});
  writer.declarations("group", host_groups);
  writer.declarations("account", accounts);
  for (const auto* each : sorted(principals)) {
    std::string words = word(each->first);
    for (const auto& guid : each->second) words += " " + guid_word(guid);
    writer.line("principal", {words});
  }
  for (const auto& guid : leftovers) writer.line("leftover", {guid_word(guid)});
  return writer.finish();
}

Result<Memory> Memory::parse(std::string_view text) {
  const auto corrupt = [](std::string_view why) { return fail(ErrorKind::corrupt, std::string(why)); };
  if (!text.starts_with(family)) return corrupt("it was not written by gmsactl");
  if (!text.starts_with(std::string(first_line) + "\n"))
    return fail(ErrorKind::unsupported, "it was written by another version of gmsactl");
  const size_t end = text.rfind("end ");
  if (end == std::string_view::npos || text.substr(end) != "end " + sha256(text.substr(0, end)) + "\n")
    return corrupt("it is damaged");
  Memory memory;
  auto rest = text.substr(first_line.size() + 1, end - first_line.size() - 1);
  while (!rest.empty()) {
    const size_t length = rest.find('\n');
    if (length == std::string_view::npos || !read_line(rest.substr(0, length), memory))
      return corrupt("it is damaged");
    rest.remove_prefix(length + 1);
  }
  return memory;
}

}  // namespace gmsactl::drift
