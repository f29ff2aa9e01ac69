#include "engine/report/diagnostic_text.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

SourceLines only(std::string_view line) {
  return [line](std::string_view, uint32_t) -> std::optional<std::string_view> { return line; };
}

Diagnostic at_column(uint32_t column) {
  Diagnostic diagnostic{Severity::warning,
                        "GMSA0107",
                        "No host may read the password",
                        "",
                        "",
                        SourceRange{"a.yaml", 12, column},
                        ""};
  return diagnostic;
}

/// The line with the caret, from the gutter's bar on.
std::string caret_line(std::string_view line, uint32_t column, size_t width = 110) {
  const auto text = diagnostic_text(at_column(column), only(line), {Color::off, width});
  const auto last = text.find_last_of('|');
  return text.substr(last + 2, text.size() - last - 3);
}
std::string source_line(std::string_view line, uint32_t column, size_t width = 110) {
  const auto text = diagnostic_text(at_column(column), only(line), {Color::off, width});
  const auto start = text.find("12 | ") + 5;
  return text.substr(start, text.find('\n', start) - start);
}

TEST(DiagnosticText, says_what_where_why_and_what_next) {
  EXPECT_EQ(diagnostic_text(sample::diagnostic(), only("  dnsHostNam: web01")),
            "error[GMSA0113]: Unknown key\n"
            "  --> accounts.yaml:2:3\n"
            "  |\n"
            "2 |   dnsHostNam: web01\n"
            "  |   ^\n"
            "  GMSA/WebApp01 has no field \"dnsHostNam\".\n"
            "  help: Did you mean \"dnsHostName\"?\n");
}

TEST(DiagnosticText, names_the_address_where_there_is_no_place) {
  auto diagnostic = sample::diagnostic();
  diagnostic.where.reset();
  diagnostic.hint.clear();
  EXPECT_EQ(
      diagnostic_text(diagnostic, {}),
      "error[GMSA0113]: Unknown key\n  --> GMSA/WebApp01\n  GMSA/WebApp01 has no field \"dnsHostNam\".\n");
}

TEST(DiagnosticText, does_without_the_source_line) {
  EXPECT_EQ(diagnostic_text(at_column(5), {}),
            "warning[GMSA0107]: No host may read the password\n  --> a.yaml:12:5\n");
  EXPECT_EQ(diagnostic_text(at_column(5), [](auto, auto) { return std::nullopt; }),
            "warning[GMSA0107]: No host may read the password\n  --> a.yaml:12:5\n");
}

TEST(DiagnosticText, a_whole_file_has_no_line) {
  auto diagnostic = at_column(0);
  diagnostic.where->line = 0;
  EXPECT_EQ(diagnostic_text(diagnostic, only("x")),
            "warning[GMSA0107]: No host may read the password\n  --> a.yaml\n");
}

TEST(DiagnosticText, the_caret_stands_under_the_code_point) {
  struct Case {
    std::string_view line;
    uint32_t column;
    std::string_view caret;
  };
  const Case cases[] = {
      {"abc", 1, "^"},
      {"abc", 3, "  ^"},
      {"abc", 4, "   ^"},   // just behind the end
      {"abc", 99, "   ^"},  // beyond it
      {"", 1, "^"},
      {"é: x", 4, "   ^"},          // two bytes, one column
      {"界: x", 4, "    ^"},        // three bytes, two columns
      {"e\xcc\x81: x", 5, "   ^"},  // a combining accent takes none
      {"\tx", 2, "    ^"},          // tab stops of four
      {"a\tx", 3, "    ^"},
      {"\x1b:x", 3, "     ^"},  // shown as \x1b
      {"\xff:x", 3, "     ^"},
  };
  for (const auto& c : cases) EXPECT_EQ(caret_line(c.line, c.column), c.caret) << c.line << " " << c.column;
}

TEST(DiagnosticText, a_long_line_is_clipped_around_the_caret) {
  const std::string line = std::string(200, 'a') + "X" + std::string(200, 'b');
  const auto shown = source_line(line, 201, 30);
  const auto caret = caret_line(line, 201, 30);
  EXPECT_LE(shown.size(), 36U);
  ASSERT_LT(caret.size() - 1, shown.size());
  EXPECT_EQ(shown[caret.size() - 1], 'X');
  EXPECT_TRUE(shown.starts_with("...") && shown.ends_with("..."));
}

TEST(DiagnosticText, a_carriage_return_is_part_of_the_line_end) { EXPECT_EQ(source_line("abc\r", 1), "abc"); }

TEST(DiagnosticText, text_from_outside_can_not_command_the_terminal) {
  Diagnostic diagnostic{
      Severity::error, "GMSA0113", "\x1b[2J", "a\x1b]0;x\x07\nb", "\x9b", SourceRange{"\x1b.yaml", 1, 1}, ""};
  const auto text = diagnostic_text(diagnostic, only("\x1b[31m\xe2\x80\xae"));
  for (const char c : text) EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
}

TEST(DiagnosticText, colours_do_not_change_the_words) {
  auto text = diagnostic_text(sample::diagnostic(), only("  dnsHostNam: web01"), {Color::on, 110});
  EXPECT_NE(text.find("\x1b[31m"), std::string::npos);
  for (size_t at; (at = text.find('\x1b')) != std::string::npos;) text.erase(at, text.find('m', at) - at + 1);
  EXPECT_EQ(text, diagnostic_text(sample::diagnostic(), only("  dnsHostNam: web01")));
}

TEST(DiagnosticText, several_lines_of_detail_stay_indented) {
  auto diagnostic = at_column(0);
  diagnostic.where.reset();
  diagnostic.detail = "Either of:\n  a\n  b";
  EXPECT_EQ(diagnostic_text(diagnostic, {}),
            "warning[GMSA0107]: No host may read the password\n  Either of:\n    a\n    b\n");
}

TEST(DiagnosticText, the_summary_counts_errors_and_warnings) {
  auto note = sample::diagnostic();
  note.severity = Severity::note;
  EXPECT_EQ(diagnostics_summary({}), "");
  EXPECT_EQ(diagnostics_summary({note}), "");
  EXPECT_EQ(diagnostics_summary({sample::diagnostic(), sample::diagnostic(), at_column(1), note}),
            "2 errors, 1 warning");
  EXPECT_EQ(diagnostics_summary({at_column(1)}), "1 warning");
}

}  // namespace
}  // namespace gmsactl::report
