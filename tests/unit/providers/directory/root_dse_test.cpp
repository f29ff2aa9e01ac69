// What servers say of themselves, in the shape of real rootDSEs, and what comes of each: used, or refused by
// name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "engine/base/text.h"
#include "providers/directory/server_check.h"
#include "tests/fakes/ldap_server.h"
#include "tests/fakes/samples.h"

namespace gmsactl {
namespace {

using testing::HasSubstr;

constexpr const char* settings =
    "CN=NTDS Settings,CN=DC7,CN=Servers,CN=Oslo,CN=Sites,CN=Configuration,DC=CONTOSO,DC=COM";
constexpr const char* server_object = "CN=DC7,CN=Servers,CN=Oslo,CN=Sites,CN=Configuration,DC=CONTOSO,DC=COM";

/// As LDIF shows one, of a controller of Windows Server at this level.
std::string root_dse(int level) {
  const std::string number = std::to_string(level);
  return "configurationNamingContext: CN=Configuration,DC=CONTOSO,DC=COM\n"
         "currentTime: 20260301080100.0Z\n"
         "defaultNamingContext: DC=CONTOSO,DC=COM\n"
         "dnsHostName: DC7.CONTOSO.COM\n"
         "domainControllerFunctionality: " +
         number + "\ndomainFunctionality: " + number + "\ndsServiceName: " + std::string(settings) +
         "\nforestFunctionality: " + number +
         "\nhighestCommittedUSN: 22591\n"
         "isGlobalCatalogReady: TRUE\n"
         "isSynchronized: TRUE\n"
         "ldapServiceName: CONTOSO.COM:dc7$@CONTOSO.COM\n"
         "namingContexts: DC=CONTOSO,DC=COM\n"
         "namingContexts: CN=Configuration,DC=CONTOSO,DC=COM\n"
         "namingContexts: CN=Schema,CN=Configuration,DC=CONTOSO,DC=COM\n"
         "rootDomainNamingContext: DC=CONTOSO,DC=COM\n"
         "schemaNamingContext: CN=Schema,CN=Configuration,DC=CONTOSO,DC=COM\n"
         "serverName: " +
         std::string(server_object) +
         "\n"
         "subschemaSubentry: CN=Aggregate,CN=Schema,CN=Configuration,DC=CONTOSO,DC=COM\n"
         "supportedCapabilities: 1.2.840.113556.1.4.800\n"
         "supportedCapabilities: 1.2.840.113556.1.4.1670\n"
         "supportedCapabilities: 1.2.840.113556.1.4.2237\n"
         "supportedControl: 1.2.840.113556.1.4.319\n"
         "supportedLDAPVersion: 3\n";
}

fakes::LdapValues attributes(const std::string& text) {
  fakes::LdapValues values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(": ");
    const std::string name = line.substr(0, colon);
    const auto same = [&](const auto& each) { return each.first == name; };
    auto found = std::ranges::find_if(values, same);
    if (found == values.end()) found = values.insert(values.end(), {name, {}});
    found->second.push_back(line.substr(colon + 2));
  }
  return values;
}

std::string without(const std::string& name, std::string text = root_dse(7)) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with(name + ": ")) out += line + "\n";
  return out;
}
std::string with(const std::string& line, const std::string& text = root_dse(7)) {
  return without(line.substr(0, line.find(": ")), text) + line + "\n";
}
std::string also(const std::string& line) { return root_dse(7) + line + "\n"; }

/// Names as another server spells them.
std::string renamed(const std::string& text, char (*spell)(char)) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    for (size_t i = 0; i < colon; ++i) line[i] = spell(line[i]);
    out += line + "\n";
  }
  return out;
}

struct World {
  std::string root_dse;
  fakes::LdapValues settings = {{"objectClass", {"top", "applicationSettings", "nTDSDSA"}}};
  fakes::LdapValues server = {{"objectClass", {"top", "server"}}};
  int settings_result = 0;  ///< not 0: in place of the object
  bool lost = false;        ///< the connection, each time the settings are read
};

