// The reader above yaml-cpp 0.7: each of its traps has a test here.
#include "engine/manifest/yaml.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/manifest/corpus.h"

namespace gmsactl::manifest {
namespace {

struct Parsed {
  SourceFile file;
  std::vector<ParsedDocument> documents;

  const Node& root(size_t index = 0) const { return *documents.at(index).root; }
  const Entry& entry(std::string_view key) const { return *root().find(key); }
  /// "line:column code detail" of the only diagnostic.
  std::string problem(size_t index = 0) const {
    const auto& found = documents.at(index).diagnostics;
    if (found.size() != 1) return std::to_string(found.size()) + " diagnostics";
    return std::to_string(found[0].where->line) + ":" + std::to_string(found[0].where->column) + " " +
           std::string(found[0].code) + " " + found[0].detail;
  }
};

Parsed parse(std::string text) {
  Parsed parsed{{intern("test.yaml"), "", std::move(text), true}, {}};
  for (const auto& chunk : split_documents(parsed.file)) parsed.documents.push_back(parse_document(chunk));
  return parsed;
}

TEST(YamlTrap, duplicate_keys_are_refused_although_yaml_cpp_takes_both) {
  const auto parsed = parse("a: 1\nb: 2\na: 3\n");
  EXPECT_EQ(parsed.problem(), "3:1 GMSA0104 The key a was given before, at line 1.");
  EXPECT_EQ(parsed.entry("a").value.text, "1");
}

TEST(YamlTrap, duplicate_keys_are_found_among_many) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "k" + std::to_string(i) + ": x\n";
  EXPECT_EQ(parse(text + "k7: y\n").problem(), "41:1 GMSA0104 The key k7 was given before, at line 8.");
}

TEST(YamlTrap, marks_become_1_based_positions) {
  const auto parsed = parse("a:\n  b: x\n");
  EXPECT_EQ(parsed.entry("a").value.entries[0].key_at, (Position{2, 3}));
  EXPECT_EQ(parsed.entry("a").value.entries[0].value.at, (Position{2, 6}));
}

TEST(YamlTrap, columns_count_characters_not_bytes) {
  EXPECT_EQ(parse("{äöü€😀: x, b: y}\n").root().find("b")->key_at, (Position{1, 12}));
}

TEST(YamlTrap, an_empty_value_is_at_its_key_not_at_the_next_token) {
  EXPECT_EQ(parse("empty:\n\n# comment\nnull_like: ~\n").entry("empty").value.at, (Position{1, 1}));
  EXPECT_EQ(parse("empty:\nnull: x\n").documents[0].root->find("empty")->value.at, (Position{1, 1}));
  EXPECT_EQ(parse("written: ~\n").entry("written").value.at, (Position{1, 10}));
}

TEST(YamlTrap, an_empty_list_entry_is_at_its_dash) {
  const auto items = parse("list:\n  - a\n  - # nothing\n\n  -\n  - b\n").entry("list").value.items;
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(items[1].at, (Position{3, 3}));
  EXPECT_EQ(items[2].at, (Position{5, 3}));
}

TEST(YamlTrap, an_alias_that_contains_itself_ends) {
  EXPECT_EQ(parse("a: &x [*x]\n").problem(),
            "1:8 GMSA0106 This alias stands inside the value that it repeats, which begins at line 1.");
  EXPECT_EQ(parse("a: &x {b: {c: *x}}\n").problem(),
            "1:15 GMSA0106 This alias stands inside the value that it repeats, which begins at line 1.");
}

TEST(YamlTrap, aliases_cannot_explode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + ", " +
            before + ", " + before + ", " + before + ", " + before + ", " + before + ", " + before + "]\n";
  }
  EXPECT_EQ(parse(text).documents[0].diagnostics[0].code, "GMSA0108");
}

TEST(YamlTrap, aliases_cannot_nest_without_end) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 500; ++i)
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_EQ(parse(text).documents[0].diagnostics[0].code, "GMSA0108");
}

