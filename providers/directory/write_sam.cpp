// Changes of what a domain controller's account database keeps: sAMAccountName, userAccountControl,
// groupType. Whether Windows compares the old value of these when it is deleted and another one is added in
// one request is documented nowhere; a controller that does not would overwrite what somebody else has just
// set. The marker, an ordinary attribute, is swapped in the same request and keeps runs of gmsactl apart. For
// everybody else the values are read just before and just after, with how often each has been written.
#include "engine/base/text.h"
#include "engine/model/account.h"
#include "providers/directory/decode.h"
#include "providers/directory/last_writes.h"
#include "providers/directory/modifications.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using ldap::Modification;
using ldap::ModifyOperation;

namespace {

/// The bits that gmsactl sets; the server has its own reasons for the others.
constexpr uint32_t managed_bits =
    model::user_account_control::disabled | model::user_account_control::trusted_for_delegation |
    model::user_account_control::not_delegated | model::user_account_control::trusted_to_auth_for_delegation;

bool same_value(const std::string& name, const std::string& a, const std::string& b) {
  if (!equal_folded(name, attribute::user_account_control)) return equal_folded(a, b);
  const auto bits = [](const std::string& text) {
    ldap::Entry entry{{}, {{attribute::user_account_control, {text}}}};
    return static_cast<uint32_t>(number(entry, attribute::user_account_control).value_or(0)) & managed_bits;
  };
  return bits(a) == bits(b);
}

/// Values of these attributes that the request takes for granted (`remove`) or leaves behind (`add`) and that
/// are others; empty where all are so.
std::string differences(const std::vector<Modification>& modifications, ModifyOperation operation,
                        const ldap::Entry& entry) {
  std::string text;
  for (const auto& one : modifications) {
    if (one.operation != operation || one.values.empty() || !is_sam_owned(one.attribute)) continue;
    const std::string is(entry.first(one.attribute).value_or(""));
    if (same_value(one.attribute, is, one.values.front())) continue;
    text += "; " + one.attribute + " is " + printable(is) + " now, not " + printable(one.values.front());
  }
  return text;
}

/// Attributes of which the server counts more writes than of the marker, which was swapped in the same
/// request. `samba`: that counts two for one swap of userAccountControl, so there only its values tell.
std::string written_more_often(const std::vector<Modification>& modifications, const std::string& marker,
                               const ldap::Entry& before, const ldap::Entry& after, bool samba) {
  const auto old_stamps = stamps_of(before);
  const auto new_stamps = stamps_of(after);
  const auto writes = [&](const std::string& name) -> int64_t {
    const auto now = new_stamps.find(name);
    const auto then = old_stamps.find(name);
    if (now == new_stamps.end()) return -1;
    return int64_t{now->second.version} - (then == old_stamps.end() ? 0 : int64_t{then->second.version});
  };
  const int64_t ours = writes(marker);
  std::string text;
  if (ours <= 0) return text;  // the server keeps no count of it
  for (const auto& one : modifications)
    if (one.operation == ModifyOperation::add && is_sam_owned(one.attribute) &&
        !(samba && equal_folded(one.attribute, attribute::user_account_control)) &&
        writes(one.attribute) > ours)
      text += "; " + one.attribute +
              " was written by somebody else at the same moment, and what they wrote may be lost";
  return text;
}

}  // namespace

Fate Writer::swap_sam_owned(const std::string& object, const std::vector<Modification>& modifications,
                            const std::string& receipt) {
  auto attributes = metadata_attributes();
  for (const char* name :
       {attribute::sam_account_name, attribute::user_account_control, attribute::group_type})
    attributes.emplace_back(name);
  attributes.push_back(marker_);
  const auto look = [&] { return ldap::read(transport_, object, attributes); };
  auto before = look();
  if (!before) return {Fate::refused, std::move(before).error()};
  if (auto other = differences(modifications, ModifyOperation::remove, *before); !other.empty())
    return {Fate::refused, Error{ErrorKind::conflict, "somebody else changed it after it was planned" + other,
                                 "Plan again and review the difference.", std::nullopt}};
  auto fate = transport_.carry_out([&] { return transport_.modify(object, modifications); },
                                   [&]() -> Result<bool> {
                                     const auto now = look();
                                     if (!now && now.error().kind == ErrorKind::not_found) return false;
                                     if (!now) return fail(now.error());
                                     return now->first(marker_).value_or("") == receipt;
                                   });
  if (!fate) return fate;
  const auto after = look();
  if (!after) return fate;  // the run's own second plan will look again
  std::string other = differences(modifications, ModifyOperation::add, *after);
  if (other.empty())
    other = written_more_often(modifications, marker_, *before, *after,
                               root_dse_.first("vendorName").value_or("").starts_with("Samba"));
  if (!other.empty())
    fate.error = Error{ErrorKind::conflict, "somebody else changed it while it was written" + other,
                       "See what should stand there, then plan again.", std::nullopt};
  return fate;
}

}  // namespace gmsactl::directory
