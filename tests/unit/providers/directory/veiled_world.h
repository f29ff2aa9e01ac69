// A directory in a temporary LDIF file, planned as a user sees it who may not read all of it.
#pragma once

#include "providers/directory/decode.h"
#include "providers/directory/observe.h"
#include "tests/fakes/veiled_directory.h"
#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {

class VeiledSession : public directory::Session {
 public:
  VeiledSession(const model::Environment& environment, std::shared_ptr<fakes::VeiledDirectory> veiled)
      : Session(environment, {}) {
    ldap::Entry root = veiled->root_dse;
    use(std::move(veiled), std::move(root));
  }
};

inline const std::string accounts_dn = "CN=Managed Service Accounts,DC=contoso,DC=com";
inline const std::string groups_dn = "CN=Users,DC=contoso,DC=com";
inline const std::string web_dn = "CN=Web," + accounts_dn;
inline const std::string hosts_dn = "CN=Hosts," + groups_dn;

inline std::vector<std::string> all_attributes() {
  auto all = directory::account_attributes("adminDescription");
  all.emplace_back("groupType");
  all.emplace_back("member");
  return all;
}

class VeiledWorld : public LdifWorld {
 protected:
  std::shared_ptr<fakes::VeiledDirectory> veil() {
    auto file = ldap::open_ldif(path_).value();
    return std::make_shared<fakes::VeiledDirectory>(*file, "DC=contoso,DC=com", all_attributes());
  }
  Result<model::Plan> plan_of(const std::shared_ptr<fakes::VeiledDirectory>& veiled,
                              const model::Desired& wanted, const plan::Options& options = {}) {
    VeiledSession session(wanted.environment, veiled);
    const auto seen = GMSACTL_TRY(directory::observe(session, wanted, events_));
    return plan::make_plan(wanted, seen, options);
  }
  static std::vector<std::string> addresses(const std::vector<model::UnreadableResource>& all) {
    std::vector<std::string> result;
    for (const auto& one : all) result.push_back(model::address(one.id));
    return result;
  }
  static std::string key(const std::string& dn) { return model::dn_key(dn); }
};

}  // namespace gmsactl
