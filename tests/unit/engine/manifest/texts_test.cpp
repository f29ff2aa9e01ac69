// Documents taken out of their files and put back, for a plan that is carried out elsewhere.
#include "engine/manifest/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gmsactl::manifest {
namespace {

constexpr std::string_view accounts = R"(# a comment
apiVersion: gmsactl/v1
kind: GMSA
metadata: {name: Web01}
---
apiVersion: gmsactl/v1
kind: GMSA
metadata: {name: Other}
...
%YAML 1.2
---
apiVersion: gmsactl/v1
kind: GMSA
metadata: {name: Web02}
spec:
  principalsAllowedToRetrieveManagedPassword: [{hostGroup: Hosts}]
)";
constexpr std::string_view rest = R"(apiVersion: gmsactl/v1
kind: Environment
metadata: {name: prod}
spec: {domain: contoso.com, owner: team, directory: {servers: ["ldif:data.ldif"]}}
---
apiVersion: gmsactl/v1
kind: Environment
metadata: {name: test}
spec: {domain: contoso.com, owner: team}
---
apiVersion: gmsactl/v1
kind: HostGroup
metadata: {name: Hosts, environments: [prod]})";

Manifests both() {
  Sources sources;
  sources.add({intern("sub/accounts.yaml"), "sub", std::string(accounts), true});
  sources.add({intern("sub/rest.yaml"), "sub", std::string(rest), true});
  return load(std::move(sources));
}

TEST(ManifestTexts, mean_the_same_when_they_are_put_back) {
  const auto manifests = both();
  ASSERT_TRUE(manifests.diagnostics().empty());
  const auto texts =
      manifests.texts("prod", [](const std::string& address) { return address != "GMSA/Other"; });
  EXPECT_EQ(texts.size(), 5U) << "two Environments, one group, two accounts";
  const auto again = load(sources_of(texts));
  Diagnostics found;
  const auto before = manifests.resolve("prod", found);
  const auto after = again.resolve("prod", found);
  EXPECT_FALSE(has_errors(found));
  EXPECT_EQ(again.environment_names(), (std::vector<std::string>{"prod", "test"}));
  ASSERT_EQ(after.accounts.size(), 2U);
  EXPECT_EQ(after.accounts[0], before.accounts[0]);
  EXPECT_EQ(after.accounts[1], before.accounts[2]);
  EXPECT_EQ(after.accounts[1].declared_at, before.accounts[2].declared_at) << "at its own line";
  EXPECT_EQ(after.host_groups, before.host_groups);
  EXPECT_EQ(after.environment.servers.at(0).text, "ldif:sub/data.ldif");
}

TEST(ManifestTexts, of_an_environment_leave_out_what_belongs_to_others) {
  const auto texts = both().texts("test", [](const std::string&) { return true; });
  for (const auto& text : texts) EXPECT_EQ(text.text.find("HostGroup\n"), std::string::npos);
}

}  // namespace
}  // namespace gmsactl::manifest
