#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/fields.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"
#include "engine/plan/ownership.h"
#include "engine/plan/readers.h"
#include "engine/plan/replacement.h"
#include "engine/plan/unread.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Declaration;
using model::Dn;
using model::Gmsa;
using model::GmsaChange;
using model::GmsaHook;
using model::Kind;
using model::LiveGmsa;
using model::ResourceId;

namespace {

uint32_t wanted_uac(const Gmsa& spec, uint32_t live) {
  for (const auto& row : model::gmsa_fields)
    if (const auto* flag = std::get_if<model::FlagField>(&row.access))
      if (const auto wanted = flag->wanted(spec)) live = flag->with(live, *wanted);
  return live;
}

std::vector<std::string> texts(const std::vector<model::Located>& located) {
  std::vector<std::string> result;
  result.reserve(located.size());
  for (const auto& item : located) result.push_back(item.text);
  return result;
}

/// One account's diff: the reasons stand beside the fields they explain.
class AccountDiff {
 public:
  AccountDiff(Context& context, const Declaration<Gmsa>& declaration, GmsaChange& detail, Change& change,
              Ledger& ledger)
      : context_(context),
        declaration_(declaration),
        spec_(declaration.spec),
        detail_(detail),
        change_(change),
        ledger_(ledger),
        fields_(change.fields, ledger) {}

  void create() {
    change_.action = Action::create;
    change_.reasons.push_back("no managed service account has sAMAccountName " + spec_.sam_account_name +
                              "$");
    fill_wanted();
    for (auto& field : change_.fields)
      field.before = std::monostate{};  // it had no value, which is not an empty list
    context_.require_container(detail_.dn.parent(), declaration_.position("path"), change_);
  }

  void update(const LiveGmsa& live) {
    compare_place(live);
    const size_t placed = change_.fields.size();
    for (const auto& row : model::gmsa_fields)
      std::visit([&](const auto& access) { compare(row, access, live); }, row.access);
    change_.action = placed > 0 && change_.fields.size() == placed ? Action::move : Action::update;
    compare_interval(live);
  }

 private:
  void because(std::string reason) { change_.reasons.push_back(std::move(reason)); }

  void fill_wanted() {
    for (const auto& row : model::gmsa_fields)
      std::visit([&](const auto& access) { fill(row, access); }, row.access);
  }

  void fill(const model::GmsaField& row, GmsaHook hook) {
    switch (hook) {
      case GmsaHook::sam_account_name:
        fields_.name(row.key, {}, spec_.sam_account_name);
        break;
      case GmsaHook::path:
        fields_.name(row.key, {}, detail_.dn.parent().text());
        break;
      case GmsaHook::common_name:
        fields_.note(row.key, declaration_.name);  // the address says it already
        break;
      case GmsaHook::dns_host_name:
        fields_.name(row.key, {}, spec_.dns_host_name);
        break;
      case GmsaHook::service_principal_names:
        if (spec_.service_principal_names_mode == model::SpnMode::exact)
          fields_.set(row.key, {}, texts(spec_.service_principal_names));
        if (spec_.service_principal_names_mode == model::SpnMode::additive) lacks_service_principal_names({});
        break;
      case GmsaHook::readers:
        fill_readers(row.key);
        break;
      case GmsaHook::password_interval:
        fields_.value(row.key, {}, int64_t{spec_.password_interval_days});
        break;
      case GmsaHook::encryption_types:
        fields_.set(row.key, {}, model::encryption_type_names(spec_.encryption_types));
        break;
      case GmsaHook::allow_long_name:
      case GmsaHook::service_principal_names_mode:
      case GmsaHook::orphaned_principals:
      case GmsaHook::credential_spec:
        break;  // rules
    }
  }
  void fill(const model::GmsaField& row, const model::FlagField& flag) {
    if (const auto wanted = flag.wanted(spec_)) fields_.value(row.key, {}, *wanted);
  }
  void fill(const model::GmsaField& row, const model::ListField& list) {
    if (const auto& wanted = spec_.*list.declared) fields_.set(row.key, {}, *wanted);
  }
  void fill(const model::GmsaField& row, const model::GmsaText& text) {
    fields_.text(row.key, std::nullopt, spec_.*text.declared);
  }

