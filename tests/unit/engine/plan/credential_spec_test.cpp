// Which credential specs are written where: found by index or by content, never over somebody else's, and a
// place that can't be read stops nothing but itself.
#include "engine/spec/document.h"
#include "engine/spec/facts.h"
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Action;
using model::DirectoryTarget;
using model::DockerTarget;
using model::FieldValue;
using model::KubernetesTarget;
using model::LivePlace;
using model::LiveSpec;
using model::SwarmTarget;

/// One account, live and as declared, whose spec goes to SpecTarget "place".
class Delivery : public testing::Test {
 protected:
  Delivery() {
    world.add_account("Web01");
    auto web = account("Web01");
    web.spec.credential_spec.emplace();
    web.spec.credential_spec->targets = fakes::located({"place"});
    wanted = fakes::desired({}, {web});
    wanted.environment.owner = "tests";
    set_target(DirectoryTarget{"specs", DirectoryTarget::Format::docker, {}});
  }

  void set_target(decltype(model::SpecTarget::place) place) {
    model::Declaration<model::SpecTarget> target;
    target.name = "place";
    target.spec.place = std::move(place);
    wanted.spec_targets = {std::move(target)};
  }
  model::Gmsa& web() { return wanted.accounts.front().spec; }

  /// What the account's spec is to be.
  model::CredentialSpec right() { return spec::from_facts(web(), wanted, world.facts); }
  static LiveSpec file(std::string name, model::CredentialSpec contents) {
    LiveSpec live;
    live.name = std::move(name);
    live.revision = "r1";
    live.spec = std::move(contents);
    return live;
  }
  LiveSpec ours(LiveSpec live, const std::string& of = "Web01") {
    live.account = of;
    live.owner = "tests";
    live.environment = wanted.environment.name;
    return live;
  }

  model::Plan plan(const plan::Options& options = {}) {
    fakes::NoEvents events;
    auto seen = world.observe(wanted, events).value();
    seen.spec_places = places;
    if (places.empty()) seen.spec_places[model::place_key("place", "")] = here;
    return plan::make_plan(wanted, seen, options);
  }

  FakeWorld world;
  model::Desired wanted;
  LivePlace here;
  std::map<std::string, model::Observation<LivePlace>> places;
};

TEST_F(Delivery, a_spec_that_is_not_there_is_created_after_its_account) {
  const auto made = plan();
  ASSERT_THAT(actions(made), ElementsAre("create CredentialSpec/place/Web01"));
  const auto& change = made.changes.front();
  EXPECT_EQ(change.cause, "new");
  EXPECT_EQ(change.requires_, (std::vector<model::ResourceId>{{model::Kind::gmsa, "Web01"}}));
  EXPECT_EQ(field_of(change, "fileName").after, FieldValue("contoso_web01.json"));
  EXPECT_EQ(field_of(change, "DomainJoinConfig.MachineAccountName").after, FieldValue("Web01"));
  EXPECT_EQ(field_of(change, "GroupManagedServiceAccounts").added,
            (Texts{"Web01 @ CONTOSO", "Web01 @ contoso.com"}));
  EXPECT_THAT(findings(made), IsEmpty());
}

TEST_F(Delivery, one_that_is_as_wanted_is_unchanged_whoever_made_it) {
  here.specs = {file("contoso_web01.json", right())};
  EXPECT_THAT(addresses(plan().unchanged), testing::Contains("CredentialSpec/place/Web01"));
  EXPECT_TRUE(plan().empty());
}

TEST_F(Delivery, order_of_scopes_and_case_of_names_are_no_change) {
  auto same = right();
  std::reverse(same.accounts.begin(), same.accounts.end());
  for (char& c : same.guid)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  same.dns_name = "CONTOSO.com";
  here.specs = {file("contoso_web01.json", same)};
  EXPECT_TRUE(plan().empty());
}

