// Schemas, pages and rows say the same of the same fields.
#include "engine/model/fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "engine/base/text.h"
#include "tests/paths.h"

namespace gmsactl::model {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(std::string(tests::source_dir) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

/// What the schema says of a field: the row's sentence, and what is where the field is not given.
std::string described(const FieldFacts& facts) {
  std::string text(facts.sentence);
  if (!facts.default_value.empty()) return text + " Default: " + std::string(facts.default_value) + ".";
  return facts.mutability == Mutability::rule ? text : text + " Absent: not managed.";
}

template <class Rows>
void expect_same_as_schema(const Rows& rows, const std::string& schema) {
  const auto spec = nlohmann::json::parse(content("schemas/" + schema))["properties"]["spec"]["properties"];
  std::set<std::string> keys;
  for (const auto& row : rows) {
    if (row.key == name_of_metadata) continue;
    const std::string key(row.key);
    keys.insert(key);
    ASSERT_TRUE(spec.contains(key)) << schema << " lacks " << key;
    EXPECT_EQ(spec[key]["description"].template get<std::string>(), described(row))
        << schema << " of " << key;
  }
  for (const auto& [key, field] : spec.items()) EXPECT_TRUE(keys.contains(key)) << "no row for " << key;
}

/// The lines of the page's table of fields, by the field.
std::map<std::string, std::string> table_of(const std::string& page) {
  std::map<std::string, std::string> lines;
  std::istringstream text(content(page));
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("| field ")) inside = true;
    if (inside && line.empty()) break;
    const size_t begin = line.find('`');
    if (inside && begin != std::string::npos && begin < 4)
      lines.emplace(line.substr(begin + 1, line.find('`', begin + 1) - begin - 1), line);
  }
  return lines;
}

template <class Rows>
void expect_same_as_page(const Rows& rows, const std::string& page) {
  auto lines = table_of(page);
  for (const auto& row : rows) {
    if (row.key == name_of_metadata) continue;
    const auto line = lines.find(std::string(row.key));
    ASSERT_NE(line, lines.end()) << page << " lacks " << row.key;
    if (row.mutability == Mutability::in_place || row.mutability == Mutability::at_creation) {
      EXPECT_NE(line->second.find(row.attribute), std::string::npos) << page << " of " << row.key;
    }
    lines.erase(line);
  }
  EXPECT_TRUE(lines.empty()) << page << " has a line for " << (lines.empty() ? "" : lines.begin()->first);
}

TEST(Fields, schemas_describe_every_row_as_the_row_does) {
  expect_same_as_schema(gmsa_fields, "gmsa.schema.json");
  expect_same_as_schema(group_fields, "hostgroup.schema.json");
}

TEST(Fields, pages_have_a_line_for_every_row_and_name_its_attribute) {
  expect_same_as_page(gmsa_fields, "docs/kinds/gmsa.md");
  expect_same_as_page(group_fields, "docs/kinds/hostgroup.md");
}

TEST(Fields, keys_are_unique_and_each_hook_stands_once) {
  const auto check = [](const auto& rows) {
    std::set<std::string_view> keys;
    for (const auto& row : rows) EXPECT_TRUE(keys.insert(row.key).second) << row.key;
  };
  check(gmsa_fields);
  check(group_fields);
  std::set<GmsaHook> hooks;
  for (const auto& row : gmsa_fields)
    if (const auto* hook = std::get_if<GmsaHook>(&row.access)) {
      EXPECT_TRUE(hooks.insert(*hook).second);
    }
}

TEST(Fields, names_stand_before_the_SPNs_that_a_new_name_rewrites) {
  std::vector<std::string_view> keys;
  for (const auto& row : gmsa_fields) keys.push_back(row.key);
  const auto at = [&](std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) - keys.begin();
  };
  EXPECT_LT(at("samAccountName"), at("servicePrincipalNames"));
  EXPECT_LT(at("dnsHostName"), at("servicePrincipalNames"));
}

LiveGmsa some_account() {
  LiveGmsa live;
  live.id.dn = *Dn::parse("CN=Web01,OU=x,DC=contoso,DC=com");
  live.sam_account_name = "Web01$";
  return live;
}

LiveGroup some_group() {
  LiveGroup live;
  live.id.dn = *Dn::parse("CN=Hosts,OU=x,DC=contoso,DC=com");
  return live;
}

TEST(Fields, what_a_live_object_has_declared_is_managed_but_for_rules) {
  const auto account = as_declared(some_account());
  for (const auto& row : gmsa_fields)
    EXPECT_EQ(is_managed(row, account), row.mutability != Mutability::rule) << row.key;
  const auto group = as_declared(some_group());
  for (const auto& row : group_fields)
    EXPECT_EQ(is_managed(row, group), row.mutability != Mutability::rule) << row.key;
}

TEST(Fields, what_is_left_unmanaged_is_no_longer_managed_and_nothing_else_changes) {
  const auto whole = as_declared(some_account());
  for (const auto& row : gmsa_fields) {
    auto spec = whole;
    if (!leave_unmanaged(row, spec)) {
      EXPECT_EQ(spec, whole) << row.key;
      continue;
    }
    EXPECT_FALSE(is_managed(row, spec)) << row.key;
    for (const auto& other : gmsa_fields)
      if (other.key != row.key) {
        EXPECT_EQ(is_managed(other, spec), is_managed(other, whole)) << other.key;
      }
  }
}

/// docs/architecture.md says where a new field goes: into both structs and its row, and the LDIF directory
/// knows how every attribute compares.
TEST(Fields, a_plain_text_is_known_to_five_files_at_most) {
  namespace fs = std::filesystem;
  std::vector<std::string> knowing;
  for (const char* folder : {"engine", "providers"})
    for (const auto& file : fs::recursive_directory_iterator(fs::path(tests::source_dir) / folder)) {
      if (file.path().extension() != ".cpp" && file.path().extension() != ".h") continue;
      const auto path = fs::relative(file.path(), tests::source_dir).string();
      const auto text = content(path);
      if (text.find("display_name") != std::string::npos || text.find("displayName") != std::string::npos)
        knowing.push_back(path);
    }
  EXPECT_GE(knowing.size(), 3U);
  EXPECT_LE(knowing.size(), 5U) << join(knowing, ", ");
}

}  // namespace
}  // namespace gmsactl::model
