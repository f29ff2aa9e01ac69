// What `gmsactl conformance` finds on controllers that do not keep what gmsactl assumes: exactly that, and
// what it means otherwise is told. Each is the lab's own behind a persona of its own.
#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "providers/transport/ldap/connect.h"
#include "tests/contract/dc/lab.h"
#include "tests/contract/ldap/conformance.h"

namespace gmsactl::contract {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Unlike : public ConformanceContract {
 protected:
  /// Through the persona of that name; `report_` says what came of it.
  void run_through(const char* name) {
    auto transport = ldap::connect(lab::variable((std::string("GMSACTL_PERSONA_URL_") + name).c_str()),
                                   lab::persona_options());
    ASSERT_TRUE(transport) << transport.error().message;
    const std::string unit = add_unit(unique("conf"));
    const auto before = state_of_everything();
    report_ = run_in(unit, **transport);
    EXPECT_THAT(dns(report_.left_behind), IsEmpty());
    EXPECT_THAT(touched_since(before), IsEmpty());
  }
  const std::vector<std::string>& evidence(const std::string& id) const { return of(report_, id).evidence; }

  Report report_;
};

TEST_F(Unlike, where_every_modification_is_permissive_each_swap_is_said_to_overwrite) {
  run_through("PERMISSIVE");
  EXPECT_THAT(with(report_, Verdict::not_tried), IsEmpty());
  // Where an attribute has one value only, adding the new one beside it is refused all the same.
  EXPECT_THAT(with(report_, Verdict::different),
              ElementsAre("forest.heuristics", "modify.atomic", "modify.notPermissive", "modify.order",
                          "swap.lock", "swap.msDS-AllowedToDelegateTo", "swap.servicePrincipalName"));
  EXPECT_THAT(evidence("swap.lock"), Contains("NOT AS ASSUMED: the live value was overwritten"));
}

TEST_F(Unlike, an_account_database_with_rules_of_its_own_is_told_from_one_that_compares) {
  run_through("OWN");
  EXPECT_THAT(with(report_, Verdict::different),
              ElementsAre("modify.descriptorBytes", "swap.group.groupType", "swap.group.sAMAccountName",
                          "swap.sAMAccountName", "swap.userAccountControl"));
  EXPECT_THAT(evidence("swap.userAccountControl"),
              Contains("NOT AS ASSUMED: the live value was overwritten"));
  // Answered in another way, and yet as assumed.
  EXPECT_THAT(evidence("name.gone"), Contains(HasSubstr("LDAP 10 referral")));
  EXPECT_THAT(evidence("spn.rewrittenByHostName"), Contains(HasSubstr(":8080 became http/")));
}

}  // namespace
}  // namespace gmsactl::contract
