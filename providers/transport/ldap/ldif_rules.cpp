#include "providers/transport/ldap/ldif_rules.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <set>

#include "engine/base/text.h"
#include "engine/model/spn.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap::ldif {

namespace {

constexpr uint32_t workstation_trust = 0x1000;  // userAccountControl, [MS-ADTS] 2.2.16
constexpr uint32_t server_trust = 0x2000;
constexpr uint32_t group_global = 2;  // groupType, [MS-ADTS] 2.2.12
constexpr uint32_t group_domain_local = 4;
constexpr uint32_t group_universal = 8;
constexpr uint32_t group_scopes = group_global | group_domain_local | group_universal;
constexpr uint32_t group_security = 0x80000000;

/// As 32 bits, whichever sign it is written with; 0 where it is not a number.
uint32_t bits(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return static_cast<uint32_t>(number);
}

std::string_view first(const Values* values, AttributeId id) {
  return values == nullptr ? std::string_view{} : first_of(*values, id).value_or("");
}

tl::unexpected<Error> refuse(int code, const std::string& why) { return fail(ldap_error(code, why)); }

bool changes(const Judgement& j, AttributeId id) { return first(j.before, id) != first(&j.after, id); }

void put(const Judgement& j, AttributeId id, std::string_view text) {
  const auto kept = j.directory.arena().keep(text);
  set_values_of(j.after, id, {{kept}});
}

std::string_view without_dollar(std::string_view name) {
  if (name.ends_with('$')) name.remove_suffix(1);
  return name;
}

/// The first other object that has the value.
std::optional<ObjectId> other_holder(const Judgement& j, AttributeId id, std::string_view value) {
  for (const ObjectId holder : j.directory.with_value(id, j.directory.normalised(id, value)))
    if (holder != j.self) return holder;
  return std::nullopt;
}

Result<void> judge_account_name(const Judgement& j) {
  if (!first_of(j.after, attribute::sam_account_name)) {
    // The server makes one up; its form is Samba's and Windows', its digits only have to be unused.
    const std::string number = std::to_string(100000000 + j.self);
    put(j, attribute::sam_account_name, "$" + number.substr(0, 6) + "-" + number.substr(6));
  }
  const auto name = first(&j.after, attribute::sam_account_name);
  if (!changes(j, attribute::sam_account_name)) return {};
  if (name.empty() || name.size() > 256)
    return refuse(21, "0000200B: sAMAccountName has 1 to 256 characters");
  const uint32_t control = bits(first(&j.after, attribute::user_account_control));
  if (j.before != nullptr || name.front() != '$')
    if ((control & workstation_trust) != 0 && derives_from(*j.type, "computer") && !name.ends_with('$'))
      return refuse(53, "00002077: sAMAccountName of a computer ends with '$'");
  if (const auto holder = other_holder(j, attribute::sam_account_name, name))
    return refuse(68, "00000524: sAMAccountName '" + printable(name) + "' belongs to " +
                          printable(j.directory[*holder].dn));
  return {};
}

Result<void> judge_user(const Judgement& j) {
  const bool gmsa = derives_from(*j.type, "msDS-GroupManagedServiceAccount");
  // Without a value the server makes the account disabled and without a password, 0x1022 (measured on
  // Samba 4.22).
  if (!first_of(j.after, attribute::user_account_control))
    put(j, attribute::user_account_control, derives_from(*j.type, "computer") ? "4130" : "546");
  if (!changes(j, attribute::user_account_control)) return {};
  const auto control = first(&j.after, attribute::user_account_control);
  if (gmsa && (bits(control) & workstation_trust) == 0)
    return refuse(65,
                  "00002014: a group Managed Service Account has WORKSTATION_TRUST_ACCOUNT (4096) in "
                  "userAccountControl, not " +
                      printable(control));
  put(j, attribute::sam_account_type, account_type_of_user(control));
  if (j.before == nullptr || ((bits(control) ^ bits(first(j.before, attribute::user_account_control))) &
                              (workstation_trust | server_trust)) != 0)
    put(j, attribute::primary_group_id, primary_group_of(control));
  return {};
}

Result<void> judge_group(const Judgement& j) {
  if (!first_of(j.after, attribute::group_type)) put(j, attribute::group_type, "-2147483646");
  if (!changes(j, attribute::group_type)) return {};
  const auto text = first(&j.after, attribute::group_type);
  const uint32_t scope = bits(text) & group_scopes;
  if (scope != group_global && scope != group_domain_local && scope != group_universal)
    return refuse(53, "00002141: groupType " + printable(text) + " has not exactly one scope");
  const uint32_t old = bits(first(j.before, attribute::group_type)) & group_scopes;
  if ((old == group_global && scope == group_domain_local) ||
      (old == group_domain_local && scope == group_global))
    return refuse(53, "00002141: a group goes from Global to DomainLocal or back by way of Universal only");
  put(j, attribute::sam_account_type, account_type_of_group(text));
  return {};
}

/// GROUP_TYPE_BUILTIN_LOCAL_GROUP.
constexpr uint32_t group_builtin = 1;

/// What decides whether one object may be a member of another.
struct Nested {
  model::Sid domain;
  uint32_t type = 0;  ///< 0: no group
};

Nested nested(const Directory& directory, const Values& values) {
  Nested one{directory.domain_sid(), bits(first(&values, attribute::group_type))};
  if (const auto sid = model::Sid::decode(first(&values, attribute::object_sid))) one.domain = sid->domain();
  return one;
}

/// [MS-SAMR] 3.1.1.8.9, with the codes of [MS-ERREF] 2.2. Samba checks none of it.
Result<void> judge_nesting(const Nested& group, const Nested& member, std::string_view shown) {
  const auto refuse_member = [&](const char* code, const char* why) {
    return refuse(53, std::string(code) + ": " + printable(shown) + " " + why);
  };
  const bool elsewhere = !(member.domain == group.domain);
  const bool local = (member.type & (group_domain_local | group_builtin)) != 0;
  if ((group.type & group_global) != 0) {
    if (local) return refuse_member("00002144", "is a local group, which a Global one can't contain");
    if ((member.type & group_universal) != 0)
      return refuse_member("00002145", "is a Universal group, which a Global one can't contain");
    if (elsewhere) return refuse_member("00002147", "is of another domain than the Global group");
  } else if ((group.type & group_universal) != 0) {
    if (local) return refuse_member("00002146", "is a local group, which a Universal one can't contain");
  } else if (local && (elsewhere || (member.type & group_builtin) != 0)) {
    return refuse_member("00002148", "is a local group of another domain");
  }
  return {};
}

Result<void> judge_members(const Judgement& j) {
  const Nested group = nested(j.directory, j.after);
  const bool other_scope = changes(j, attribute::group_type);
  std::set<std::string_view> before;
  if (j.before != nullptr && !other_scope)
    for (const Value& value : values_of(*j.before, attribute::member)) before.insert(value.text);
  for (const Value& value : values_of(j.after, attribute::member)) {
    if (before.contains(value.text)) continue;
    if (const auto member = j.directory.find(value.text))
      GMSACTL_TRY(judge_nesting(group, nested(j.directory, j.directory[*member].values), value.text));
  }
  if (j.before == nullptr || !other_scope) return {};
  const std::string key(j.directory[j.self].key);
  for (const ObjectId container : j.directory.with_value(attribute::member, key))
    GMSACTL_TRY(
        judge_nesting(nested(j.directory, j.directory[container].values), group, j.directory[j.self].dn));
  return {};
}

bool usable_root_key_exists(Directory& directory) {
  const auto keys = directory.having(attribute::kds_use_start_time);
  return std::any_of(keys.begin(), keys.end(), [&](ObjectId id) {
    int64_t start = 0;
    const auto text = first_of(directory[id].values, attribute::kds_use_start_time).value_or("");
    std::from_chars(text.data(), text.data() + text.size(), start);
    return start <= filetime_now();
  });
}

Result<void> judge_gmsa(const Judgement& j) {
  const AttributeId interval = attribute::managed_password_interval;
  if (!first_of(j.after, interval))
    return refuse(65, "00002014: msDS-ManagedPasswordInterval is missing, and the class wants it");
  if (j.before != nullptr) {
    if (changes(j, interval))
      return refuse(19, "000020B1: msDS-ManagedPasswordInterval can only be set when the account is created");
    return {};
  }
  if (!usable_root_key_exists(j.directory))
    return refuse(32, "8009000D: there is no KDS root key that is already in use");
  return {};
}

/// What changes of the account's own names do to its SPNs, even to those written in the same request.
void rewrite_spns(const Judgement& j) {
  if (j.before == nullptr) return;
  std::vector<std::pair<std::string, std::string>> renames;
  for (const AttributeId id : {attribute::dns_host_name, attribute::sam_account_name}) {
    const auto from = without_dollar(first(j.before, id));
    const auto to = without_dollar(first(&j.after, id));
    if (!from.empty() && !to.empty() && !equal_folded(from, to)) renames.emplace_back(from, to);
  }
  if (renames.empty()) return;
  std::vector<std::string_view> texts;
  std::set<std::string, LessFolded> seen;
  for (const Value& value : values_of(j.after, attribute::service_principal_name)) {
    std::string spn(value.text);
    for (const auto& [from, to] : renames) spn = model::rewritten_spn(spn, from, to);
    if (!seen.insert(spn).second) continue;
    texts.push_back(spn == value.text ? value.text : j.directory.arena().keep(spn));
  }
  if (!texts.empty()) set_values_of(j.after, attribute::service_principal_name, texts);
}

Result<void> judge_spns(const Judgement& j) {
  std::set<std::string, LessFolded> seen;
  for (const Value& value : values_of(j.after, attribute::service_principal_name)) {
    const auto parts = split(value.text, '/');
    if (parts.size() < 2 || parts.size() > 3 || parts[0].empty())
      return refuse(19, "00002082: '" + printable(value.text) + "' is not a servicePrincipalName");
    // Samba stores host/a beside HOST/A; Windows holds them for one value, and so do we.
    if (!seen.insert(std::string(value.text)).second)
      return refuse(20, "00002083: servicePrincipalName '" + printable(value.text) + "' is there twice");
    if (const auto holder = other_holder(j, attribute::service_principal_name, value.text))
      return refuse(19, "000021C7: servicePrincipalName '" + printable(value.text) + "' belongs to " +
                            printable(j.directory[*holder].dn));
  }
  return {};
}

}  // namespace

