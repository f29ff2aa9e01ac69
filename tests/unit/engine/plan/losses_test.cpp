// What goes with an object is shown before it goes: every field of it that the object has.
#include "engine/model/account.h"
#include "engine/model/fields.h"
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

/// The keys of the rows that a plan can report, but for those that the DN says.
template <class Rows>
std::vector<std::string> keys_of(const Rows& rows) {
  std::vector<std::string> keys;
  for (const auto& row : rows)
    if (row.mutability != model::Mutability::rule && row.mutability != model::Mutability::by_move)
      keys.emplace_back(row.key);
  return keys;
}

std::vector<std::string> paths_of(const model::Change& change) {
  std::vector<std::string> paths;
  for (const auto& field : change.fields) paths.emplace_back(field.path);
  return paths;
}

plan::Options pruning() {
  plan::Options options;
  options.prune = true;
  options.allow_deletes = 9;
  return options;
}

TEST(Losses, a_deletion_shows_every_field_that_the_object_has) {
  fakes::FakeWorld world;
  auto& account = world.add_account("Dropped");
  account.group_msa_membership = model::SecurityDescriptor::encode_readers(std::vector{fakes::sid(7)});
  account.description = "d";
  account.display_name = "D";
  account.allowed_to_delegate_to = {"http/backend.contoso.com"};
  account.user_account_control |= model::user_account_control::trusted_for_delegation |
                                  model::user_account_control::trusted_to_auth_for_delegation |
                                  model::user_account_control::not_delegated;
  auto& group = world.add_group("DroppedHosts");
  group.description = "d";
  group.members = {"CN=HOST01,CN=Computers,DC=contoso,DC=com"};
  const auto wanted = fakes::desired({}, {fakes::account("Kept")});
  const auto plan = plan_for(world, wanted, pruning());
  size_t removals = 0;
  for (const auto& change : plan.changes) {
    if (change.action != model::Action::remove) continue;
    ++removals;
    EXPECT_EQ(paths_of(change), change.id.kind == model::Kind::gmsa ? keys_of(model::gmsa_fields)
                                                                    : keys_of(model::group_fields));
    for (const auto& field : change.fields) EXPECT_EQ(field.after, model::FieldValue()) << field.path;
  }
  EXPECT_EQ(removals, 2U);
}

TEST(Losses, a_flag_that_is_not_set_is_no_loss) {
  fakes::FakeWorld world;
  world.add_account("Dropped");
  const auto plan = plan_for(world, fakes::desired({}, {fakes::account("Kept")}), pruning());
  for (const auto& change : plan.changes) {
    if (change.action != model::Action::remove) continue;
    EXPECT_THAT(paths_of(change), testing::Not(testing::Contains("trustedForDelegation")));
    EXPECT_THAT(paths_of(change), testing::Contains("enabled"));
  }
}

}  // namespace
}  // namespace gmsactl
