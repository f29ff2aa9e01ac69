// What an environment's policy says of a plan: how much it takes away, and the built-in rules.
#include <algorithm>
#include <array>
#include <set>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/access.h"
#include "engine/plan/ownership.h"
#include "engine/plan/readers.h"
#include "engine/spec/validate.h"

namespace gmsactl::plan {

using model::Action;
using model::Declaration;
using model::Gmsa;
using model::Kind;
using model::ResourceId;
using model::Rule;
using model::RuleSeverity;
using model::Sid;

namespace {

bool is_ours(const Context& context, const std::optional<std::string>& marker) {
  const auto& environment = context.desired.environment;
  return model::read_ownership(marker, environment.owner, environment.name).ownership ==
         model::Ownership::ours;
}

/// Accounts and groups of this environment that are there and ours.
size_t managed_objects(const Context& context) {
  size_t count = context.seen.leftovers ? context.seen.leftovers->size() : 0;
  const auto add = [&](const auto& observations) {
    for (const auto& [name, observation] : observations) {
      using Live = std::variant_alternative_t<1, std::decay_t<decltype(observation)>>;
      const auto* live = std::get_if<Live>(&observation);
      if (live != nullptr && is_ours(context, live->marker)) ++count;
    }
  };
  add(context.seen.accounts);
  add(context.seen.host_groups);
  return count;
}

void check_deletions(Context& context) {
  const auto& policy = context.desired.environment.policy;
  const auto removed = static_cast<size_t>(std::count_if(
      context.plan.changes.begin(), context.plan.changes.end(), [](const model::Change& change) {
        return change.action == Action::remove && change.id.kind != Kind::credential_spec;
      }));
  const auto replaced = context.plan.count(Action::replace);
  const size_t deletes = removed + replaced;
  const auto& allowed = context.options.allow_deletes;
  if (deletes == 0 || (allowed && deletes <= *allowed)) return;
  const size_t managed = managed_objects(context);
  const bool too_many = deletes > policy.max_deletes;
  // A single replacement is named by its address, --allow-replace GMSA/NAME: it may be half of a small
  // estate.
  const bool too_large_a_part =
      deletes * 100 > managed * policy.max_delete_percent && (removed > 0 || replaced > 1);
  if (!allowed && !too_many && !too_large_a_part) return;
  std::string limits = "policy.maxDeletes is " + std::to_string(policy.max_deletes) +
                       " and policy.maxDeletePercent " + std::to_string(policy.max_delete_percent);
  if (allowed) limits = "--allow-deletes is " + std::to_string(*allowed);
  context.report(
      Severity::error, "GMSA0308", "Too many deletions",
      "This plan deletes " + std::to_string(deletes) +
          (replaced == 0 ? "" : ", " + std::to_string(replaced) + " of them to be replaced,") + " of " +
          std::to_string(managed) + " managed objects (" +
          std::to_string(managed == 0 ? 100 : deletes * 100 / managed) + " %); " + limits + ".",
      "If that is what is meant, pass --allow-deletes " + std::to_string(deletes) +
          " for this run, or raise policy.maxDeletes and policy.maxDeletePercent in the Environment.",
      context.desired.environment.position("policy"));
}

/// Where nothing but members that somebody else added would go, nothing is lost. A single one may always go:
/// it may be half of a small group.
void check_removed_members(Context& context, const model::Change& change) {
  const auto* group = std::get_if<model::GroupChange>(&change.detail);
  if (group == nullptr || !group->live || group->remove.size() < 2) return;
  const auto* field = field_of(change, "members");
  if (field == nullptr || field->cause == model::cause::drift) return;
  const auto& policy = context.desired.environment.policy;
  // Whose object is gone uses the group no more.
  const auto removed = static_cast<size_t>(
      std::count_if(group->remove.begin(), group->remove.end(), [&](const std::string& dn) {
        return context.whereabouts_of_member(dn) != Context::Whereabouts::gone;
      }));
  if (removed < 2) return;
  const size_t members = group->live->members.size();
  const auto& allowed = context.options.allow_deletes;
  if (allowed ? removed <= *allowed : removed * 100 <= members * policy.max_members_removed_percent) return;
  context.report(Severity::error, "GMSA0309", "Too many members removed",
                 model::address(change.id) + " would lose " + std::to_string(removed) + " of " +
                     plural(members, "member") + " (" + std::to_string(removed * 100 / members) +
                     " %); policy.maxMembersRemovedPercent is " +
                     std::to_string(policy.max_members_removed_percent) + ".",
                 "If that is what is meant, pass --allow-deletes " + std::to_string(removed) +
                     " for this run, or raise policy.maxMembersRemovedPercent in the Environment.",
                 change.declared_at, change.id);
}

size_t elements(const model::FieldValue& value) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  return list == nullptr ? 0 : list->size();
}

/// Those of the removed readers that read on through no group as this plan leaves it, as they are shown.
std::vector<std::string> readers_lost(const Context& context, const model::Change& change, Access& access) {
  const auto account = access.account_after(change);
  const auto after = access.reached(account.readers, Access::Side::planned);
  std::set<std::string> gone;
  for (const auto& edge : account.readers)
    if (edge.live && !after.contains(edge.to)) gone.insert(access.identity(edge.to));
  std::vector<std::string> lost;
  const auto& live = *std::get<model::GmsaChange>(change.detail).live;
  if (const auto descriptor = model::SecurityDescriptor::decode(live.group_msa_membership.value_or("")))
    for (const auto& sid : descriptor->possible_readers())
      if (gone.contains(context.identity(sid)) && context.whereabouts(sid) != Context::Whereabouts::gone)
        lost.push_back(context.display(sid));
  return lost;
}

/// Where nothing but readers that somebody else added would go, nothing is lost; a single one may always go.
void check_removed_readers(Context& context, const model::Change& change, std::optional<Access>& access) {
  const auto* account = std::get_if<model::GmsaChange>(&change.detail);
  const auto* field = account != nullptr && account->live ? field_of(change, readers_field) : nullptr;
  if (field == nullptr || field->cause == model::cause::drift || field->removed.size() < 2) return;
  if (!access) access.emplace(context);
  const auto lost = readers_lost(context, change, *access);
  const size_t readers = elements(field->before);
  const uint32_t most = context.desired.environment.policy.max_readers_removed_percent;
  if (lost.size() < 2 || lost.size() * 100 <= readers * most) return;
  constexpr size_t shown = 10;
  context.report(Severity::error, "GMSA0327", "Too many readers removed",
                 std::to_string(lost.size()) + " of " + plural(readers, "principal") +
                     " could no longer retrieve the managed password of " + model::address(change.id) + " (" +
                     std::to_string(lost.size() * 100 / readers) + " %): " + some_of(lost, shown) +
                     "; policy.maxReadersRemovedPercent is " + std::to_string(most) + ".",
                 "If that is intended, raise policy.maxReadersRemovedPercent in the Environment.",
                 change.declared_at, change.id);
}

/// What a list loses without anybody having declared it, except what another change of the plan takes over
/// and what the server itself rewrites.
class UndeclaredLosses {
 public:
  explicit UndeclaredLosses(const Context& context) : context_(context) {
    if (context.undeclared_losses.empty()) return;
    for (const auto& change : context.plan.changes)
      if (const auto* spns = field_of(change, spn_field))
        for (const auto& spn : spns->added) taken_.insert(spn);
  }