Result<ldap::Entry> checked(const World& world) {
  using Reply = fakes::LdapServer::Reply;
  fakes::LdapServer server([&](const fakes::LdapRequest& request) -> Reply {
    if (request.operation != 0x63) return {fakes::ldap_result(request, 53)};
    const auto entry = [&](const fakes::LdapValues& values) -> Reply {
      return {fakes::ldap_entry(request.id, request.base, values) + fakes::ldap_result(request)};
    };
    if (request.base.empty()) return entry(attributes(world.root_dse));
    if (request.base == settings) {
      if (world.lost) return {"", true};
      return world.settings_result == 0 ? entry(world.settings)
                                        : Reply{fakes::ldap_result(request, world.settings_result)};
    }
    if (request.base == server_object) return entry(world.server);
    return {fakes::ldap_result(request, 32)};
  });
  auto transport = ldap::connect(server.url(), server.options());
  if (!transport) return fail(std::move(transport).error());
  return directory::check_server(**transport, fakes::desired({}, {}).environment);
}

TEST(RootDse, each_version_of_windows_is_used) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"2012 R2", root_dse(6)},
      {"2016", root_dse(7)},
      {"2025", root_dse(10)},
      {"2025 in a forest of 2016",
       with("forestFunctionality: 7", with("domainFunctionality: 7", root_dse(10)))},
      {"a level to come", root_dse(11)},
      {"attributes and capabilities to come",
       also("msDS-SomethingNew: 1\nsupportedCapabilities: 1.2.840.113556.1.4.9999")},
      {"names in lower case", renamed(root_dse(7), [](char c) { return fold(c); })},
      {"names in upper case",
       renamed(root_dse(7), [](char c) { return static_cast<char>(std::toupper(c)); })},
      {"DNs in lower case, with spaces", with("defaultNamingContext: dc=contoso, dc=com")},
      {"no global catalog", with("isGlobalCatalogReady: FALSE")},
  };
  for (const auto& [name, text] : table) {
    const auto root = checked({text});
    ASSERT_TRUE(root) << name << ": " << root.error().message;
    EXPECT_EQ(root->first("configurationNamingContext"), "CN=Configuration,DC=CONTOSO,DC=COM") << name;
  }
}

TEST(RootDse, what_need_not_be_shown_is_not_missed) {
  for (const auto* name :
       {"supportedCapabilities", "dnsHostName", "currentTime", "dsServiceName", "serverName",
        "isGlobalCatalogReady", "isSynchronized", "supportedControl", "namingContexts", "schemaNamingContext",
        "domainFunctionality", "ldapServiceName"}) {
    const auto root = checked({without(name)});
    EXPECT_TRUE(root) << name << ": " << root.error().message;
  }
}

