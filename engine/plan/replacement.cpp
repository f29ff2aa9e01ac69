#include "engine/plan/replacement.h"

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

namespace uac = model::user_account_control;

bool is_replaced(const Context& context, const model::ResourceId& id, const model::Gmsa& spec,
                 const model::LiveGmsa& live) {
  return model::has_other_interval(live, spec) && context.options.allow_replace.contains(model::address(id));
}

namespace {

void carry_bits(model::GmsaChange& detail, std::vector<std::string>& carried) {
  const model::Gmsa& spec = detail.desired;
  const auto carry = [&](std::string_view path, const std::optional<bool>& managed, uint32_t bit) {
    if (managed || (detail.live->user_account_control & bit) == 0) return;
    detail.user_account_control |= bit;
    carried.emplace_back(path);
  };
  carry("trustedForDelegation", spec.trusted_for_delegation, uac::trusted_for_delegation);
  carry("trustedToAuthForDelegation", spec.trusted_to_auth_for_delegation,
        uac::trusted_to_auth_for_delegation);
  carry("accountNotDelegated", spec.account_not_delegated, uac::not_delegated);
}

}  // namespace

void carry_over(model::GmsaChange& detail, model::Change& change) {
  const model::LiveGmsa& live = *detail.live;
  model::Gmsa& wanted = detail.desired;
  std::vector<std::string> carried;
  if (wanted.service_principal_names_mode != model::SpnMode::exact) {
    const auto others = minus_folded(live.service_principal_names, detail.service_principal_names);
    detail.service_principal_names.insert(detail.service_principal_names.end(), others.begin(), others.end());
    if (!others.empty()) carried.push_back("servicePrincipalNames " + join(others, ", "));
  }
  carry_bits(detail, carried);
  if (!wanted.allowed_to_delegate_to && !live.allowed_to_delegate_to.empty()) {
    wanted.allowed_to_delegate_to = live.allowed_to_delegate_to;
    carried.push_back("allowedToDelegateTo " + join(live.allowed_to_delegate_to, ", "));
  }
  if (!wanted.description && live.description) {
    wanted.description = live.description;
    carried.emplace_back("description");
    // A new account has room for one.
    if (!live.more_descriptions.empty())
      change.reasons.push_back("of several descriptions the first is kept; lost: " +
                               join(live.more_descriptions, ", "));
  }
  if (!wanted.display_name && live.display_name) {
    wanted.display_name = live.display_name;
    carried.emplace_back("displayName");
  }
  if (!carried.empty()) change.reasons.push_back("kept by the new account: " + join(carried, "; "));
}

}  // namespace gmsactl::plan