  void fill_readers(std::string_view key) {
    std::vector<std::string> readers;
    for (const auto& reader : detail_.readers) readers.push_back(reader.display);
    fields_.set(key, {}, readers);
    fields_.identify(key, [this] {
      Ledger::Identities identities;
      for (const auto& reader : detail_.readers) identities.after.push_back(context_.identity(reader));
      return identities;
    });
  }

  void compare(const model::GmsaField& row, GmsaHook hook, const LiveGmsa& live) {
    switch (hook) {
      case GmsaHook::sam_account_name:
        if (fields_.name(row.key, model::bare_name(live.sam_account_name), spec_.sam_account_name))
          because("the account was found by its common name or its marker and has another sAMAccountName");
        break;
      case GmsaHook::dns_host_name:
        if (fields_.name(row.key, live.dns_host_name, spec_.dns_host_name)) because("dNSHostName differs");
        break;
      case GmsaHook::service_principal_names:
        compare_service_principal_names(live);
        break;
      case GmsaHook::readers:
        compare_readers(context_, declaration_, live, detail_, change_, fields_);
        break;
      case GmsaHook::encryption_types: {
        const uint32_t types = live.encryption_types.value_or(0) & model::encryption::managed;
        if (fields_.set(row.key, model::encryption_type_names(types),
                        model::encryption_type_names(spec_.encryption_types)))
          because("msDS-SupportedEncryptionTypes allows other encryption types than declared");
        break;
      }
      case GmsaHook::path:
      case GmsaHook::common_name:
      case GmsaHook::password_interval:
        break;  // where it is to be comes first; whether it is to be another account, last
      case GmsaHook::allow_long_name:
      case GmsaHook::service_principal_names_mode:
      case GmsaHook::orphaned_principals:
      case GmsaHook::credential_spec:
        break;  // rules
    }
  }
  void compare(const model::GmsaField& row, const model::FlagField& flag, const LiveGmsa& live) {
    const auto wanted = flag.wanted(spec_);
    if (wanted && fields_.value(row.key, flag.live(live.user_account_control), *wanted))
      because(std::string(row.key) + " differs (userAccountControl)");
  }
  void compare(const model::GmsaField& row, const model::ListField& list, const LiveGmsa& live) {
    const auto& wanted = spec_.*list.declared;
    if (wanted && fields_.set(row.key, live.*list.live, *wanted))
      because(std::string(row.attribute) + " differs");
  }
  void compare(const model::GmsaField& row, const model::GmsaText& text, const LiveGmsa& live) {
    if (fields_.text(row.key, live_text(text, live), spec_.*text.declared))
      because("the " + std::string(row.key) + " differs");
  }

  void compare_place(const LiveGmsa& live) {
    Dn parent = context_.parent_for(spec_);
    const Dn now = live.id.dn.parent();
    // Equal DNs may be written in several ways.
    if (fields_.name("path", parent == now ? parent.text() : now.text(), parent.text())) {
      because("the account stands in another container than declared");
      context_.require_container(parent, declaration_.position("path"), change_);
    }
    if (ledger_.left_alone("path")) parent = now;
    std::string common_name = declaration_.name;
    if (fields_.name("name", live.id.dn.leaf().value, common_name))
      because("the account's common name differs from the declared name");
    if (ledger_.left_alone("name")) common_name = live.id.dn.leaf().value;
    detail_.dn = parent.child("CN", common_name);
  }