TEST(YamlTrap, an_alias_repeats_its_value_with_the_position_of_the_anchor) {
  const auto parsed = parse("a: &x {b: c}\nd: *x\n");
  EXPECT_EQ(parsed.entry("d").value.find("b")->value.text, "c");
  EXPECT_EQ(parsed.entry("d").value.find("b")->value.at, (Position{1, 11}));
}

TEST(YamlTrap, merge_keys_are_refused_since_they_are_not_applied) {
  EXPECT_EQ(parse("a: &x {b: c}\nd:\n  <<: *x\n").problem(),
            "3:3 GMSA0105 Merge keys (<<) are not part of YAML 1.2 and are not applied.");
}

TEST(YamlTrap, a_quoted_merge_key_is_a_key) {
  EXPECT_TRUE(parse("\"<<\": x\n").root().find("<<") != nullptr);
}

TEST(YamlTrap, all_documents_of_a_file_are_read) {
  const auto parsed = parse("a: 1\n---\nb: 2\n...\n---\nc: 3\n");
  ASSERT_EQ(parsed.documents.size(), 3U);
  EXPECT_EQ(parsed.root(1).find("b")->key_at, (Position{3, 1}));
  EXPECT_EQ(parsed.root(2).find("c")->key_at, (Position{6, 1}));
}

TEST(YamlTrap, quoted_and_plain_scalars_stay_apart) {
  const auto parsed = parse("a: no\nb: \"no\"\nc: 'no'\nd: |\n  no\ne: !!str no\nf: ! no\n");
  EXPECT_FALSE(parsed.entry("a").value.quoted);
  for (const auto* key : {"b", "c", "d", "e", "f"}) EXPECT_TRUE(parsed.entry(key).value.quoted) << key;
  EXPECT_EQ(parsed.entry("b").value.text, "no");
}

TEST(YamlTrap, deep_nesting_ends) {
  EXPECT_EQ(parse(std::string(20000, '[')).documents[0].diagnostics[0].code, "GMSA0108");
  EXPECT_EQ(parse(std::string(70, '[') + std::string(70, ']')).problem(),
            "1:65 GMSA0108 Values are nested more than 64 levels deep.");
  EXPECT_EQ(parse(std::string(20000, '{')).documents[0].diagnostics.size(), 1U);
}

TEST(YamlTrap, a_missing_closing_quotation_mark_is_not_taken_for_the_end_of_input) {
  EXPECT_EQ(parse("a: \"b\n").problem(),
            "1:1 GMSA0103 A quoted text that begins here or below is not closed.");
  EXPECT_EQ(parse("a: 'b").problem(), "1:1 GMSA0103 A quoted text that begins here or below is not closed.");
}

TEST(YamlTrap, a_last_line_without_a_colon_is_not_an_empty_value) {
  EXPECT_EQ(parse("a: 1\nb\n").problem(), "2:1 GMSA0103 This key has no colon behind it.");
  EXPECT_EQ(parse("{a: 1, b}\n").problem(), "1:8 GMSA0103 This key has no colon behind it.");
  EXPECT_TRUE(parse("a: 1\nb : \n").documents[0].diagnostics.empty());
  EXPECT_TRUE(parse("a: 1\n\"b\":\n").documents[0].diagnostics.empty());
}

TEST(YamlTrap, text_after_a_document_is_not_another_document) {
  EXPECT_EQ(parse("{a: b}\nc: d\n").problem(), "2:1 GMSA0103 The document above ends before this line.");
}

TEST(YamlTrap, a_nul_byte_does_not_hide_what_follows) {
  EXPECT_EQ(parse(std::string("a: b\nc: d\0e\nf: g\n", 17)).problem(),
            "2:1 GMSA0102 This line holds bytes that are not UTF-8 text.");
}

TEST(YamlTrap, bytes_that_are_not_utf8_are_refused) {
  EXPECT_EQ(parse("a: caf\xE9\n").problem(), "1:1 GMSA0102 This line holds bytes that are not UTF-8 text.");
}

TEST(YamlTrap, a_tab_in_the_indentation_is_named) {
  EXPECT_EQ(parse("a:\n\tb: c\n").problem(), "2:3 GMSA0103 This line is indented with a tab.");
}

