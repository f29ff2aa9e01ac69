#include "providers/transport/ldap/ldif_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "engine/base/text.h"

namespace gmsactl::ldap::ldif {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view export_hint =
    "export whole entries, with 'gmsactl snapshot' or 'ldapsearch -LLL -o ldif-wrap=no -E pr=1000/noprompt'";

tl::unexpected<Error> wrong(uint32_t line, std::string_view what, std::string_view hint = {}) {
  return fail(ErrorKind::invalid, "line " + std::to_string(line) + ": " + std::string(what),
              std::string(hint));
}

/// A line with its continuation lines.
struct Logical {
  std::string_view text;  ///< without the last line end; folds are still in it
  size_t begin = 0;
  uint32_t number = 0;
  bool folded = false;
};

class Parser {
 public:
  Parser(std::string_view text, Arena& arena, const RecordSink& sink)
      : text_(text), arena_(arena), sink_(sink) {
    if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
  }

  Result<std::string_view> run() {
    size_t preface = 0;
    Logical line;
    while (next(line)) {
      if (line.text.empty() || line.text.front() == '#') continue;
      if (line.text.front() == ' ')
        return wrong(line.number,
                     "a line that starts with a space goes on with the one before, but there is none");
      Line first = GMSACTL_TRY(split(line));
      if (equal_folded(first.name, "dn")) {
        record_.preface = text_.substr(preface, line.begin - preface);
        GMSACTL_TRY(read_record(line, first));
        preface = at_;
      } else if (equal_folded(first.name, "version")) {
        if (trim(first.value) != "1") return wrong(line.number, "only version 1 of LDIF exists");
      } else {
        GMSACTL_TRY(skip_trailer(line, first));
      }
    }
    return text_.substr(preface);
  }

 private:
  /// The line that starts at `at`, without its end; `after` is where the next one starts.
  std::string_view physical(size_t at, size_t& after) const {
    const void* feed = std::memchr(text_.data() + at, '\n', text_.size() - at);
    const size_t end =
        feed == nullptr ? text_.size() : static_cast<size_t>(static_cast<const char*>(feed) - text_.data());
    after = feed == nullptr ? end : end + 1;
    size_t size = end - at;
    if (size > 0 && text_[end - 1] == '\r') --size;
    return text_.substr(at, size);
  }

  bool next(Logical& line) {
    if (at_ >= text_.size()) return false;
    line.begin = at_;
    line.number = ++number_;
    line.folded = false;
    line.text = physical(at_, at_);
    while (!line.text.empty() && at_ < text_.size() && text_[at_] == ' ') {
      const auto more = physical(at_, at_);
      line.text = text_.substr(line.begin,
                               static_cast<size_t>(more.data() + more.size() - text_.data()) - line.begin);
      line.folded = true;
      ++number_;
    }
    return true;
  }

  std::string unfold(std::string_view text) const {
    std::string whole;
    whole.reserve(text.size());
    while (!text.empty()) {
      const size_t feed = text.find('\n');
      auto part = text.substr(0, feed);
      if (feed != std::string_view::npos && part.ends_with('\r')) part.remove_suffix(1);
      whole += part;
      if (feed == std::string_view::npos) break;
      text.remove_prefix(
          std::min(text.size(), feed + 2));  // the line feed and the one space that marks the fold
    }
    return whole;
  }

  /// Name and decoded value; `range` gets the ";range=" option's text where there is one.
  Result<Line> split(const Logical& logical, std::string_view* range = nullptr) {
    std::string_view text = logical.text;
    size_t colon = text.find(':');
    if (logical.folded && (colon == std::string_view::npos || colon + 1 >= text.size() ||
                           text[colon + 1] != ':' || text.find('\n') < colon)) {
      text = arena_.keep(unfold(text));  // base64 needs no unfolding, its decoder passes over white space
      colon = text.find(':');
    }
    if (colon == std::string_view::npos)
      return wrong(logical.number,
                   "'" + printable(text.substr(0, 60)) + "' has no ':' after the attribute's name");
    Line line{text.substr(0, colon), text.substr(colon + 1), logical.number};
    if (const auto semicolon = line.name.find(';'); semicolon != std::string_view::npos) {
      for (const auto option : gmsactl::split(line.name.substr(semicolon + 1), ';'))
        if (range != nullptr && option.size() > 6 && equal_folded(option.substr(0, 6), "range="))
          *range = option.substr(6);
      line.name = line.name.substr(0, semicolon);
    }
    if (line.name.empty() || line.name.find_first_of(" \t") != std::string_view::npos)
      return wrong(logical.number, "'" + printable(line.name) + "' is not an attribute's name");
    if (line.value.starts_with('<'))
      return wrong(logical.number, "values in other files (':<') are not read",
                   "put the value itself into the file, as base64 after '::'");
    if (line.value.starts_with(':')) {
      if (!base64_decode(line.value.substr(1), scratch_))
        return wrong(logical.number,
                     "the value of " + printable(line.name) + " is not base64, as '::' says it is",
                     "write a plain value after one ':'");
      line.value = arena_.keep(scratch_);
    } else {
      line.value.remove_prefix(std::min(line.value.find_first_not_of(' '), line.value.size()));
    }
    return line;
  }