TEST_F(Delivery, a_wrong_fact_is_planned_back_alone) {
  auto wrong = right();
  wrong.sid += "-1105";
  here.specs = {ours(file("contoso_web01.json", wrong))};
  const auto made = plan();
  ASSERT_THAT(actions(made), ElementsAre("update CredentialSpec/place/Web01"));
  EXPECT_THAT(paths(made.changes.front()), ElementsAre("DomainJoinConfig.Sid"));
}

TEST_F(Delivery, what_somebody_changed_there_is_told_from_what_is_declared_anew) {
  const auto first = plan();
  auto written = ours(file("contoso_web01.json", right()));
  written.applied = std::get<model::CredentialSpecChange>(first.changes.front().detail).applied;
  here.specs = {written};
  EXPECT_TRUE(plan().empty());

  auto by_hand = written;
  by_hand.spec->sid += "-1105";
  here.specs = {by_hand};
  EXPECT_EQ(plan().changes.front().cause, "drift");
  EXPECT_EQ(plan().changes.front().fields.front().cause, "drift");

  auto& plug_in = web().credential_spec->host_account_config.emplace();
  plug_in.plugin_guid = "{CCC2A336-D7F3-4818-A213-272B7924213E}";
  plug_in.plugin_input = "ObjectId=1;SecretUri=https://vault.example";
  here.specs = {written};
  EXPECT_EQ(plan().changes.front().cause, "pending");
  here.specs = {by_hand};
  EXPECT_EQ(plan().changes.front().cause, "both");

  by_hand.applied.clear();
  here.specs = {by_hand};
  EXPECT_EQ(plan().changes.front().cause, "") << "nothing remembers what was applied";
  by_hand.applied = written.applied;
  by_hand.owner.clear();
  here.specs = {by_hand};
  EXPECT_EQ(plan().changes.front().cause, "") << "it is not ours";
}

TEST_F(Delivery, a_file_that_somebody_made_keeps_the_name_they_gave_it) {
  auto wrong = right();
  wrong.netbios_name = "FABRIKAM";
  here.specs = {file("webapp.json", wrong)};
  const auto made = plan();
  ASSERT_THAT(actions(made), ElementsAre("update CredentialSpec/place/Web01"));
  EXPECT_THAT(paths(made.changes.front()), ElementsAre("DomainJoinConfig.NetBiosName"));
  here.specs = {ours(file("webapp.json", right()))};  // once it was brought up to date
  EXPECT_TRUE(plan().empty());
  web().credential_spec->file_name = "wanted.json";
  EXPECT_EQ(field_of(plan().changes.front(), "fileName").after, FieldValue("wanted.json"));
}

TEST_F(Delivery, a_renamed_account_takes_its_file_along) {
  here.specs = {ours(file("contoso_web01.json", right()))};
  web().sam_account_name = "Shop01";
  const auto made = plan();
  const auto& change = change_of(made, "CredentialSpec/place/Web01");
  EXPECT_EQ(change.action, Action::move);
  EXPECT_EQ(field_of(change, "fileName").before, FieldValue("contoso_web01.json"));
  EXPECT_EQ(field_of(change, "fileName").after, FieldValue("contoso_shop01.json"));
  EXPECT_EQ(made.changes.front().id.kind, model::Kind::gmsa) << "the account goes first";
}

TEST_F(Delivery, a_renamed_account_finds_the_file_somebody_made_by_its_former_name) {
  here.specs = {file("web.json", right())};
  web().sam_account_name = "Shop01";
  const auto made = plan();
  const auto& change = change_of(made, "CredentialSpec/place/Web01");
  EXPECT_EQ(change.action, Action::update);
  EXPECT_EQ(std::get<model::CredentialSpecChange>(change.detail).name, "web.json");
}

