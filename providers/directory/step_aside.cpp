#include <algorithm>

#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using ldap::ModifyOperation;
using model::SetAside;

namespace {

/// What fails although everything is still as planned meets a writer that came and went; it is tried again.
constexpr int attempts = 4;

std::vector<std::string> still_held(const ldap::Entry& entry, const std::vector<std::string>& spns) {
  std::vector<std::string> held;
  if (const auto* values = entry.find(attribute::service_principal_name))
    for (const auto& value : values->values)
      if (std::any_of(spns.begin(), spns.end(), [&](const auto& spn) { return equal_folded(spn, value); }))
        held.emplace_back(value);
  return held;
}

}  // namespace

bool Writer::step_aside(const SetAside& step, Steps& steps) {
  const bool done = (step.members.empty() || add_members_early(step, steps)) &&
                    (step.service_principal_names.empty() || give_up_spns(step, steps)) &&
                    (step.sam_account_name.empty() || take_temporary_name(step, steps)) &&
                    (step.dn.empty() || move_object(step.guid, step.dn, step.temporary_dn, steps));
  auto& error = steps.result.error;
  if (!done && error)
    error = std::move(*error).with_context(
        model::address(step.id) +
        (step.members.empty() ? ", which has to step aside first" : ", which has to get its members first"));
  return done;
}

bool Writer::give_up_spns(const SetAside& step, Steps& steps) {
  const std::string object = guid_dn(step.guid);
  const auto still = [&]() -> Result<std::vector<std::string>> {
    return still_held(GMSACTL_TRY(ldap::read(transport_, object, {attribute::service_principal_name})),
                      step.service_principal_names);
  };
  for (int attempt = 1;; ++attempt) {
    const auto held = still();
    if (!held) return steps.fail_with(held.error());
    if (held->empty()) return true;
    auto fate = transport_.carry_out(
        [&] {
          return transport_.modify(object,
                                   {{ModifyOperation::remove, attribute::service_principal_name, *held}});
        },
        [&]() -> Result<bool> { return GMSACTL_TRY(still()).empty(); });
    if (fate) {
      steps.wrote("removed " + join(*held, ", ") + " from " + model::address(step.id));
      note_freed(*held);
      return true;
    }
    const bool again = fate.kind == Fate::refused && fate.error->kind == ErrorKind::conflict;
    if (!again || attempt == attempts) return steps.fail_with(std::move(fate), "whether it gave up its SPNs");
  }
}

bool Writer::take_temporary_name(const SetAside& step, Steps& steps) {
  const std::string object = guid_dn(step.guid);
  const auto name_now = [&]() -> Result<std::string> {
    const auto entry = GMSACTL_TRY(ldap::read(transport_, object, {attribute::sam_account_name}));
    return std::string(entry.first(attribute::sam_account_name).value_or(""));
  };
  auto fate = transport_.carry_out(
      [&] {
        return transport_.modify(
            object, {{ModifyOperation::remove, attribute::sam_account_name, {step.sam_account_name}},
                     {ModifyOperation::add, attribute::sam_account_name, {step.temporary_name}}});
      },
      [&]() -> Result<bool> { return equal_folded(GMSACTL_TRY(name_now()), step.temporary_name); });
  if (!fate) {
    // A run that ended here has done it already.
    const auto now = fate.kind == Fate::refused ? name_now() : Result<std::string>(step.sam_account_name);
    if (now && !equal_folded(*now, step.temporary_name) && !equal_folded(*now, step.sam_account_name))
      return steps.conflict("its sAMAccountName was " + printable(step.sam_account_name) +
                                " when planned and is " + printable(*now) + " now",
                            "Plan again.");
    if (!now || !equal_folded(*now, step.temporary_name))
      return steps.fail_with(std::move(fate), "whether it was renamed");
  }
  steps.wrote("renamed " + model::address(step.id) + " to " + step.temporary_name + " for the time being");
  return true;
}

}  // namespace gmsactl::directory
