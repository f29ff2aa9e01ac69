// A look at a part finds what a look at everything finds, whatever has happened in between.
#include <random>

#include "tests/unit/engine/drift/check_fixture.h"

namespace gmsactl::drift {
namespace {

// ----------------------------------------------------------------------------------------------------

/// Does to a world and to manifests what administrators, other tools and commits do.
class Mischief {
 public:
  Mischief(FakeWorld& world, Desired& desired, uint32_t seed)
      : world_(world), desired_(desired), random_(seed) {}

  std::string next() {
    switch (below(20)) {
      case 0:
        return edit("dNSHostName", [&](auto& live) { live.dns_host_name = word() + ".contoso.com"; });
      case 1:
        return edit("SPN", [&](auto& live) { live.service_principal_names.push_back("http/" + word()); });
      case 2:
        return edit("SPN away", [](auto& live) { live.service_principal_names.clear(); });
      case 3:
        return edit("readers", [](auto& live) { live.group_msa_membership.reset(); });
      case 4:
        return edit("marker away", [](auto& live) { live.marker.reset(); });
      case 5:
        return edit("marker of another", [&](auto& live) { live.marker = any_marker(); });
      case 6:
        return edit("foreign text", [](auto& live) { live.marker = "somebody's text"; });
      case 7:
        return edit("sAMAccountName", [&](auto& live) { live.sam_account_name = word() + "$"; });
      case 8:
        return rename();
      case 9:
        return remove();
      case 10:
        return members();
      case 11:
        return new_group();
      case 12:
        return new_computer();
      case 13:
        return rename_computer();
      case 14:
        return declare();
      case 15:
        return declare_no_longer();
      case 16:
        return change_declaration();
      case 17:
        return foreign_spn();
      case 18:
        return regroup();
      default:
        return "nothing";
    }
  }

