#include <algorithm>
#include <set>

#include "engine/base/text.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Declaration;
using model::Dn;
using model::Gmsa;
using model::GmsaChange;
using model::Kind;
using model::LiveGmsa;
using model::ResourceId;
using model::SecurityDescriptor;
using model::Sid;

namespace {

// [MS-ADTS] 2.2.16 userAccountControl bits.
constexpr uint32_t uac_disabled = 0x2;
constexpr uint32_t uac_workstation_trust = 0x1000;
constexpr uint32_t uac_trusted_for_delegation = 0x80000;
constexpr uint32_t uac_not_delegated = 0x100000;
constexpr uint32_t uac_trusted_to_auth_for_delegation = 0x1000000;

struct UacField {
  std::string_view path;
  uint32_t bit;
  bool inverted;
  std::optional<bool> wanted;
};

std::vector<UacField> uac_fields(const Gmsa& spec) {
  return {{"enabled", uac_disabled, true, spec.enabled},
          {"trustedForDelegation", uac_trusted_for_delegation, false, spec.trusted_for_delegation},
          {"trustedToAuthForDelegation", uac_trusted_to_auth_for_delegation, false,
           spec.trusted_to_auth_for_delegation},
          {"accountNotDelegated", uac_not_delegated, false, spec.account_not_delegated}};
}

uint32_t wanted_uac(const Gmsa& spec, uint32_t live) {
  for (const auto& field : uac_fields(spec)) {
    if (!field.wanted) continue;
    live = *field.wanted != field.inverted ? live | field.bit : live & ~field.bit;
  }
  return live;
}

std::string bare_name(std::string_view sam_account_name) {
  return std::string(sam_account_name.substr(0, sam_account_name.find_last_not_of('$') + 1));
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
  AccountDiff(Context& context, const Declaration<Gmsa>& declaration, GmsaChange& detail, Change& change)
      : context_(context),
        declaration_(declaration),
        spec_(declaration.spec),
        detail_(detail),
        change_(change),
        fields_(change.fields) {}

  void create() {
    change_.action = Action::create;
    change_.cause = "new";
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
    compare_names(live);
    compare_service_principal_names(live);
    compare_readers(live);
    compare_flags(live);
    compare_texts(live);
    change_.action = placed > 0 && change_.fields.size() == placed ? Action::move : Action::update;
    compare_interval(live);
  }

 private:
  void because(std::string reason) { change_.reasons.push_back(std::move(reason)); }

  void fill_wanted() {
    fields_.value("samAccountName", {}, spec_.sam_account_name);
    fields_.value("path", {}, detail_.dn.parent().text());
    fields_.value("dnsHostName", {}, spec_.dns_host_name);
    fields_.set("servicePrincipalNames", {}, texts(spec_.service_principal_names));
    std::vector<std::string> readers;
    for (const auto& reader : detail_.readers) readers.push_back(reader.display);
    fields_.set("principalsAllowedToRetrieveManagedPassword", {}, readers);
    fields_.value("managedPasswordIntervalInDays", {}, int64_t{spec_.password_interval_days});
    fields_.set("kerberosEncryptionTypes", {}, model::encryption_type_names(spec_.encryption_types));
    for (const auto& field : uac_fields(spec_))
      if (field.wanted) fields_.value(field.path, {}, *field.wanted);
    if (spec_.allowed_to_delegate_to) fields_.set("allowedToDelegateTo", {}, *spec_.allowed_to_delegate_to);
    fields_.text("description", std::nullopt, spec_.description);
    fields_.text("displayName", std::nullopt, spec_.display_name);
  }

  void compare_place(const LiveGmsa& live) {
    const Dn parent = context_.parent_for(spec_);
    if (!(live.id.dn.parent() == parent)) {
      fields_.value("path", live.id.dn.parent().text(), parent.text());
      because("the account stands in another container than declared");
      context_.require_container(parent, declaration_.position("path"), change_);
    }
    if (!equal_folded(live.id.dn.leaf().value, declaration_.name)) {
      fields_.value("name", live.id.dn.leaf().value, declaration_.name);
      because("the account's common name differs from the declared name");
    }
  }

  void compare_names(const LiveGmsa& live) {
    if (!equal_folded(bare_name(live.sam_account_name), spec_.sam_account_name)) {
      fields_.value("samAccountName", bare_name(live.sam_account_name), spec_.sam_account_name);
      because("the account was found by its common name and has another sAMAccountName");
    }
    if (!equal_folded(live.dns_host_name.value_or(""), spec_.dns_host_name)) {
      fields_.value("dnsHostName",
                    model::FieldValue(live.dns_host_name ? model::FieldValue(*live.dns_host_name)
                                                         : model::FieldValue(std::monostate{})),
                    spec_.dns_host_name);
      because("dNSHostName differs");
    }
  }

  void compare_service_principal_names(const LiveGmsa& live) {
    const auto wanted = texts(spec_.service_principal_names);
    const size_t before = change_.fields.size();
    fields_.set("servicePrincipalNames", live.service_principal_names, wanted);
    if (change_.fields.size() != before) {
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
    const std::string old_sam = bare_name(live.sam_account_name);
    std::vector<std::string> rewritten;
    for (const auto& spn : live.service_principal_names) {
      std::string becomes = spn;
      if (live.dns_host_name && !equal_folded(*live.dns_host_name, spec_.dns_host_name))
        becomes = model::rewritten_spn(becomes, *live.dns_host_name, spec_.dns_host_name);
      if (!equal_folded(old_sam, spec_.sam_account_name))
        becomes = model::rewritten_spn(becomes, old_sam, spec_.sam_account_name);
      if (becomes != spn) rewritten.push_back(spn + " -> " + becomes);
    }
    if (rewritten.empty()) return;
    std::sort(rewritten.begin(), rewritten.end());
    because("the server itself rewrites SPNs that hold the old name: " + join(rewritten, ", "));
    context_.report(Severity::warning, "GMSA0210", "Server rewrites SPNs",
                    "Changing the name of " + model::address(change_.id) + " makes the server rewrite " +
                        join(rewritten, ", ") +
                        ". Apply writes the name first, reads the account again and then brings "
                        "the SPNs to what is declared.",
                    "", declaration_.position("dnsHostName"), change_.id);
  }

  void compare_readers(const LiveGmsa& live) {
    SecurityDescriptor descriptor;
    if (live.group_msa_membership) {
      auto decoded = SecurityDescriptor::decode(*live.group_msa_membership);
      if (!decoded) {
        context_.unreadable(change_.id, std::move(decoded).error().with_context("msDS-GroupMSAMembership"),
                            declaration_.position("principalsAllowedToRetrieveManagedPassword"));
        return;
      }
      descriptor = std::move(*decoded);
    }
    std::vector<Sid> wanted;
    bool pending_group = false;
    for (const auto& reader : detail_.readers) {
      if (reader.sid.empty())
        pending_group = true;
      else
        wanted.push_back(reader.sid);
    }
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    detail_.kept_aces = descriptor.unusual();
    const auto live_readers = descriptor.readers();
    if (!pending_group && live_readers == wanted) return note_unusual(live);
    note_unusual(live);
    diff_readers(live_readers, wanted);
  }

  void diff_readers(const std::vector<Sid>& live_readers, const std::vector<Sid>& wanted) {
    std::vector<std::string> before;
    std::vector<std::string> after;
    for (const auto& sid : live_readers) {
      before.push_back(context_.display(sid));
      if (std::binary_search(wanted.begin(), wanted.end(), sid)) continue;
      if (spec_.keep_orphaned_principals && context_.is_orphan(sid)) {
        detail_.kept_orphans.push_back(sid);
        after.push_back(context_.display(sid));
        note_orphan(sid);
      }
    }
    for (const auto& reader : detail_.readers) after.push_back(reader.display);
    const size_t size = change_.fields.size();
    fields_.set("principalsAllowedToRetrieveManagedPassword", std::move(before), std::move(after));
    if (change_.fields.size() != size)
      because("other principals may retrieve the managed password than declared");
  }

  void note_orphan(const Sid& sid) {
    context_.report(Severity::warning, "GMSA0214", "Orphaned SID may retrieve the managed password",
                    sid.text() +
                        ", which nothing in the domain has any more, stands in msDS-GroupMSAMembership of " +
                        model::address(change_.id) + ". It is kept.",
                    "Set orphanedPrincipals: remove in the account's spec to have such SIDs removed.",
                    declaration_.position("principalsAllowedToRetrieveManagedPassword"), change_.id);
  }

  void note_unusual(const LiveGmsa& live) {
    if (detail_.kept_aces.empty()) return;
    size_t denied = 0;
    for (const auto& ace : detail_.kept_aces) denied += ace.type == model::Ace::denied ? 1U : 0U;
    context_.report(
        Severity::warning, "GMSA0213", "Unusual entries in msDS-GroupMSAMembership",
        live.id.dn.text() + " has " + plural(denied, "deny ACE") + " and " +
            plural(detail_.kept_aces.size() - denied, "ACE") +
            " of other types. They are kept as they are; they can take away what is granted here.",
        "Look at them with: samba-tool service-account group-msa-membership show, or Get-ADServiceAccount "
        "-Properties msDS-GroupMSAMembership.",
        declaration_.position("principalsAllowedToRetrieveManagedPassword"), change_.id);
  }

  void compare_flags(const LiveGmsa& live) {
    const uint32_t live_types = live.encryption_types.value_or(0) & model::encryption::managed;
    if (live_types != spec_.encryption_types) {
      fields_.set("kerberosEncryptionTypes", model::encryption_type_names(live_types),
                  model::encryption_type_names(spec_.encryption_types));
      because("msDS-SupportedEncryptionTypes allows other encryption types than declared");
    }
    for (const auto& field : uac_fields(spec_)) {
      const bool now = ((live.user_account_control & field.bit) != 0) != field.inverted;
      if (!field.wanted || now == *field.wanted) continue;
      fields_.value(field.path, now, *field.wanted);
      because(std::string(field.path) + " differs (userAccountControl)");
    }
    if (spec_.allowed_to_delegate_to) {
      const size_t size = change_.fields.size();
      fields_.set("allowedToDelegateTo", live.allowed_to_delegate_to, *spec_.allowed_to_delegate_to);
      if (change_.fields.size() != size) because("msDS-AllowedToDelegateTo differs");
    }
  }

  void compare_texts(const LiveGmsa& live) {
    const size_t size = change_.fields.size();
    fields_.text("description", live.description, spec_.description);
    fields_.text("displayName", live.display_name, spec_.display_name);
    if (change_.fields.size() != size) because("descriptive text differs");
  }

  /// msDS-ManagedPasswordInterval can be set at creation only (systemOnly in the schema).
  void compare_interval(const LiveGmsa& live) {
    if (!live.password_interval_days || *live.password_interval_days == spec_.password_interval_days) return;
    const auto& days = *live.password_interval_days;
    const bool allowed = context_.options.allow_replace.contains(model::address(change_.id));
    change_.action = Action::replace;
    because("managedPasswordIntervalInDays can be set at creation only");
    if (allowed) {
      change_.fields.clear();
      fill_wanted();
      auto& fields = change_.fields;
      const auto interval = std::find_if(fields.begin(), fields.end(), [](const auto& f) {
        return f.path == "managedPasswordIntervalInDays";
      });
      interval->before = int64_t{days};
      return;
    }
    fields_.value("managedPasswordIntervalInDays", int64_t{days}, int64_t{spec_.password_interval_days});
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

  Context& context_;
  const Declaration<Gmsa>& declaration_;
  const Gmsa& spec_;
  GmsaChange& detail_;
  Change& change_;
  Fields fields_;
};

/// An access control list holds at most 65,535 bytes ([MS-DTYP] 2.4.5), 36 for each account of a domain.
constexpr size_t most_readers = 1'800;

void check_reader_count(Context& context, const Declaration<Gmsa>& declaration, const ResourceId& id,
                        const GmsaChange& detail) {
  const size_t count = detail.readers.size() + detail.kept_aces.size() + detail.kept_orphans.size();
  if (count <= most_readers) return;
  context.report(Severity::error, "GMSA0220", "Too many principals for one descriptor",
                 model::address(id) + " would name " + std::to_string(count) +
                     " principals in msDS-GroupMSAMembership, which has room for " +
                     std::to_string(most_readers) + ".",
                 "Put the hosts into a HostGroup and name that.",
                 declaration.position("principalsAllowedToRetrieveManagedPassword"), id);
}

/// False where a reader could not be read.
bool resolve_readers(Context& context, const ResourceId& id, const Gmsa& spec, GmsaChange& detail) {
  bool readable = true;
  std::set<std::pair<Sid, std::string>> seen;
  for (const auto& ref : spec.principals) {
    auto resolved = context.resolve(ref, id);
    if (resolved.unreadable) readable = false;
    // One principal may be named in two ways.
    if (resolved.principal && seen.insert({resolved.principal->sid, resolved.principal->host_group}).second)
      detail.readers.push_back(std::move(*resolved.principal));
  }
  return readable;
}

}  // namespace

void plan_account(Context& context, const Declaration<Gmsa>& declaration) {
  const ResourceId id{Kind::gmsa, declaration.name};
  if (!context.selected(id)) return;
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
  if (!resolve_readers(context, id, declaration.spec, detail)) {
    context.plan.unreadable.push_back(
        {id, Error{ErrorKind::unavailable, "a principal could not be read", {}, {}}});
    return;
  }
  const auto* live = std::get_if<LiveGmsa>(&observation);
  const size_t unreadable_before = context.plan.unreadable.size();
  AccountDiff diff(context, declaration, detail, change);
  if (live != nullptr) {
    if (!context.claim(live->id, id, declaration.declared_at)) return;
    change.guid = live->id.guid;
    change.dn = live->id.dn;
    diff.update(*live);
  } else {
    diff.create();
  }
  if (context.plan.unreadable.size() != unreadable_before) return;
  if (change.fields.empty()) {
    context.plan.unchanged.push_back(id);
    return;
  }
  if (live != nullptr) detail.live = *live;
  check_reader_count(context, declaration, id, detail);
  detail.user_account_control = wanted_uac(
      declaration.spec, live != nullptr && change.action != Action::replace ? live->user_account_control
                                                                            : uac_workstation_trust);
  const uint32_t other_types =
      live != nullptr ? live->encryption_types.value_or(0) & ~model::encryption::managed : 0;
  detail.encryption_types = declaration.spec.encryption_types | other_types;
  detail.service_principal_names = texts(declaration.spec.service_principal_names);
  if (!context.check_names_free(id, detail.dn, declaration.spec.sam_account_name + "$", change.guid,
                                declaration.position("samAccountName")) &&
      live == nullptr)
    return;
  for (const auto& reader : detail.readers)
    if (!reader.host_group.empty() && reader.sid.empty())
      change.requires_.push_back({Kind::host_group, reader.host_group});
  change.detail = std::move(detail);
  context.plan.changes.push_back(std::move(change));
}

}  // namespace gmsactl::plan