  std::vector<std::string> of(const model::Change& change, const model::FieldChange& field) const {
    if (!context_.undeclared_losses.contains({change.id, field.path})) return {};
    // What a replaced account leaves and enters again is no loss.
    std::vector<std::string> lost = minus_folded(field.removed, field.added);
    const auto* account = std::get_if<model::GmsaChange>(&change.detail);
    if (account != nullptr && field.path == spn_field)
      std::erase_if(lost, [&](const std::string& spn) {
        return taken_.contains(spn) ||
               (account->live && model::spn_after_renaming(spn, *account->live, account->desired) != spn);
      });
    return lost;
  }

 private:
  const Context& context_;
  std::set<std::string, LessFolded> taken_;
};

/// Whoever depends on these values has not heard of the manifests yet.
void report_undeclared_losses(Context& context, const model::Change& change, const UndeclaredLosses& all) {
  std::string losses;
  for (const auto& field : change.fields)
    if (const auto lost = all.of(change, field); !lost.empty())
      losses += (losses.empty() ? "" : "; ") + std::string(field.path) + ": " + join(lost, ", ");
  if (losses.empty()) return;
  context.report(
      Severity::warning, "GMSA0276", "Live values that nobody declared are removed",
      "Making " + model::address(change.id) + " as declared removes " + losses +
          ". They were there before its manifest managed the whole list.",
      "Declare what should stay, or keep what others add: servicePrincipalNamesMode: additive of an "
      "account, membership: additive of a group.",
      change.declared_at, change.id);
}

void check_removed_spns(Context& context, const model::Change& change, const UndeclaredLosses& all) {
  const auto* field = field_of(change, spn_field);
  if (field == nullptr) return;
  const auto lost = all.of(change, *field);
  const size_t live = elements(field->before);
  const uint32_t most = context.desired.environment.policy.max_spns_removed_percent;
  if (lost.size() < 2 || lost.size() * 100 <= live * most) return;
  context.report(
      Severity::error, "GMSA0328", "Too many undeclared SPNs removed",
      model::address(change.id) + " would lose " + std::to_string(lost.size()) + " of " +
          plural(live, "SPN") + " that were there before its manifest managed the whole list: " +
          join(lost, ", ") + "; policy.maxSpnsRemovedPercent is " + std::to_string(most) + ".",
      "Declare them in servicePrincipalNames, set servicePrincipalNamesMode: additive to keep what "
      "others registered, or raise policy.maxSpnsRemovedPercent in the Environment.",
      change.declared_at, change.id);
}

class Rules {
 public:
  Rules(Context& context, const Declaration<Gmsa>& declaration)
      : context_(context), declaration_(declaration), id_{Kind::gmsa, declaration.name} {}