TEST(YamlTrap, windows_line_ends_do_not_shift_positions) {
  const auto parsed = parse("a: 1\r\nb: \"x\"\r\nc: |\r\n  l1\r\n  l2\r\nd: e\r\n");
  EXPECT_EQ(parsed.entry("a").value.text, "1");
  EXPECT_EQ(parsed.entry("c").value.text, "l1\nl2\n");
  EXPECT_EQ(parsed.entry("d").key_at, (Position{6, 1}));
}

TEST(YamlTrap, keys_that_are_not_text_are_refused) {
  EXPECT_EQ(parse("? [a]\n: b\n").problem(), "1:3 GMSA0105 A list or a mapping is used as a key here.");
  EXPECT_EQ(parse("~: b\n").problem(), "1:1 GMSA0105 A key is missing or null here.");
}

TEST(YamlTrap, tags_are_refused_except_those_that_change_nothing) {
  EXPECT_EQ(parse("a: !Ref b\n").problem(), "1:4 GMSA0105 The tag !Ref has no meaning in a manifest.");
  EXPECT_EQ(parse("a: !!binary aGk=\n").problem(),
            "1:4 GMSA0105 The tag !!binary has no meaning in a manifest.");
  EXPECT_TRUE(parse("a: !!map {b: !!seq [c]}\n").documents[0].diagnostics.empty());
}

TEST(YamlTrap, directives_belong_to_their_document) {
  const auto parsed = parse("%YAML 1.1\n---\na: b\n...\n%YAML 2.0\n---\nc: d\n");
  ASSERT_EQ(parsed.documents.size(), 2U);
  EXPECT_TRUE(parsed.documents[0].diagnostics.empty());
  EXPECT_EQ(parsed.problem(1), "5:1 GMSA0103 Only YAML 1.x is read.");
}

TEST(SplitDocuments, a_marker_inside_an_indented_block_is_text) {
  EXPECT_EQ(parse("a: |\n  ---\n  x\n").entry("a").value.text, "---\nx\n");
}

TEST(SplitDocuments, comments_and_blank_parts_are_no_documents) {
  EXPECT_TRUE(parse("# only\n---\n\n--- # more\n...\n").documents.empty());
}

TEST(SplitDocuments, content_may_stand_on_the_marker_line) {
  EXPECT_EQ(parse("--- {a: b}\n--- [c]\n").documents.size(), 2U);
}

TEST(SplitDocuments, a_broken_document_does_not_hide_the_next) {
  const auto parsed = parse("a: [\n---\nb: c\n");
  EXPECT_EQ(parsed.documents[0].diagnostics.size(), 1U);
  EXPECT_EQ(parsed.root(1).find("b")->value.text, "c");
}

TEST(MergePatch, follows_rfc_7386) {
  const auto merged = [](const std::string& base, const std::string& patch) {
    return merge_patch(parse(base).root(), parse(patch).root());
  };
  EXPECT_EQ(merged("{a: b}", "{a: c}").find("a")->value.text, "c");
  EXPECT_EQ(merged("{a: b}", "{c: d}").entries.size(), 2U);
  EXPECT_EQ(merged("{a: b, c: d}", "{a: ~}").entries.size(), 1U);
  EXPECT_EQ(merged("{a: [b, c]}", "{a: [d]}").find("a")->value.items.size(), 1U);
  EXPECT_EQ(merged("{a: {b: c}}", "{a: {d: e}}").find("a")->value.entries.size(), 2U);
  EXPECT_TRUE(merged("{a: b}", "{a: {c: ~}}").find("a")->value.entries.empty());
}

TEST(MergePatch, keeps_the_position_of_each_value) {
  const auto merged = merge_patch(parse("{a: b, c: d}").root(), parse("\n\n{c: e}").root());
  EXPECT_EQ(merged.find("a")->value.at, (Position{1, 5}));
  EXPECT_EQ(merged.find("c")->value.at, (Position{3, 5}));
}

}  // namespace
}  // namespace gmsactl::manifest
