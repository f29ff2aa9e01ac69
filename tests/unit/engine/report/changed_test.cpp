// What `changed` prints.
#include "engine/report/changed.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gmsactl::report {
namespace {

using model::Kind;
using Presence = EnvironmentDifference::Presence;

const std::string first(40, '1');
const std::string second(40, '2');

ManifestDifference difference() {
  ManifestDifference found{{"main", first}, {"", ""}, {"accounts.yaml"}, {}};
  EnvironmentDifference prod{"prod", Presence::both, {}};
  prod.changes.settings = {"accountsPath", "variables"};
  prod.changes.changed = {{Kind::host_group, "Hosts"}, {Kind::gmsa, "Web\x1b[31m01"}};
  prod.changes.added = {{Kind::gmsa, "Db01"}};
  prod.changes.removed = {{Kind::credential_spec, "docker/Web01@*"}};
  EnvironmentDifference test{"test", Presence::added, {}};
  test.changes.settings = {"domain", "owner"};
  found.environments = {prod, test};
  return found;
}

TEST(ChangedText, lists_addresses_in_one_order_with_the_plan_s_symbols) {
  EXPECT_EQ(changed_text(difference(), Color::off), R"(Environment prod: differs in accountsPath, variables

  ~ HostGroup/Hosts
  + GMSA/Db01
  ~ GMSA/Web\x1b[31m01
  - CredentialSpec/docker/Web01@*

Environment test: added

Changed between main (111111111111) and the work tree: 2 environments; 1 added, 2 changed, 1 removed.
)");
}

TEST(ChangedText, says_that_nothing_differs) {
  ManifestDifference none{{"main", first}, {second, second}, {}, {}};
  EXPECT_EQ(changed_text(none, Color::off),
            "No environment or address differs between main (111111111111) and 222222222222.\n");
  none.files = {"a.yaml", "b.yaml"};
  EXPECT_EQ(changed_text(none, Color::off),
            "No environment or address differs between main (111111111111) and 222222222222, although the "
            "text of 2 "
            "files does.\n");
}

TEST(ChangedJson, has_every_address) {
  const auto json = nlohmann::json::parse(changed_json(difference()));
  EXPECT_EQ(json["from"], nlohmann::json({{"revision", "main"}, {"commit", first}}));
  EXPECT_EQ(json["to"], nlohmann::json({{"revision", nullptr}, {"commit", nullptr}}));
  EXPECT_EQ(json["files"], nlohmann::json::array({"accounts.yaml"}));
  const auto& prod = json["environments"][0];
  EXPECT_EQ(prod["change"], "changed");
  EXPECT_EQ(prod["settings"], nlohmann::json::array({"accountsPath", "variables"}));
  EXPECT_EQ(prod["added"], nlohmann::json::array({"GMSA/Db01"}));
  EXPECT_EQ(prod["removed"], nlohmann::json::array({"CredentialSpec/docker/Web01@*"}));
  EXPECT_EQ(prod["changed"][0], "HostGroup/Hosts");
  EXPECT_EQ(json["environments"][1]["change"], "added");
}

}  // namespace
}  // namespace gmsactl::report