TEST_F(Delivery, a_spec_of_another_account_under_the_wanted_name_is_left_alone) {
  auto other = right();
  other.machine_account_name = "Other";
  here.specs = {file("CONTOSO_web01.json", other)};
  const auto made = plan();
  EXPECT_TRUE(made.empty());
  EXPECT_THAT(unreadable(made), ElementsAre("CredentialSpec/place/Web01"));
  EXPECT_THAT(findings(made), ElementsAre("GMSA0239 CredentialSpec/place/Web01"));
  EXPECT_THAT(made.diagnostics.front().detail, HasSubstr("holds the spec of Other"));
  EXPECT_FALSE(has_errors(made.diagnostics)) << "the rest can be applied";
}

TEST_F(Delivery, a_file_that_is_no_spec_is_not_overwritten_unless_it_was_ours) {
  LiveSpec broken;
  broken.name = "contoso_web01.json";
  broken.problem = "line 1, column 1: not JSON";
  here.specs = {broken};
  EXPECT_TRUE(plan().empty());
  EXPECT_THAT(plan().diagnostics.front().detail, HasSubstr("line 1, column 1: not JSON"));
  here.specs = {ours(broken)};
  const auto made = plan();
  ASSERT_THAT(actions(made), ElementsAre("update CredentialSpec/place/Web01"));
  EXPECT_THAT(paths(made.changes.front()), ElementsAre("content"));
}

TEST_F(Delivery, what_another_owner_delivered_is_left_alone) {
  auto theirs = ours(file("contoso_web01.json", right()));
  theirs.owner = "somebody";
  here.specs = {theirs};
  EXPECT_THAT(findings(plan()), ElementsAre("GMSA0239 CredentialSpec/place/Web01"));
}

TEST_F(Delivery, a_place_that_cannot_be_read_is_left_out_and_the_others_go_on) {
  world.add_computer("HOST01");
  world.add_computer("HOST02");
  wanted.host_groups = {group("Hosts", {named("HOST01"), named("HOST02$")})};
  world.add_group("Hosts").members = {};
  DockerTarget docker;
  docker.hosts = {group_ref("Hosts")};
  set_target(docker);
  places[model::place_key("place", "HOST01")] =
      model::Unreadable{Error{ErrorKind::unavailable, "connection refused", "Start sshd.", {}}};
  places[model::place_key("place", "HOST02")] = LivePlace{};
  const auto made = plan();
  EXPECT_THAT(actions(made), testing::Contains("create CredentialSpec/place/Web01@HOST02"));
  EXPECT_THAT(unreadable(made), ElementsAre("CredentialSpec/place/Web01@HOST01"));
  EXPECT_THAT(findings(made), ElementsAre("GMSA0230 CredentialSpec/place/Web01@HOST01"));
  EXPECT_FALSE(has_errors(made.diagnostics));
}

TEST_F(Delivery, a_folder_that_does_not_exist_gets_its_first_spec) {
  places[model::place_key("place", "")] = model::Absent{};
  EXPECT_THAT(actions(plan()), ElementsAre("create CredentialSpec/place/Web01"));
}

TEST_F(Delivery, a_targeted_spec_brings_its_account_along) {
  world.remove(world.find_account("Web01")->id.guid);
  plan::Options options;
  options.targets = {"CredentialSpec/place/*"};
  EXPECT_THAT(actions(plan(options)), ElementsAre("create GMSA/Web01", "create CredentialSpec/place/Web01"));
  options.excludes = {"GMSA/*"};
  EXPECT_THAT(findings(plan(options)), ElementsAre("GMSA0239 CredentialSpec/place/Web01"));
}