 private:
  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  std::string word() { return "w" + std::to_string(below(12)); }
  template <class Map>
  auto* any(Map& map) {
    return map.empty() ? nullptr : &std::next(map.begin(), static_cast<long>(below(map.size())))->second;
  }
  template <class Change>
  std::string edit(const std::string& what, Change change) {
    if (auto* live = any(world_.accounts)) change(*live);
    return what;
  }
  std::string any_marker() {
    const auto& all = desired_.accounts;
    return fakes::marker(model::Kind::gmsa, all.empty() ? "Gone" : all[below(all.size())].name).text();
  }
  std::string rename() {
    auto* live = any(world_.accounts);
    auto* container = any(world_.containers);
    if (live != nullptr) {
      const auto dn = container->id.dn.child("CN", below(2) == 0 ? live->id.dn.leaf().value : word());
      if (std::none_of(world_.accounts.begin(), world_.accounts.end(),
                       [&](const auto& each) { return each.second.id.dn == dn; }))
        world_.rename(live->id.guid, dn);
    }
    return "renamed or moved";
  }
  std::string remove() {
    model::Guid gone;  // a copy: it does not outlive what it is the id of
    switch (below(3)) {
      case 0:
        if (const auto* live = any(world_.accounts)) gone = live->id.guid;
        break;
      case 1:
        if (const auto* live = any(world_.groups)) gone = live->id.guid;
        break;
      default:
        if (const auto* object = any(world_.objects)) gone = object->principal.id.guid;
    }
    world_.remove(gone);
    return "removed";
  }
  std::string members() {
    auto* live = any(world_.groups);
    auto* object = any(world_.objects);
    if (live != nullptr && object != nullptr && below(2) == 0)
      live->members = {object->principal.id.dn.text()};
    else if (live != nullptr)
      live->members.clear();
    return "members";
  }
  std::string new_group() {
    world_.add_group("G" + std::to_string(below(6)) + (below(2) == 0 ? "" : "x"));
    return "group with a marker, from nowhere";
  }
  std::string new_computer() {
    const std::string name = "HOST0" + std::to_string(1 + below(6));
    if (std::none_of(world_.objects.begin(), world_.objects.end(), [&](const auto& each) {
          return equal_folded(each.second.principal.sam_account_name, name + "$");
        }))
      world_.add_computer(name);
    return "computer";
  }
  std::string rename_computer() {
    if (auto* object = any(world_.objects))
      object->principal.sam_account_name = "HOST0" + std::to_string(1 + below(9)) + "$";
    return "computer renamed";
  }
  std::string foreign_spn() {
    if (auto* object = any(world_.objects))
      object->service_principal_names = {"http/" + word(), "host/a" + std::to_string(below(6))};
    return "foreign SPN";
  }
  std::string regroup() {
    for (auto& [guid, live] : world_.groups) live.sam_account_name += below(8) == 0 ? "r" : "";
    return "groups renamed";
  }
  std::vector<model::PrincipalRef> refs() {
    std::vector<model::PrincipalRef> refs;
    if (below(2) == 0) refs.push_back(named("HOST0" + std::to_string(1 + below(6))));
    if (!desired_.host_groups.empty() && below(2) == 0)
      refs.push_back(group_ref(desired_.host_groups[below(desired_.host_groups.size())].name));
    if (below(3) == 0) refs.push_back(named("CONTOSO\\HOST0" + std::to_string(1 + below(6))));
    return refs;
  }
  std::string declare() {
    const std::string name = "A" + std::to_string(below(8));
    if (std::none_of(desired_.accounts.begin(), desired_.accounts.end(),
                     [&](const auto& each) { return each.name == name; }))
      desired_.accounts.push_back(account(name, refs()));
    return "declared";
  }
  std::string declare_no_longer() {
    if (!desired_.accounts.empty() && below(2) == 0) {
      desired_.accounts.erase(desired_.accounts.begin());
    } else if (desired_.host_groups.size() > 3) {
      // A reference to a group that is not declared is an error in the manifests.
      const auto gone = group_ref(desired_.host_groups.front().name);
      desired_.host_groups.erase(desired_.host_groups.begin());
      for (auto& one : desired_.accounts) std::erase(one.spec.principals, gone);
      for (auto& one : desired_.host_groups) std::erase(*one.spec.members, gone);
    }
    return "declared no longer";
  }
  std::string change_declaration() {
    if (!desired_.accounts.empty()) {
      auto& spec = desired_.accounts[below(desired_.accounts.size())].spec;
      switch (below(3)) {
        case 0:
          spec.service_principal_names.push_back({"http/" + word(), {}});
          break;
        case 1:
          spec.principals = refs();
          break;
        default:
          spec.description = word();
      }
    }
    return "declaration changed";
  }

  FakeWorld& world_;
  Desired& desired_;
  std::mt19937 random_;
};

class Whatever : public CheckTest, public testing::WithParamInterface<uint32_t> {};

TEST_P(Whatever, happens_a_part_tells_what_everything_tells) {
  for (int i = 1; i <= 6; ++i) world_.add_computer("HOST0" + std::to_string(i));
  desired_ = fakes::desired({}, {});
  for (int i = 0; i < 6; ++i)
    desired_.host_groups.push_back(group("G" + std::to_string(i), {named("HOST0" + std::to_string(i + 1))}));
  desired_.host_groups[5].spec.members->push_back(group_ref("G4"));
  for (int i = 0; i < 6; ++i)
    desired_.accounts.push_back(account("A" + std::to_string(i), {group_ref("G" + std::to_string(i))}));
  bring_about();
  start();
  look();
  Mischief mischief(world_, desired_, GetParam());
  std::vector<std::string> history;
  size_t parts = 0;
  for (int round = 0; round < 40; ++round) {
    history.push_back(mischief.next());
    if (round % 3 == 1) history.push_back(mischief.next());
    if (round % 10 == 9) put_right();
    const auto part = look();
    if (!part.read_all) ++parts;
    ASSERT_EQ(findings(part.plan), everything()) << testing::PrintToString(history);
    // As through a file.
    auto memory = Memory::parse(check_->memory()->text());
    ASSERT_TRUE(memory);
    check_.emplace(observer_, feed_, desired_, options_, std::move(*memory));
  }
  EXPECT_EQ(parts, 40u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Whatever, testing::Range(1u, 41u));

}  // namespace
}  // namespace gmsactl::drift