  Result<void> read_record(Logical line, const Line& first) {
    record_.dn = first.value;
    record_.line = first.number;
    record_.lines.clear();
    const size_t begin = line.begin;
    std::vector<Ranges> ranges;
    size_t end = at_;
    while (next(line) && !line.text.empty()) {
      end = at_;
      if (line.text.front() == '#') continue;
      std::string_view range;
      const Line attribute = GMSACTL_TRY(split(line, &range));
      if (equal_folded(attribute.name, "changetype")) {
        if (!equal_folded(trim(attribute.value), "add"))
          return wrong(
              line.number,
              "this record is a change (changetype: " + printable(trim(attribute.value)) + "), not an entry",
              export_hint);
        continue;
      }
      if (equal_folded(attribute.name, "dn"))
        return wrong(line.number, "a second dn in one record", "put an empty line between two records");
      if (!range.empty()) note_range(ranges, attribute, range);
      // "member:" beside "member;range=0-1499:" is how a server says that the values are in the other.
      if (!range.empty() || !attribute.value.empty()) record_.lines.push_back(attribute);
    }
    for (Ranges& attribute : ranges)
      if (const auto* part = attribute.incomplete())
        return wrong(part->line,
                     "only a part of " + std::string(attribute.name) + " is here (range=" +
                         printable(part->text) + "), so its other values would look absent",
                     "export with 'gmsactl snapshot', which fetches the other parts");
    record_.source = text_.substr(begin, end - begin);
    // The blank line that ended the record belongs to what comes next.
    if (at_ > end) {
      at_ = end;
      --number_;
    }
    return sink_(record_);
  }

  /// The ranges of one attribute in a record.
  struct Ranges {
    struct Part {
      std::string_view text;
      uint64_t first = 0;
      std::optional<uint64_t> last;
      uint64_t values = 0;
      uint32_t line = 0;
      bool readable = false;
    };
    std::string_view name;
    std::vector<Part> parts;

    /// The first part that leaves something out; null where all values are here.
    const Part* incomplete() {
      std::stable_sort(parts.begin(), parts.end(),
                       [](const Part& a, const Part& b) { return a.first < b.first; });
      uint64_t next = 0;
      for (const Part& part : parts) {
        const bool counted =
            !part.last || (*part.last >= part.first && *part.last - part.first + 1 == part.values);
        if (!part.readable || part.first != next || !counted) return &part;
        if (!part.last) return &part == &parts.back() ? nullptr : &part;
        next = *part.last + 1;
      }
      return &parts.back();
    }
  };

  static void note_range(std::vector<Ranges>& ranges, const Line& attribute, std::string_view text) {
    auto of_it = std::find_if(ranges.begin(), ranges.end(),
                              [&](const Ranges& each) { return equal_folded(each.name, attribute.name); });
    if (of_it == ranges.end()) of_it = ranges.insert(ranges.end(), {attribute.name, {}});
    auto part = std::find_if(of_it->parts.begin(), of_it->parts.end(),
                             [&](const Ranges::Part& each) { return each.text == text; });
    if (part == of_it->parts.end()) {
      Ranges::Part fresh;
      fresh.text = text;
      fresh.line = attribute.number;
      const auto dash = text.find('-');
      const auto number = [](std::string_view digits) -> std::optional<uint64_t> {
        uint64_t value = 0;
        const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (digits.empty() || status != std::errc() || end != digits.data() + digits.size())
          return std::nullopt;
        return value;
      };
      if (dash != std::string_view::npos) {
        const auto first = number(text.substr(0, dash));
        fresh.last = number(text.substr(dash + 1));
        fresh.readable = first && (fresh.last || text.substr(dash + 1) == "*");
        fresh.first = first.value_or(0);
      }
      part = of_it->parts.insert(of_it->parts.end(), fresh);
    }
    if (!attribute.value.empty()) ++part->values;
  }

  /// What plain ldapsearch writes beside entries: the search's result and references to other servers.
  Result<void> skip_trailer(Logical line, Line first) {
    if (!equal_folded(first.name, "search") && !equal_folded(first.name, "result") &&
        !equal_folded(first.name, "ref"))
      return wrong(first.number, "'" + printable(first.name) + "' stands where a record starts with 'dn:'",
                   "there is an empty line between records and none inside one; export with ldapsearch -LLL");
    for (;;) {
      if (equal_folded(first.name, "result") && !trim(first.value).starts_with("0 "))
        return wrong(first.number,
                     "the export is incomplete, its search ended with " + printable(trim(first.value)),
                     export_hint);
      if (!next(line) || line.text.empty()) return {};
      if (line.text.front() == '#') continue;
      first = GMSACTL_TRY(split(line));
    }
  }

  std::string_view text_;
  Arena& arena_;
  const RecordSink& sink_;
  size_t at_ = 0;
  uint32_t number_ = 0;
  Record record_;
  std::string scratch_;
};

}  // namespace

Result<std::string_view> parse_ldif(std::string_view text, Arena& arena, const RecordSink& sink) {
  return Parser(text, arena, sink).run();
}

}  // namespace gmsactl::ldap::ldif
