#include "engine/model/dn.h"

#include <algorithm>
#include <optional>

#include "engine/base/text.h"

namespace gmsactl::model {

namespace {

constexpr std::string_view specials = ",+\"\\<>;=";  // RFC 4514 §2.4; '=' too, as AD writes it

bool special(char c) { return specials.find(c) != std::string_view::npos; }
bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = fold(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void append_escape(std::string& out, char c) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '\\';
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

/// What a malformed DN fails on.
struct Problem {
  size_t at;
  std::string_view what;
};

/// The RFC 4514 grammar once, for Dn::parse and for dn_key: `type(view)` starts an RDN, `value(char)` gets
/// each unescaped character, `end()` closes it. Unescaped white space around types and values is dropped.
/// Null on success.
template <class Sink>
std::optional<Problem> scan(std::string_view text, Sink& sink) {
  size_t at = 0;
  const auto skip_spaces = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  skip_spaces();
  if (at == text.size()) return std::nullopt;
  for (;;) {
    skip_spaces();
    const size_t type_start = at;
    while (at < text.size() && (text[at] == '-' || text[at] == '.' || (text[at] >= '0' && text[at] <= '9') ||
                                (fold(text[at]) >= 'a' && fold(text[at]) <= 'z')))
      ++at;
    if (at == type_start) return Problem{at, "an attribute type such as CN, OU or DC is expected"};
    sink.type(text.substr(type_start, at - type_start));
    skip_spaces();
    if (at == text.size() || text[at] != '=') return Problem{at, "'=' is expected"};
    ++at;
    skip_spaces();
    if (at < text.size() && text[at] == '#')
      return Problem{at, "a value that starts with '#' is written '\\#'"};
    size_t length = 0;
    size_t spaces = 0;  // unescaped ones, dropped unless more of the value follows
    for (; at < text.size() && text[at] != ','; ++at) {
      char c = text[at];
      if (c == ' ') {
        ++spaces;
        continue;
      }
      if (c == '\\') {
        if (at + 1 == text.size()) return Problem{at, "a '\\' ends the name"};
        const int high = hex_digit(text[at + 1]);
        const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
        if (high >= 0 && low >= 0) {
          c = static_cast<char>(high * 16 + low);
          at += 2;
        } else if (special(text[at + 1]) || text[at + 1] == ' ' || text[at + 1] == '#') {
          c = text[++at];
        } else {
          return Problem{at, "'\\' escapes a special character or two hexadecimal digits"};
        }
      } else if (c == '+') {
        return Problem{at, "multi-valued RDNs do not exist in Active Directory; write '\\+' for a plus sign"};
      } else if (c == '"' || c == '<' || c == '>' || c == ';') {
        return Problem{at, "this character is written with a '\\' before it"};
      }
      for (length += spaces; spaces > 0; --spaces) sink.value(' ');
      sink.value(c);
      ++length;
    }
    if (length == 0) return Problem{at, "a value is expected"};
    sink.end();
    if (at == text.size()) return std::nullopt;
    ++at;
  }
}

struct RdnSink {
  std::vector<Rdn> rdns;
  Rdn current;
  void type(std::string_view text) { current = {std::string(text), {}}; }
  void value(char c) { current.value += c; }
  void end() { rdns.push_back(std::move(current)); }
};

/// Writes the key as it reads, escaping as escape_rdn_value does.
struct KeySink {
  std::string key;
  size_t value_start = 0;
  bool bare_space = false;
  void type(std::string_view text) {
    if (!key.empty()) key += ',';
    for (const char c : text) key += fold(c);
    key += '=';
    value_start = key.size();
  }
  void value(char c) {
    bare_space = c == ' ' && key.size() != value_start;
    if (control(c)) {
      const size_t start = key.size();
      append_escape(key, c);
      for (size_t i = start; i < key.size(); ++i) key[i] = fold(key[i]);
      return;
    }
    if (special(c) || ((c == ' ' || c == '#') && key.size() == value_start)) key += '\\';
    key += fold(c);
  }
  void end() {
    if (!bare_space) return;  // a last space that was escaped in the text
    key.back() = '\\';
    key += ' ';
  }
};

/// Whether the key is the folded text as it is: nothing is escaped, nothing needs to be, and no spaces are
/// dropped. True of nearly every DN that a server writes. May be true of a malformed one too, whose key is
/// its folded text as well.
bool is_plain(std::string_view text) {
  bool in_type = true;
  char before = ' ';
  for (const char c : text) {
    const bool separates = c == '=' || c == ',';
    const bool edge = before == ' ' || before == '=' || before == ',';
    if (c == '\\' || control(c) || (c == ' ' && before != ' ' && edge)) return false;
    if (separates && (before == ' ' || (c == '=' && !in_type))) return false;
    if (separates) in_type = c == ',';
    before = c;
  }
  return before != ' ' && !text.starts_with(' ');
}

std::string write(const std::vector<Rdn>& rdns, bool folded) {
  std::string text;
  for (const auto& rdn : rdns) {
    if (!text.empty()) text += ',';
    text += rdn.type;
    text += '=';
    text += escape_rdn_value(rdn.value);
  }
  return folded ? fold(text) : text;
}

}  // namespace

Result<Dn> Dn::parse(std::string_view text) {
  RdnSink sink;
  if (const auto problem = scan(text, sink))
    return fail(ErrorKind::invalid, "'" + printable(text) + "' is not a distinguished name: at character " +
                                        std::to_string(problem->at + 1) + ", " + std::string(problem->what));
  return from_rdns(std::move(sink.rdns));
}

Dn Dn::from_rdns(std::vector<Rdn> rdns) {
  Dn dn;
  dn.rdns_ = std::move(rdns);
  dn.text_ = write(dn.rdns_, false);
  dn.key_ = fold(dn.text_);
  return dn;
}

Dn Dn::of_domain(std::string_view dns_name) {
  std::vector<Rdn> rdns;
  for (const auto label : split(dns_name, '.'))
    if (!label.empty()) rdns.push_back({"DC", std::string(label)});
  return from_rdns(std::move(rdns));
}

Dn Dn::parent() const {
  if (rdns_.empty()) return {};
  return from_rdns({rdns_.begin() + 1, rdns_.end()});
}

Dn Dn::child(std::string_view type, std::string_view value) const {
  std::vector<Rdn> rdns;
  rdns.reserve(rdns_.size() + 1);
  rdns.push_back({std::string(type), std::string(value)});
  rdns.insert(rdns.end(), rdns_.begin(), rdns_.end());
  return from_rdns(std::move(rdns));
}

bool Dn::is_under(const Dn& ancestor) const {
  if (ancestor.empty()) return !empty();
  // A comma inside a value is escaped in a key, so a bare one before the suffix is a separator unless a '\'
  // precedes it.
  const size_t tail = ancestor.key_.size();
  if (key_.size() <= tail + 1 || !std::string_view(key_).ends_with(ancestor.key_)) return false;
  return rdns_.size() > ancestor.rdns_.size() && std::equal(ancestor.rdns_.rbegin(), ancestor.rdns_.rend(),
                                                            rdns_.rbegin(), [](const Rdn& a, const Rdn& b) {
                                                              return equal_folded(a.type, b.type) &&
                                                                     equal_folded(a.value, b.value);
                                                            });
}

std::string dn_key(std::string_view text) {
  if (is_plain(text)) return fold(text);
  KeySink sink;
  sink.key.reserve(text.size());
  if (scan(text, sink)) return fold(text);
  return fold(sink.key);  // it went through byte by byte, so letters beyond ASCII are as they were
}

std::string escape_rdn_value(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (control(c)) {
      append_escape(text, c);
      continue;
    }
    const bool edge_space = c == ' ' && (i == 0 || i + 1 == value.size());
    if (special(c) || edge_space || (c == '#' && i == 0)) text += '\\';
    text += c;
  }
  return text;
}

std::string escape_filter_value(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '*' || c == '(' || c == ')' || c == '\\')
      text += "\\" + hex({&c, 1});
    else
      text += c;
  }
  return text;
}

}  // namespace gmsactl::model