  /// Of what others registered nothing is a difference, and nothing is remembered as ours.
  bool lacks_service_principal_names(const LiveGmsa& live) {
    const auto declared = texts(spec_.service_principal_names);
    auto added = minus_folded(declared, live.service_principal_names);
    if (added.empty()) {
      fields_.note("servicePrincipalNames", declared, /*additive=*/true);
      return false;
    }
    auto before = live.service_principal_names;
    auto after = before;
    after.insert(after.end(), added.begin(), added.end());
    std::sort(before.begin(), before.end(), LessFolded{});
    std::sort(after.begin(), after.end(), LessFolded{});
    const auto ours = minus_folded(declared, added);
    return fields_.add_additive(
        {"servicePrincipalNames", std::move(before), std::move(after), std::move(added), {}, {}}, ours,
        declared);
  }

  void compare_service_principal_names(const LiveGmsa& live) {
    const auto mode = spec_.service_principal_names_mode;
    if (mode == model::SpnMode::exact ? fields_.set("servicePrincipalNames", live.service_principal_names,
                                                    texts(spec_.service_principal_names))
        : mode == model::SpnMode::additive ? lacks_service_principal_names(live)
                                           : false) {
      const auto& field = change_.fields.back();
      if (!field.added.empty()) because("not registered: " + join(field.added, ", "));
      if (!field.removed.empty()) because("registered but not declared: " + join(field.removed, ", "));
    }
    predict_rewrite(live);
    for (const auto& spn : live.service_principal_names)
      if (std::any_of(spn.begin(), spn.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; }))
        context_.report(Severity::warning, "GMSA0219", "Live SPN with characters outside ASCII",
                        live.id.dn.text() + " has the SPN " + printable(spn) +
                            ". Look-alike characters can pass the domain's check that SPNs are unique.",
                        "Find out who added it.", declaration_.position("servicePrincipalNames"), change_.id);
  }

  /// A changed name makes the server rewrite the SPNs that hold the old one ([MS-ADTS] 3.1.1.5.3.3).
  void predict_rewrite(const LiveGmsa& live) {
    if (is_replaced(context_, change_.id, spec_, live)) return;  // a new account is not renamed
    // A name whose drift is accepted stays as it is.
    model::Gmsa renamed = spec_;
    if (ledger_.left_alone("samAccountName"))
      renamed.sam_account_name = model::bare_name(live.sam_account_name);
    if (ledger_.left_alone("dnsHostName")) renamed.dns_host_name = live.dns_host_name.value_or("");
    std::vector<std::string> rewritten;
    for (const auto& spn : live.service_principal_names) {
      const std::string becomes = model::spn_after_renaming(spn, live, renamed);
      if (becomes != spn) rewritten.push_back(spn + " -> " + becomes);
    }
    if (rewritten.empty()) return;
    std::sort(rewritten.begin(), rewritten.end());
    because("the server itself rewrites SPNs that hold the old name: " + join(rewritten, ", "));
    context_.report(Severity::warning, "GMSA0210", "Server rewrites SPNs",
                    "Changing the name of " + model::address(change_.id) + " makes the server rewrite " +
                        join(rewritten, ", ") +
                        (spec_.service_principal_names_mode == model::SpnMode::unmanaged
                             ? ". servicePrincipalNamesMode is unmanaged, so they stay as it leaves them."
                             : ". Apply writes the name first, reads the account again and then brings "
                               "the SPNs to what is declared."),
                    "", declaration_.position("dnsHostName"), change_.id);
  }

