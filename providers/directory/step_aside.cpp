#include <algorithm>

#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using ldap::ModifyOperation;
using model::Outcome;
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
  const bool done = (step.service_principal_names.empty() || give_up_spns(step, steps)) &&
                    (step.sam_account_name.empty() || take_temporary_name(step, steps)) &&
                    (step.dn.empty() || move_object(step.guid, step.dn, step.temporary_dn, steps));
  auto& error = steps.result.error;
  if (!done && error)
    error = std::move(*error).with_context(model::address(step.id) + ", which has to step aside first");
  return done;
}

bool Writer::give_up_spns(const SetAside& step, Steps& steps) {
  const std::string object = guid_dn(step.guid);
  for (int attempt = 1;; ++attempt) {
    const auto now = ldap::read(transport_, object, {attribute::service_principal_name});
    if (!now) return steps.fail_with(now.error());
    const auto held = still_held(*now, step.service_principal_names);
    if (held.empty()) return true;
    auto modified =
        transport_.modify(object, {{ModifyOperation::remove, attribute::service_principal_name, held}});
    if (modified) {
      steps.wrote("removed " + join(held, ", ") + " from " + model::address(step.id));
      note_freed(held);
      return true;
    }
    const bool again = outcome_unknown(modified.error()) || modified.error().kind == ErrorKind::conflict;
    if (!again || attempt == attempts) return steps.fail_with(std::move(modified).error());
  }
}

bool Writer::take_temporary_name(const SetAside& step, Steps& steps) {
  const std::string object = guid_dn(step.guid);
  for (int attempt = 1;; ++attempt) {
    auto modified = transport_.modify(
        object, {{ModifyOperation::remove, attribute::sam_account_name, {step.sam_account_name}},
                 {ModifyOperation::add, attribute::sam_account_name, {step.temporary_name}}});
    if (modified) break;
    const auto now = ldap::read(transport_, object, {attribute::sam_account_name});
    if (!now)
      return steps.fail_with(std::move(modified).error(),
                             outcome_unknown(modified.error()) ? Outcome::unknown : Outcome::failed);
    const std::string name(now->first(attribute::sam_account_name).value_or(""));
    if (equal_folded(name, step.temporary_name)) break;
    if (!equal_folded(name, step.sam_account_name))
      return steps.fail_with({ErrorKind::conflict,
                              "its sAMAccountName was " + printable(step.sam_account_name) +
                                  " when planned and is " + printable(name) + " now",
                              "Plan again.", std::nullopt},
                             Outcome::conflict);
    if (!outcome_unknown(modified.error()) || attempt == attempts)
      return steps.fail_with(std::move(modified).error());
  }
  steps.wrote("renamed " + model::address(step.id) + " to " + step.temporary_name + " for the time being");
  return true;
}

}  // namespace gmsactl::directory