TEST_F(Delivery, a_document_for_others_is_compared_line_by_line) {
  set_target(DirectoryTarget{"specs", DirectoryTarget::Format::kubernetes, {}});
  auto made = plan();
  ASSERT_THAT(actions(made), ElementsAre("create CredentialSpec/place/Web01"));
  const auto detail = std::get<model::CredentialSpecChange>(made.changes.front().detail);
  LiveSpec written;
  written.name = detail.name;
  for (const auto line : split(detail.text, '\n')) written.lines.emplace_back(line);
  written.lines.pop_back();
  here.specs = {ours(written)};
  EXPECT_TRUE(plan().empty());
  here.specs.front().lines.push_back("extra: true");
  made = plan();
  ASSERT_THAT(actions(made), ElementsAre("update CredentialSpec/place/Web01"));
  EXPECT_EQ(made.changes.front().fields.front().removed, Texts{"extra: true"});
}

TEST_F(Delivery, services_that_use_another_config_are_moved) {
  set_target(SwarmTarget{});
  here.services["Web01"] = {"api", "web"};
  auto live = ours(file("contoso_web01-0123456789ab", right()));
  live.users = {"web"};
  here.specs = {live};
  const auto made = plan();
  ASSERT_THAT(actions(made), ElementsAre("update CredentialSpec/place/Web01"));
  EXPECT_EQ(field_of(made.changes.front(), "services").added, Texts{"api"});
  here.specs.front().users = {"api", "web"};
  EXPECT_TRUE(plan().empty());
}

TEST_F(Delivery, former_configs_that_no_service_uses_are_removed) {
  set_target(SwarmTarget{});
  auto old = right();
  old.sid = "S-1-5-21-1-2-3";
  auto stays = ours(file("contoso_web01-1", right()));
  auto leftover = ours(file("contoso_web01-0", old));
  here.specs = {leftover, stays};
  EXPECT_EQ(field_of(plan().changes.front(), "formerConfigs").removed, Texts{"contoso_web01-0"});
  here.specs.front().users = {"a-service-of-somebody"};
  EXPECT_TRUE(plan().empty());
}

TEST_F(Delivery, bindings_are_a_set) {
  KubernetesTarget cluster;
  cluster.bindings = {{"shop", "web"}, {"shop", "api"}};
  set_target(cluster);
  auto live = ours(file("web01", right()));
  live.bindings = {"shop/api", "shop/former"};
  live.users = {"shop/web-1"};
  here.specs = {live};
  const auto made = plan();
  const auto& bindings = field_of(change_of(made, "CredentialSpec/place/Web01"), "bindings");
  EXPECT_EQ(bindings.added, Texts{"shop/web"});
  EXPECT_EQ(bindings.removed, Texts{"shop/former"});
  EXPECT_THAT(findings(made), ElementsAre("GMSA0242 CredentialSpec/place/Web01"));
}

TEST_F(Delivery, a_password_for_the_plug_in_is_warned_of_and_not_shown) {
  web().credential_spec->host_account_config = model::HostAccountConfig{
      "{00000000-0000-0000-0000-000000000001}", "contoso.com:svc:Pa55word!", false, "1"};
  const auto made = plan();
  EXPECT_THAT(findings(made), ElementsAre("GMSA0326 GMSA/Web01"));
  const auto& shown = field_of(made.changes.front(), "HostAccountConfig.PluginInput").after;
  EXPECT_THAT(std::get<std::string>(shown), testing::Not(HasSubstr("Pa55word")));
}

TEST_F(Delivery, a_member_that_is_a_group_of_the_directory_hides_its_hosts) {
  world.add_object("OtherHosts", "CN=OtherHosts,CN=Users,DC=contoso,DC=com", "group");
  wanted.host_groups = {group("Hosts", {named("OtherHosts")})};
  world.add_group("Hosts");
  DockerTarget docker;
  docker.hosts = {group_ref("Hosts"), named("host07.contoso.com")};
  set_target(docker);
  places[model::place_key("place", "host07.contoso.com")] = LivePlace{};
  const auto made = plan();
  EXPECT_THAT(findings(made), ElementsAre("GMSA0238 CredentialSpec/place"));
  EXPECT_THAT(actions(made), testing::Contains("create CredentialSpec/place/Web01@host07.contoso.com"));
}

}  // namespace
}  // namespace gmsactl
