#include "providers/transport/ldap/ldif_filter.h"

#include "engine/base/text.h"

namespace gmsactl::ldap::ldif {

namespace {

constexpr int max_depth = 64;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = fold(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Filter> run() {
    Filter filter = GMSACTL_TRY(filter_at(0));
    if (at_ != text_.size()) return wrong("nothing may follow the filter's last ')'");
    return filter;
  }

 private:
  tl::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorKind::invalid, "the filter makes no sense at character " + std::to_string(at_ + 1) +
                                        ": " + std::string(what));
  }
  bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  Result<Filter> filter_at(int depth) {
    if (depth > max_depth) return wrong("it is nested too deeply");
    if (!at('(')) return wrong("'(' is expected");
    ++at_;
    Filter filter;
    if (at('&') || at('|') || at('!')) {
      const char sign = text_[at_++];
      filter.kind = sign == '&'   ? Filter::Kind::all_of
                    : sign == '|' ? Filter::Kind::any_of
                                  : Filter::Kind::none_of;
      while (at('(')) filter.children.push_back(GMSACTL_TRY(filter_at(depth + 1)));
      if (sign == '!' && filter.children.size() != 1) return wrong("'!' has exactly one filter");
    } else {
      filter = GMSACTL_TRY(item());
    }
    if (!at(')')) return wrong("')' is expected");
    ++at_;
    return filter;
  }

  Result<Filter> item() {
    Filter filter;
    const size_t start = at_;
    const size_t end = text_.find_first_of("=<>:~()", at_);
    if (end == std::string_view::npos || end == start) return wrong("an attribute's name is expected");
    const auto description = text_.substr(start, end - start);
    filter.attribute = description.substr(0, description.find(';'));
    at_ = end;
    if (at(':')) return extensible(std::move(filter));
    if (at('<') || at('>') || at('~')) {
      filter.kind = at('<')   ? Filter::Kind::at_most
                    : at('>') ? Filter::Kind::at_least
                              : Filter::Kind::equal;  // AD answers approximate matches as equality
      ++at_;
      if (!at('=')) return wrong("'=' is expected");
      ++at_;
      GMSACTL_TRY(values(filter.pieces));
      if (filter.pieces.size() != 1) return wrong("'*' makes no sense here");
      filter.value = std::move(filter.pieces.front());
      return filter;
    }
    if (!at('=')) return wrong("'=' is expected");
    ++at_;
    GMSACTL_TRY(values(filter.pieces));
    if (filter.pieces.size() == 1) {
      filter.kind = Filter::Kind::equal;
      filter.value = std::move(filter.pieces.front());
    } else if (filter.pieces.size() == 2 && filter.pieces[0].empty() && filter.pieces[1].empty()) {
      filter.kind = Filter::Kind::present;
    } else {
      filter.kind = Filter::Kind::substring;
    }
    return filter;
  }

  Result<Filter> extensible(Filter filter) {
    const size_t start = ++at_;
    const size_t end = text_.find(":=", at_);
    if (end == std::string_view::npos) return wrong("':=' is expected after the matching rule");
    const auto rule = text_.substr(start, end - start);
    if (rule == "1.2.840.113556.1.4.803")
      filter.kind = Filter::Kind::bits_all;
    else if (rule == "1.2.840.113556.1.4.804")
      filter.kind = Filter::Kind::bits_any;
    else if (rule == "1.2.840.113556.1.4.1941")
      filter.kind = Filter::Kind::in_chain;
    else
      return wrong("this matching rule is not known here");
    at_ = end + 2;
    GMSACTL_TRY(values(filter.pieces));
    if (filter.pieces.size() != 1) return wrong("'*' makes no sense here");
    filter.value = std::move(filter.pieces.front());
    return filter;
  }

  /// The value up to ')', unescaped, cut at each bare '*'.
  Result<void> values(std::vector<std::string>& pieces) {
    pieces.assign(1, {});
    for (; at_ < text_.size() && text_[at_] != ')'; ++at_) {
      const char c = text_[at_];
      if (c == '(') return wrong("a '(' in a value is written \\28");
      if (c == '*') {
        pieces.emplace_back();
      } else if (c == '\\') {
        const int high = at_ + 1 < text_.size() ? hex_digit(text_[at_ + 1]) : -1;
        const int low = at_ + 2 < text_.size() ? hex_digit(text_[at_ + 2]) : -1;
        if (high < 0 || low < 0) return wrong("two hexadecimal digits follow a '\\'");
        pieces.back() += static_cast<char>(high * 16 + low);
        at_ += 2;
      } else {
        pieces.back() += c;
      }
    }
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<Filter> parse_filter(std::string_view text) { return Parser(text).run(); }

}  // namespace gmsactl::ldap::ldif