  void find(Rule rule, std::string_view code, std::string summary, std::string detail, std::string hint,
            std::string_view field) {
    const auto severity = context_.desired.environment.policy.severity(rule);
    if (severity == RuleSeverity::off) return;
    context_.report(severity == RuleSeverity::error ? Severity::error : Severity::warning, code,
                    std::move(summary),
                    std::move(detail) + " (policy.rules." + std::string(model::name(rule)) + ")",
                    std::move(hint), declaration_.position(field), id_);
  }
  std::string address() const { return model::address(id_); }

 private:
  Context& context_;
  const Declaration<Gmsa>& declaration_;
  ResourceId id_;
};

struct WellKnown {
  std::string_view sid;  ///< whole, or a RID of the domain where it begins with "-"
  std::string_view name;
  Rule rule;
};
// [MS-DTYP] 2.4.2.4.
constexpr std::array<WellKnown, 18> well_known{{
    {"S-1-1-0", "Everyone", Rule::broad_principal},
    {"S-1-5-7", "Anonymous", Rule::broad_principal},
    {"S-1-5-11", "Authenticated Users", Rule::broad_principal},
    {"S-1-5-32-545", "Users", Rule::broad_principal},
    {"S-1-5-32-546", "Guests", Rule::broad_principal},
    {"-513", "Domain Users", Rule::broad_principal},
    {"-514", "Domain Guests", Rule::broad_principal},
    {"-515", "Domain Computers", Rule::broad_principal},
    {"S-1-5-32-544", "Administrators", Rule::privileged_principal},
    {"S-1-5-32-548", "Account Operators", Rule::privileged_principal},
    {"S-1-5-32-549", "Server Operators", Rule::privileged_principal},
    {"S-1-5-32-551", "Backup Operators", Rule::privileged_principal},
    {"-500", "Administrator", Rule::privileged_principal},
    {"-512", "Domain Admins", Rule::privileged_principal},
    {"-516", "Domain Controllers", Rule::privileged_principal},
    {"-518", "Schema Admins", Rule::privileged_principal},
    {"-519", "Enterprise Admins", Rule::privileged_principal},
    {"-520", "Group Policy Creator Owners", Rule::privileged_principal},
}};

const WellKnown* well_known_of(const Sid& sid, const Sid& domain) {
  const std::string text = sid.text();
  for (const auto& each : well_known)
    if (text == (each.sid.starts_with('-') ? domain.text() + std::string(each.sid) : std::string(each.sid)))
      return &each;
  return nullptr;
}

}  // namespace