TEST(RootDse, what_is_no_domain_controller_is_refused_by_what_shows_it) {
  const std::vector<std::tuple<std::string, std::string, ErrorKind>> table{
      {without("defaultNamingContext"), "its rootDSE has no defaultNamingContext", ErrorKind::unsupported},
      {without("configurationNamingContext"), "rootDSE has no configurationNamingContext",
       ErrorKind::unsupported},
      {without("rootDomainNamingContext"), "rootDSE has no rootDomainNamingContext", ErrorKind::unsupported},
      {"", "its rootDSE has no defaultNamingContext", ErrorKind::unsupported},
      {"schemaNamingContext: CN=Schema,CN=Configuration,DC=CONTOSO,DC=COM\n"
       "subschemaSubentry: CN=Aggregate,CN=Schema,CN=Configuration,DC=CONTOSO,DC=COM\n",
       "its rootDSE has no defaultNamingContext", ErrorKind::unsupported},
      {"configurationNamingContext: CN=Configuration,CN={7B1C0F0E-6E1C-4B0B-9C43-2E8A4C1D7F55}\n"
       "supportedCapabilities: 1.2.840.113556.1.4.1851\nsupportedCapabilities: 1.2.840.113556.1.4.1670\n",
       "the server is an AD LDS instance", ErrorKind::unsupported},
      {also("supportedCapabilities: 1.2.840.113556.1.4.1851"), "the server is an AD LDS instance",
       ErrorKind::unsupported},
      {"objectClass: top\nobjectClass: OpenLDAProotDSE\nnamingContexts: dc=contoso,dc=com\n",
       "says that it is OpenLDAP", ErrorKind::unsupported},
      {"vendorName: 389 Project\x1b[2J\n", "says that it is 389 Project\\x1b[2J", ErrorKind::unsupported},
      {with("defaultNamingContext: DC=FABRIKAM,DC=COM"),
       "the server is of another domain: it holds DC=FABRIKAM,DC=COM", ErrorKind::invalid},
      {with("defaultNamingContext: DC=EMEA,DC=CONTOSO,DC=COM"), "the server is of another domain",
       ErrorKind::invalid},
      {with("defaultNamingContext: what is this"), "the server is of another domain: it holds what is this",
       ErrorKind::invalid},
      {with("configurationNamingContext: what is this"), "configurationNamingContext that is no DN",
       ErrorKind::unsupported},
      {with("rootDomainNamingContext: =,="), "rootDomainNamingContext that is no DN", ErrorKind::unsupported},
      {with("isSynchronized: FALSE"), "the domain controller is still starting", ErrorKind::unavailable},
  };
  for (const auto& [text, message, kind] : table) {
    const auto root = checked({text});
    ASSERT_FALSE(root) << message;
    EXPECT_THAT(root.error().message, HasSubstr(message));
    EXPECT_EQ(root.error().kind, kind) << message;
    EXPECT_FALSE(root.error().hint.empty()) << message;
  }
}

TEST(RootDse, a_read_only_controller_is_recognized_whatever_it_hides) {
  const fakes::LdapValues read_only{{"objectClass", {"top", "applicationSettings", "nTDSDSA", "nTDSDSARO"}}};
  const std::vector<std::pair<std::string, World>> table{
      {"its capability", {also("supportedCapabilities: 1.2.840.113556.1.4.1920")}},
      {"the class of its settings", {root_dse(7), read_only}},
      {"no capabilities at all", {without("supportedCapabilities"), read_only}},
      {"msDS-isRODC of its settings", {root_dse(7), {{"msDS-isRODC", {"TRUE"}}}}},
      {"msDS-isRODC of its server, no dsServiceName",
       {without("dsServiceName"), {}, {{"msDS-isRODC", {"TRUE"}}}}},
      {"settings without attributes", {root_dse(7), {}, {{"msDS-isRODC", {"TRUE"}}}}},
      {"settings that may not be read", {root_dse(7), {}, {{"msDS-isRODC", {"TRUE"}}}, 50}},
  };
  for (const auto& [name, world] : table) {
    const auto root = checked(world);
    ASSERT_FALSE(root) << name;
    EXPECT_EQ(root.error().message, "the server is a read-only domain controller") << name;
    EXPECT_EQ(root.error().kind, ErrorKind::unsupported) << name;
  }
}

TEST(RootDse, settings_that_are_hidden_make_no_server_read_only) {
  for (const int result : {32, 50}) {
    const auto root = checked({root_dse(7), {}, {}, result});
    EXPECT_TRUE(root) << result << ": " << root.error().message;
  }
  EXPECT_TRUE(checked({root_dse(7), {{"msDS-isRODC", {"FALSE"}}}}));
}

TEST(RootDse, settings_that_could_not_be_read_are_not_taken_for_hidden) {
  World world{root_dse(7)};
  world.lost = true;
  const auto root = checked(world);
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace gmsactl
