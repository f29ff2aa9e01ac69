// Environments of one domain that are declared what exists only once in it.
#include "engine/manifest/world_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/manifest/load.h"

namespace gmsactl::manifest {
namespace {

/// "CODE ADDRESS" of what is wrong with the environments together.
std::vector<std::string> together(const std::string& documents, const std::string& of_a = "",
                                  const std::string& of_b = "") {
  std::string text;
  for (const auto& [name, more] : {std::pair("a", of_a), std::pair("b", of_b)})
    text += std::string("---\napiVersion: gmsactl/v1\nkind: Environment\nmetadata: {name: ") + name +
            "}\nspec: {domain: contoso.com, owner: team" + more + "}\n";
  Sources sources;
  sources.add({intern("m.yaml"), "", text + documents, true});
  const auto manifests = load(std::move(sources));
  Diagnostics found = manifests.diagnostics();
  std::vector<model::Desired> environments{manifests.resolve("a", found), manifests.resolve("b", found)};
  EXPECT_FALSE(has_errors(found)) << found.front().detail;
  found.clear();
  check_environments_together(environments, found);
  std::vector<std::string> said;
  for (const auto& one : found) said.push_back(std::string(one.code) + " " + one.address);
  return said;
}

std::string group(const std::string& name, const std::string& metadata, const std::string& spec) {
  return "---\napiVersion: gmsactl/v1\nkind: HostGroup\nmetadata: {name: " + name + metadata + "}\nspec: {" +
         spec + "}\n";
}
std::string account(const std::string& name, const std::string& environment, const std::string& spec) {
  return "---\napiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {name: " + name + ", environments: [" +
         environment + "]}\nspec: {principalsAllowedToRetrieveManagedPassword: [HOST01], " + spec + "}\n";
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(WorldChecks, a_document_of_all_environments_of_one_domain_is_one_object_claimed_twice) {
  EXPECT_THAT(together(group("Hosts", "", "")), ElementsAre("GMSA0145 HostGroup/Hosts"));
  EXPECT_THAT(together(group("Hosts", ", environments: [a]", "")), IsEmpty());
}

TEST(WorldChecks, a_name_of_each_environment_needs_a_place_of_each) {
  const auto named = group("Hosts", "", "samAccountName: 'Hosts-${environment}'");
  EXPECT_THAT(together(named), ElementsAre("GMSA0147 HostGroup/Hosts"));
  EXPECT_THAT(together(named, ", hostGroupsPath: 'OU=a,DC=contoso,DC=com'",
                       ", hostGroupsPath: 'OU=b,DC=contoso,DC=com'"),
              IsEmpty());
}

TEST(WorldChecks, an_spn_belongs_to_one_account_whatever_its_case) {
  const auto documents = [](const std::string& mode) {
    return account("A", "a", "servicePrincipalNames: [http/web]") +
           account("B", "b", "servicePrincipalNames: [HTTP/Web]" + mode);
  };
  EXPECT_THAT(together(documents("")), ElementsAre("GMSA0146 GMSA/B"));
  EXPECT_THAT(together(documents(", servicePrincipalNamesMode: unmanaged")), IsEmpty());
}

TEST(WorldChecks, directories_in_files_are_worlds_of_their_own) {
  EXPECT_THAT(together(group("Hosts", "", ""), ", directory: {servers: ['ldif:a.ldif']}",
                       ", directory: {servers: ['ldif:b.ldif']}"),
              IsEmpty());
  EXPECT_THAT(together(group("Hosts", "", ""), ", directory: {servers: ['ldif:a.ldif']}",
                       ", directory: {servers: ['ldif:a.ldif']}"),
              ElementsAre("GMSA0145 HostGroup/Hosts"));
}

}  // namespace
}  // namespace gmsactl::manifest