  /// msDS-ManagedPasswordInterval can be set at creation only (systemOnly in the schema).
  void compare_interval(const LiveGmsa& live) {
    const int64_t days = live.password_interval_days.value_or(spec_.password_interval_days);
    if (!fields_.value("managedPasswordIntervalInDays", days, int64_t{spec_.password_interval_days})) return;
    change_.action = Action::replace;
    because("managedPasswordIntervalInDays can be set at creation only");
    if (is_replaced(context_, change_.id, spec_, live)) return replace();
    context_.report(
        Severity::error, "GMSA0301", "Immutable field changed",
        "managedPasswordIntervalInDays of " + model::address(change_.id) + " is " + std::to_string(days) +
            " and can't become " + std::to_string(spec_.password_interval_days) +
            ": the domain sets it at creation only. Replacing the account gives it a new SID, and every "
            "permission that "
            "the old one held is lost.",
        "Write managedPasswordIntervalInDays: " + std::to_string(days) +
            " to keep the account, or pass --allow-replace " + model::address(change_.id) + " to replace it.",
        declaration_.position("managedPasswordIntervalInDays"), change_.id);
  }

  /// The new account gets everything that is declared, for the sake of the interval: also what was left
  /// alone.
  void replace() {
    for (auto& field : ledger_.accepted) change_.fields.push_back(std::move(field));
    ledger_.accepted.clear();
    const Dn parent = context_.parent_for(spec_);
    context_.require_container(parent, declaration_.position("path"), change_);
    detail_.dn = parent.child("CN", declaration_.name);
    for (auto& field : change_.fields) field.cause = model::cause::pending;
  }

  Context& context_;
  const Declaration<Gmsa>& declaration_;
  const Gmsa& spec_;
  GmsaChange& detail_;
  Change& change_;
  Ledger& ledger_;
  Fields fields_;
};

/// What somebody has changed and somebody else has accepted is wanted as it is, for now.
void leave_alone(const Ledger& ledger, const LiveGmsa& live, GmsaChange& detail) {
  Gmsa& wanted = detail.desired;
  const auto keep = [&](GmsaHook hook) {
    switch (hook) {
      case GmsaHook::sam_account_name:
        wanted.sam_account_name = model::bare_name(live.sam_account_name);
        break;
      case GmsaHook::dns_host_name:
        wanted.dns_host_name = live.dns_host_name.value_or("");
        break;
      case GmsaHook::service_principal_names:
        wanted.service_principal_names.clear();
        for (const auto& spn : live.service_principal_names)
          wanted.service_principal_names.push_back({spn, {}});
        break;
      case GmsaHook::readers:
        detail.keeps_readers = true;
        break;
      case GmsaHook::encryption_types:
        wanted.encryption_types = live.encryption_types.value_or(0) & model::encryption::managed;
        break;
      case GmsaHook::path:
      case GmsaHook::common_name:
        break;  // the DN that is wanted says so already
      case GmsaHook::password_interval:
        break;  // it is written at creation only
      case GmsaHook::allow_long_name:
      case GmsaHook::service_principal_names_mode:
      case GmsaHook::orphaned_principals:
      case GmsaHook::credential_spec:
        break;  // rules
    }
  };
  for (const auto& row : model::gmsa_fields) {
    if (!ledger.left_alone(row.key) || model::leave_unmanaged(row, wanted)) continue;
    std::visit(model::Overloaded{keep,
                                 [&](const model::FlagField& flag) {
                                   flag.set(wanted, flag.live(live.user_account_control));
                                 },
                                 [](const auto&) {}},
               row.access);
  }
}

/// Bits that nobody manages stay as they are; a new account has none but the one that makes it what it is.
void fill_wanted_bits(Action action, GmsaChange& detail) {
  const Gmsa& spec = detail.desired;
  const bool keeps = detail.live && action != Action::replace;
  detail.user_account_control = wanted_uac(
      spec, keeps ? detail.live->user_account_control : model::user_account_control::workstation_trust);
  const uint32_t other_types =
      detail.live ? detail.live->encryption_types.value_or(0) & ~model::encryption::managed : 0;
  detail.encryption_types = spec.encryption_types | other_types;
  if (spec.service_principal_names_mode != model::SpnMode::unmanaged)
    detail.service_principal_names = texts(spec.service_principal_names);
}

}  // namespace

