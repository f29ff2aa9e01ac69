#include "tests/contract/ldap/contract.h"

#include <algorithm>
#include <atomic>
#include <random>

#include "engine/base/text.h"
#include "engine/model/dn.h"

namespace gmsactl::contract {
namespace {

std::string random_hex() {
  std::random_device device;
  std::string text;
  for (int i = 0; i < 6; ++i) text += "0123456789abcdef"[device() % 16];
  return text;
}

/// Opened by the first test, cleaned and closed after the last.
struct World : testing::Environment {
  Directory directory;
  std::string mark = random_hex();
  std::string unit;
  bool opened = false;

  void open() {
    if (std::exchange(opened, true)) return;
    directory = open_directory();
    if (!directory.transport) return;
    const std::string dn = "OU=contract-" + mark + "," + domain;
    EXPECT_DONE(directory.transport->add(dn, {{"objectClass", {"organizationalUnit"}}}));
    unit = dn;
  }

  void TearDown() override {
    if (unit.empty()) return;
    SearchRequest all;
    all.base = unit;
    all.attributes = {"1.1"};
    auto entries = ldap::search_all(*directory.transport, all);
    ASSERT_TRUE(entries) << entries.error().message;
    // The longest DN first: children go before their parents.
    std::ranges::sort(*entries, std::ranges::greater(), [](const Entry& entry) { return entry.dn.size(); });
    for (const auto& entry : *entries) EXPECT_DONE(directory.transport->remove(entry.dn));
    directory.transport.reset();
  }
};

World& world() {
  static auto* const instance = static_cast<World*>(testing::AddGlobalTestEnvironment(new World));
  return *instance;
}

[[maybe_unused]] const World& registered_before_main = world();

}  // namespace

void Contract::SetUp() {
  world().open();
  if (!world().directory.transport) GTEST_SKIP() << world().directory.skip;
  ASSERT_FALSE(unit().empty());
}

Transport& Contract::directory() { return *world().directory.transport; }
const Directory& Contract::implementation() { return world().directory; }
const std::string& Contract::container_of_many() { return world().directory.container_of_many; }
const std::string& Contract::unit() { return world().unit; }

std::string Contract::unique(const std::string& prefix) {
  static std::atomic<int> count{0};
  return prefix + world().mark + std::to_string(++count);
}

std::string Contract::below_unit(const std::string& common_name) {
  return "CN=" + model::escape_rdn_value(common_name) + "," + unit();
}

std::string Contract::add_unit(const std::string& name) {
  const std::string dn = "OU=" + name + "," + unit();
  EXPECT_DONE(directory().add(dn, {{"objectClass", {"organizationalUnit"}}}));
  return dn;
}

std::string Contract::add_container(const std::string& common_name) {
  const std::string dn = below_unit(common_name);
  EXPECT_DONE(directory().add(dn, {{"objectClass", {"container"}}}));
  return dn;
}

std::string Contract::add_group(const std::string& name) {
  const std::string dn = below_unit(name);
  EXPECT_DONE(directory().add(
      dn, {{"objectClass", {"group"}}, {"sAMAccountName", {name}}, {"groupType", {"-2147483644"}}}));
  return dn;
}

std::string Contract::add_computer(const std::string& name) {
  const std::string dn = below_unit(name);
  EXPECT_DONE(directory().add(
      dn,
      {{"objectClass", {"computer"}}, {"sAMAccountName", {name + "$"}}, {"userAccountControl", {"4128"}}}));
  return dn;
}

std::vector<Attribute> Contract::account(const std::string& name, std::vector<Attribute> more) {
  std::vector<Attribute> attributes{{"objectClass", {"msDS-GroupManagedServiceAccount"}},
                                    {"sAMAccountName", {name + "$"}},
                                    {"dNSHostName", {name + ".contoso.com"}},
                                    {"userAccountControl", {"4096"}},
                                    {"msDS-ManagedPasswordInterval", {"30"}}};
  for (auto& attribute : more) {
    std::erase_if(attributes,
                  [&](const Attribute& other) { return equal_folded(other.name, attribute.name); });
    if (!attribute.values.empty()) attributes.push_back(std::move(attribute));
  }
  return attributes;
}

std::string Contract::add_account(const std::string& name, std::vector<Attribute> more) {
  const std::string dn = below_unit(name);
  EXPECT_DONE(directory().add(dn, account(name, std::move(more))));
  return dn;
}

Entry Contract::read(const std::string& dn, std::vector<std::string> attributes) {
  auto entry = ldap::read(directory(), dn, std::move(attributes));
  EXPECT_TRUE(entry) << (entry ? "" : entry.error().message);
  return entry ? std::move(*entry) : Entry{};
}

std::vector<std::string> Contract::values(const std::string& dn, const std::string& attribute) {
  const Entry entry = read(dn, {attribute});
  const Attribute* found = entry.find(attribute);
  auto list = found ? found->values : std::vector<std::string>();
  std::ranges::sort(list);
  return list;
}

std::string Contract::value(const std::string& dn, const std::string& attribute) {
  const auto list = values(dn, attribute);
  EXPECT_LE(list.size(), 1u) << attribute;
  return list.empty() ? std::string() : list.front();
}

std::vector<std::string> Contract::names(const std::string& base, Scope scope, const std::string& filter) {
  SearchRequest request;
  request.base = base;
  request.scope = scope;
  request.filter = filter;
  request.attributes = {"name"};
  auto entries = ldap::search_all(directory(), request);
  EXPECT_TRUE(entries) << (entries ? "" : entries.error().message) << " " << filter;
  std::vector<std::string> list;
  if (entries)
    for (const auto& entry : *entries) list.emplace_back(entry.first("name").value_or("(no name)"));
  std::ranges::sort(list);
  return list;
}

}  // namespace gmsactl::contract
