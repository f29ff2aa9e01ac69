// A reader of XML that is strict about being well-formed (XML 1.0 without document types), for tests.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/text.h"

namespace gmsactl::report::xml {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::vector<Element> children;
  std::string text;
};

/// Throws std::runtime_error for what is not well-formed.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {
    check(valid_utf8(text), "not UTF-8");
    for (const char c : text)
      check(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F), "a control character");
    check(text.find("\xef\xbf\xbe") == std::string_view::npos, "U+FFFE");
    check(text.find("\xef\xbf\xbf") == std::string_view::npos, "U+FFFF");
  }

  Element document() {
    expect("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    Element root = element();
    expect("\n");
    check(rest_.empty(), "something after the root element");
    return root;
  }

 private:
  static void check(bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(what);
  }
  void expect(std::string_view what) {
    check(rest_.starts_with(what),
          "expected " + std::string(what) + " before " + std::string(rest_.substr(0, 40)));
    rest_.remove_prefix(what.size());
  }
  std::string until(std::string_view ends) {
    const auto end = rest_.find_first_of(ends);
    check(end != std::string_view::npos, "an open end");
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }
  std::string name() {
    std::string text = until(" =/>");
    check(!text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos,
          "no name: " + text);
    return text;
  }
  static std::string decoded(const std::string& text) {
    static const std::map<std::string, std::string> references = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
    std::string result;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '&') {
        result += text[i];
        continue;
      }
      const auto end = text.find(';', i);
      check(end != std::string::npos, "a bare &");
      const auto found = references.find(text.substr(i, end - i + 1));
      check(found != references.end(), "an unknown reference");
      result += found->second;
      i = end;
    }
    return result;
  }

  Element element() {
    expect("<");
    Element element;
    element.name = name();
    while (rest_.starts_with(" ")) {
      expect(" ");
      const std::string key = name();
      expect("=\"");
      const std::string value = until("\"<");
      expect("\"");
      check(element.attributes.emplace(key, decoded(value)).second, "an attribute twice: " + key);
    }
    if (rest_.starts_with("/>")) {
      expect("/>");
      return element;
    }
    expect(">");
    while (true) {
      const std::string text = until("<");
      check(text.find("]]>") == std::string::npos, "]]> in text");
      element.text += decoded(text);
      if (rest_.starts_with("</")) break;
      element.children.push_back(this->element());
    }
    expect("</" + element.name + ">");
    return element;
  }

  std::string_view rest_;
};

inline Element parse(std::string_view text) { return Reader(text).document(); }

}  // namespace gmsactl::report::xml