void plan_account(Context& context, const Declaration<Gmsa>& declaration) {
  const ResourceId id{Kind::gmsa, declaration.name};
  if (!context.selected(id)) return;
  if (declaration.settled) {
    context.plan.unchanged.push_back(id);
    return;
  }
  const auto& observation = context.account(declaration.name);
  if (const auto* unread = std::get_if<model::Unreadable>(&observation))
    return context.unreadable(id, unread->why, declaration.declared_at);

  Change change;
  change.id = id;
  change.declared_at = declaration.declared_at;
  change.dn = context.parent_for(declaration.spec).child("CN", declaration.name);
  GmsaChange detail;
  detail.desired = declaration.spec;
  detail.dn = change.dn;
  const bool adopts = context.options.aim == Aim::adopt;
  const size_t said = context.plan.diagnostics.size();
  const Resolved resolved = resolve_readers(context, id, declaration.spec, detail);
  if (resolved == Resolved::unreadable) {
    context.plan.unreadable.push_back(
        {id, Error{ErrorKind::unavailable, "a principal could not be read", {}, {}}});
    return;
  }
  if (adopts)
    context.plan.diagnostics.resize(said);  // whom it names is not the question
  else if (resolved == Resolved::unknown)
    return context.block(id, "a principal that it names cannot be resolved");
  if (context.options.aim == Aim::as_declared) check_rules(context, declaration, detail.readers);
  const auto* live = std::get_if<LiveGmsa>(&observation);
  const size_t unreadable_before = context.plan.unreadable.size();
  Standing standing;
  if (live != nullptr) {
    if (!context.claim(live->id, id, declaration.declared_at)) return;
    if (refuse_built_in(context, id, *live, declaration.declared_at)) return;
    if (!read_in_full(context, id, live->id.dn, live->unread,
                      model::decisive_attributes(declaration.spec, context.desired.environment, live->marker),
                      declaration.declared_at))
      return;
    standing = judge_ownership(context, id, live->marker, live->id.dn, declaration.declared_at);
    if (standing.refused) return;
    change.guid = live->id.guid;
    change.dn = live->id.dn;
  }
  Ledger ledger = open_ledger(context, id, standing);
  AccountDiff diff(context, declaration, detail, change, ledger);
  const size_t compared = context.plan.diagnostics.size();
  if (live != nullptr)
    diff.update(*live);
  else
    diff.create();
  if (context.plan.unreadable.size() != unreadable_before) return;
  if (adopts) {
    context.plan.diagnostics.resize(compared);  // how it differs is not the question
    if (live != nullptr && plan_adoption(context, standing, ledger, declaration.protect, *live, change))
      context.plan.changes.push_back(std::move(change));
    return;
  }
  detail.marker = settle_marker(context, standing, ledger, live != nullptr, declaration.protect, change);
  if (change.fields.empty()) {
    context.plan.unchanged.push_back(id);
    return;
  }
  const bool replaced = change.action == Action::replace;
  // What is not managed goes to the new account too, so it must have been read.
  if (replaced && (!may_replace(context, declaration, standing, id) ||
                   !read_in_full(context, id, live->id.dn, live->unread)))
    return;
  if (live != nullptr) {
    detail.live = *live;
    leave_alone(ledger, *live, detail);
  }
  // Every marker that gmsactl writes remembers something.
  if (standing.adopt || !ledger.applied.empty()) remember_losses(context, ledger, id);
  check_reader_count(context, declaration, id, detail);
  fill_wanted_bits(change.action, detail);
  if (replaced) carry_over(detail, change);
  context.name_claims.push_back({id, detail.dn, detail.desired.sam_account_name + "$", change.guid,
                                 declaration.position("samAccountName")});
  for (const auto& reader : detail.readers)
    if (!reader.host_group.empty() && reader.sid.empty())
      change.requires_.push_back({Kind::host_group, reader.host_group});
  change.detail = std::move(detail);
  context.plan.changes.push_back(std::move(change));
}

}  // namespace gmsactl::plan