std::string account_type_of_group(std::string_view group_type) {
  const uint32_t type = bits(group_type);
  const uint32_t local = (type & group_domain_local) != 0 ? 0x10000000 : 0;  // SAM_ALIAS_OBJECT
  const uint32_t plain = (type & group_security) != 0 ? 0 : 1;               // SAM_NON_SECURITY_…
  return std::to_string(0x10000000 + local + plain);
}

std::string account_type_of_user(std::string_view user_account_control) {
  const bool machine = (bits(user_account_control) & (workstation_trust | server_trust)) != 0;
  return std::to_string(machine ? 0x30000001 : 0x30000000);
}

std::string primary_group_of(std::string_view user_account_control) {
  const uint32_t control = bits(user_account_control);
  return (control & server_trust) != 0 ? "516" : (control & workstation_trust) != 0 ? "515" : "513";
}

std::string generalized_time_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  const size_t size = std::strftime(text, sizeof text, "%Y%m%d%H%M%S.0Z", &parts);
  return {text, size};
}

int64_t filetime_now() {
  constexpr int64_t from_1601_to_1970 = 11644473600;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::duration<int64_t, std::ratio<1, 10000000>>>(since_1970)
             .count() +
         from_1601_to_1970 * 10000000;
}

Result<void> judge(const Judgement& judgement) {
  if (judgement.type == nullptr || !judgement.type->principal) return {};
  const bool group = judgement.type->name == "group";
  if (judgement.type->name == "msDS-GroupManagedServiceAccount") GMSACTL_TRY(judge_gmsa(judgement));
  GMSACTL_TRY(group ? judge_group(judgement) : judge_user(judgement));
  GMSACTL_TRY(judge_account_name(judgement));
  if (group) GMSACTL_TRY(judge_members(judgement));
  rewrite_spns(judgement);
  return judge_spns(judgement);
}

}  // namespace gmsactl::ldap::ldif