void check_thresholds(Context& context) {
  check_deletions(context);
  std::optional<Access> access;
  const UndeclaredLosses undeclared(context);
  for (const auto& change : context.plan.changes) {
    report_undeclared_losses(context, change, undeclared);
    check_removed_members(context, change);
    check_removed_readers(context, change, access);
    check_removed_spns(context, change, undeclared);
  }
}

void check_rules(Context& context, const Declaration<Gmsa>& declaration,
                 const std::vector<model::PlannedPrincipal>& readers) {
  const Gmsa& spec = declaration.spec;
  Rules rules(context, declaration);
  const uint32_t weak =
      spec.encryption_types &
      (model::encryption::des_cbc_crc | model::encryption::des_cbc_md5 | model::encryption::rc4_hmac);
  if (weak != 0)
    rules.find(Rule::weak_encryption, "GMSA0321", "Weak encryption type",
               rules.address() + " allows " + join(model::encryption_type_names(weak), " and ") +
                   ", which can be broken offline.",
               "Leave AES128 and AES256.", "kerberosEncryptionTypes");
  if (spec.trusted_for_delegation.value_or(false))
    rules.find(Rule::unconstrained_delegation, "GMSA0322", "Unconstrained delegation",
               rules.address() + " may act as whoever authenticates to it, everywhere.",
               "Name the services in allowedToDelegateTo instead.", "trustedForDelegation");
  for (const auto& reader : readers) {
    const auto* found = well_known_of(reader.sid, context.seen.directory.domain_sid);
    if (found == nullptr) continue;
    const bool broad = found->rule == Rule::broad_principal;
    rules.find(found->rule, broad ? "GMSA0323" : "GMSA0324",
               broad ? "Over-broad principal" : "Privileged principal",
               std::string(found->name) + " may retrieve the managed password of " + rules.address() +
                   (broad ? ", so nearly everything in the domain can run as it."
                          : ", so administrators' sessions can be used to run as it."),
               "Name a HostGroup that holds the hosts.", readers_field);
  }
  const auto* config = spec.credential_spec && spec.credential_spec->host_account_config
                           ? &*spec.credential_spec->host_account_config
                           : nullptr;
  if (config != nullptr && spec::looks_like_password(config->plugin_input))
    rules.find(
        Rule::secret_in_plugin_input, "GMSA0326", "A credential spec seems to hold a password",
        "pluginInput of " + rules.address() + " looks like one, and whoever may read the spec may read it.",
        "Keep the password in a vault and name the secret in pluginInput.", "credentialSpec");
  const auto shared = context.options.shared_accounts.find(fold(spec.sam_account_name));
  if (shared != context.options.shared_accounts.end())
    rules.find(Rule::shared_account, "GMSA0325", "Account shared by environments",
               rules.address() + " has the samAccountName " + spec.sam_account_name + ", as in environment " +
                   shared->second + " of the same domain. Only one of them can manage it.",
               "Give each environment an account of its own.", "samAccountName");
}

}  // namespace gmsactl::plan
