// Credential specs at the places they are delivered to. A place that can't be read, or where something else
// stands, leaves out what belongs there and nothing more: hosts are many, and one that is down is no reason
// to stop.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"
#include "engine/plan/spec_fields.h"
#include "engine/plan/spec_match.h"
#include "engine/plan/spec_places.h"
#include "engine/spec/document.h"
#include "engine/spec/facts.h"
#include "engine/spec/json.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::CredentialSpec;
using model::CredentialSpecChange;
using model::Declaration;
using model::DirectoryTarget;
using model::FieldValue;
using model::Gmsa;
using model::Kind;
using model::KubernetesTarget;
using model::LivePlace;
using model::LiveSpec;
using model::ResourceId;
using model::SpecHost;
using model::SpecTarget;
using model::SwarmTarget;

namespace {

/// One target while its places are planned.
class TargetPlan {
 public:
  TargetPlan(Context& context, const Declaration<SpecTarget>& target)
      : context_(context),
        target_(target),
        directory_(std::get_if<DirectoryTarget>(&target.spec.place)),
        kubernetes_(std::get_if<KubernetesTarget>(&target.spec.place)),
        is_swarm_(std::holds_alternative<SwarmTarget>(target.spec.place)),
        accounts_(delivered_to(target.name, context.desired)) {}

  void run() {
    const SpecPlaces places = spec_places(target_.spec, context_.desired, context_.seen);
    for (const auto& ref : places.left_out)
      context_.report(
          Severity::warning, "GMSA0238", "Hosts of a group are not known",
          "\"" + ref.text + "\" is no computer and no HostGroup of these manifests, so SpecTarget/" +
              target_.name + " can't tell which hosts are in it.",
          "Declare it as a HostGroup, or list its hosts.", ref.where, {Kind::credential_spec, target_.name});
    for (const auto& host : places.hosts) plan_place(host);
  }

 private:
  void plan_place(const SpecHost& host) {
    std::vector<const Declaration<Gmsa>*> selected;
    for (const auto* account : accounts_)
      if (context_.selected(spec_id(target_.name, account->name, host))) selected.push_back(account);
    const auto found = context_.seen.spec_places.find(model::place_key(target_.name, host.name));
    if (found != context_.seen.spec_places.end())
      if (const auto* live = std::get_if<LivePlace>(&found->second)) plan_leftovers(host, *live);
    if (selected.empty()) return;
    const auto* unread =
        found == context_.seen.spec_places.end() ? nullptr : std::get_if<model::Unreadable>(&found->second);
    if (found == context_.seen.spec_places.end() || unread != nullptr) {
      const Error why =
          unread != nullptr ? unread->why : Error{ErrorKind::internal, "it was not looked at", {}, {}};
      return leave_out_place(host, selected, why);
    }
    static const LivePlace nothing;
    const auto* live = std::get_if<LivePlace>(&found->second);
    if (live != nullptr)
      for (const auto& note : live->notes)
        context_.report(Severity::warning, note.code, note.summary, note.detail, note.hint,
                        target_.declared_at, spec_id(target_.name, selected.front()->name, host));
    for (const auto* account : selected) plan_spec(host, *account, live != nullptr ? *live : nothing);
  }

  /// Specs that gmsactl made here for accounts that are delivered here no longer.
  void plan_leftovers(const SpecHost& host, const LivePlace& place) {
    if (!context_.options.targets.empty()) return;
    for (const auto& live : place.specs) {
      const auto is_its = [&](const auto* account) { return account->name == live.account; };
      if (!is_ours(live) || std::any_of(accounts_.begin(), accounts_.end(), is_its)) continue;
      const ResourceId id = spec_id(target_.name, live.account, host);
      if (!context_.selected(id)) continue;
      if (!context_.prunes()) {
        context_.unpruned.push_back(model::address(id));
        continue;
      }
      Change change;
      change.id = id;
      change.action = Action::remove;
      change.cause = model::cause::pending;
      change.declared_at = target_.declared_at;
      change.reasons.emplace_back(
          "no account is delivered here under that name any more, and --prune was given");
      change.fields.push_back({name_field(), live.name, {}, {}, {}, model::cause::pending});
      CredentialSpecChange detail;
      detail.target = target_.name;
      detail.host = host;
      detail.account = live.account;
      detail.name = live.name;
      detail.live = live;
      change.detail = std::move(detail);
      context_.plan.changes.push_back(std::move(change));
    }
  }

  void leave_out_place(const SpecHost& host, const std::vector<const Declaration<Gmsa>*>& accounts,
                       const Error& why) {
    for (const auto* account : accounts)
      context_.plan.unreadable.push_back({spec_id(target_.name, account->name, host), why});
    const std::string place = "SpecTarget/" + target_.name + (host.name.empty() ? "" : " on " + host.name);
    context_.report(Severity::warning, "GMSA0230", "A place for credential specs could not be read",
                    "What is at " + place + " is not known, so " +
                        plural(accounts.size(), "credential spec") + (accounts.size() == 1 ? " is" : " are") +
                        " left out: " + why.message + ".",
                    why.hint, target_.declared_at, spec_id(target_.name, accounts.front()->name, host));
  }

  void leave_out(const ResourceId& id, Error why, SourceRange where) {
    context_.report(Severity::warning, "GMSA0239", "A credential spec is left out",
                    model::address(id) + " is neither written nor counted as absent: " + why.message + ".",
                    why.hint, where, id);
    context_.plan.unreadable.push_back({id, std::move(why)});
  }

  // --- what shall be --------------------------------------------------------------------------------

  std::vector<std::string> wanted_bindings() const {
    std::vector<std::string> texts;
    if (kubernetes_ == nullptr) return texts;
    for (const auto& binding : kubernetes_->bindings)
      texts.push_back(binding.name_space + "/" + binding.service_account);
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  bool is_text_format() const {
    return directory_ != nullptr && directory_->format != DirectoryTarget::Format::docker;
  }

  void fill_wanted(CredentialSpecChange& detail, const Declaration<Gmsa>& account,
                   const LivePlace& place) const {
    const auto& facts = context_.seen.directory;
    detail.spec = spec::from_facts(account.spec, context_.desired, facts);
    const std::string file = spec::file_name(account.spec, facts);
    const std::string object =
        spec::object_name(kubernetes_ != nullptr ? kubernetes_->name : std::string(), account.spec);
    // The resource's schema knows a text for PluginInput, no object.
    if (kubernetes_ != nullptr && detail.spec.host_account_config)
      detail.spec.host_account_config->plugin_input_is_object = false;
    detail.bindings = wanted_bindings();
    detail.name = file;
    if (kubernetes_ != nullptr) detail.name = object;
    if (is_swarm_) {
      detail.name = file.substr(0, file.size() - std::string_view(".json").size());
      if (const auto services = place.services.find(account.name); services != place.services.end())
        detail.services = services->second;
    }
    if (!is_text_format()) return;
    const auto slash = account.declared_at.file.find_last_of('/');
    const std::string manifest(
        account.declared_at.file.substr(slash == std::string_view::npos ? 0 : slash + 1));
    detail.name = spec::document_name(directory_->format, file);
    detail.text = spec::document(
        directory_->format, detail.spec,
        {account.name, context_.desired.environment.name, manifest, file, object, directory_->bindings});
  }

  // --- what is --------------------------------------------------------------------------------------

  bool is_ours(const LiveSpec& live) const { return plan::is_ours(live, context_.desired.environment); }
  bool is_anothers(const LiveSpec& live, const std::string& account) const {
    return !live.owner.empty() && !(is_ours(live) && live.account == account);
  }

  std::string former_name(const std::string& account) const {
    const auto* live = std::get_if<model::LiveGmsa>(&context_.account(account));
    return live == nullptr ? "" : model::bare_name(live->sam_account_name);
  }

  /// Something that is not ours where the spec shall be.
  bool is_in_the_way(const LivePlace& place, const CredentialSpecChange& wanted, const ResourceId& id,
                     SourceRange where) {
    for (const auto& other : place.specs) {
      if ((wanted.live && other.name == wanted.live->name) || !equal_folded(other.name, wanted.name))
        continue;
      std::string what =
          is_anothers(other, wanted.account) ? "is managed by \"" + other.owner + "\" for GMSA/" +
                                                   other.account + " of environment " + other.environment
          : other.spec
              ? "holds the spec of " + other.spec->machine_account_name + " in " + other.spec->dns_name
          : !other.problem.empty() ? "can't be read as a credential spec (" + other.problem + ")"
                                   : "was not made by gmsactl";
      leave_out(id,
                Error{ErrorKind::already_exists,
                      other.name + " is there already and " + what,
                      kubernetes_ != nullptr ? "Remove it, or give the SpecTarget another name."
                                             : "Move it away, or choose another credentialSpec.fileName.",
                      {}},
                where);
      return true;
    }
    return false;
  }

  // --- the difference -------------------------------------------------------------------------------

  /// A name that somebody chose stays, since containers go by it; one that was made from the account's name
  /// goes with that.
  bool keeps_its_name(const LiveSpec& live, const Gmsa& account) const {
    if (kubernetes_ != nullptr || is_swarm_ || is_text_format() ||
        !account.credential_spec->file_name.empty())
      return false;
    if (!live.spec) return !is_ours(live);
    Gmsa former;
    former.sam_account_name = live.spec->machine_account_name;
    return !equal_folded(live.name, spec::file_name(former, context_.seen.directory));
  }

  void plan_spec(const SpecHost& host, const Declaration<Gmsa>& account, const LivePlace& place) {
    const ResourceId id = spec_id(target_.name, account.name, host);
    const SourceRange where = account.position("credentialSpec");
    if (!account.settled && std::holds_alternative<model::Absent>(context_.account(account.name)) &&
        !context_.selected({Kind::gmsa, account.name}))
      return leave_out(
          id,
          Error{ErrorKind::not_found,
                "GMSA/" + account.name + " does not exist yet, and --target or --exclude leaves it out",
                "Add --target 'GMSA/" + account.name + "'.",
                {}},
          where);
    if (context_.seen.directory.netbios_domain.empty())  // each domain has one
      return leave_out(id, {ErrorKind::denied, "nETBIOSName of the domain is not readable", {}, {}}, where);
    CredentialSpecChange detail;
    detail.target = target_.name;
    detail.host = host;
    detail.account = account.name;
    fill_wanted(detail, account, place);

    const auto found = specs_of(place, detail, context_.desired.environment, former_name(account.name));
    if (!found.empty()) detail.live = *found.front();
    if (detail.live && keeps_its_name(*detail.live, account.spec)) detail.name = detail.live->name;
    if (!is_swarm_ && is_in_the_way(place, detail, id, where)) return;

    Change change;
    change.id = id;
    change.declared_at = where;
    change.requires_.push_back({Kind::gmsa, account.name});
    for (const auto& more : account.spec.credential_spec->additional_accounts)
      if (!more.gmsa.empty()) change.requires_.push_back({Kind::gmsa, more.gmsa});
    detail.applied = is_text_format() ? spec_hash(detail.name, {}, lines_of(detail.text), detail.bindings)
                                      : spec_hash(detail.name, detail.spec, {}, detail.bindings);
    diff(detail, found, change);
    if (detail.live) warn_of_restarts(detail, id, where);
    if (change.fields.empty()) {
      context_.plan.unchanged.push_back(id);
      return;
    }
    if (detail.live) tell_cause(*detail.live, detail.applied, change);
    change.guards = {guard_of(detail)};
    change.detail = std::move(detail);
    context_.plan.changes.push_back(std::move(change));
  }

  /// A Swarm config can't be changed, so another one can be wanted only because something else is declared.
  /// Where nothing is remembered, nothing is said.
  void tell_cause(const LiveSpec& live, const std::string& wanted, Change& change) const {
    if (is_swarm_) {
      const bool other_contents = std::any_of(
          change.fields.begin(), change.fields.end(),
          [](const auto& field) { return field.path != "services" && field.path != "formerConfigs"; });
      if (other_contents) change.cause = model::cause::pending;
    } else if (is_ours(live) && !live.applied.empty()) {
      change.cause =
          cause_of(wanted, spec_hash(live.name, live.spec, live.lines, live.bindings), live.applied);
    }
    for (auto& field : change.fields) field.cause = change.cause;
  }

  /// All that is there of it and all that is wanted: not the revision, which another tool's note may raise.
  static model::Guard guard_of(const CredentialSpecChange& detail) {
    std::vector<std::string> is;
    if (const auto& live = detail.live) {
      is = {"name " + live->name, "spec " + (live->spec ? spec::render(*live->spec) : live->problem)};
      for (size_t i = 0; i < live->lines.size(); ++i) is.push_back(std::to_string(i) + " " + live->lines[i]);
      for (const auto& binding : live->bindings) is.push_back("binding " + binding);
    }
    std::vector<std::string> shall{"name " + detail.name, "spec " + spec::render(detail.spec),
                                   "text " + detail.text};
    for (const auto& binding : detail.bindings) shall.push_back("binding " + binding);
    for (const auto& service : detail.services) shall.push_back("service " + service);
    return {"contents", guard_hash(is, false), guard_hash(shall, false)};
  }

  void diff(const CredentialSpecChange& detail, const std::vector<const LiveSpec*>& found, Change& change) {
    Fields fields(change.fields);
    const std::string to = "SpecTarget/" + target_.name;
    if (!detail.live) {
      change.action = Action::create;
      change.cause = model::cause::fresh;
      change.reasons.push_back("credentialSpec.targets names " + to +
                               ", and there is no spec of the account there");
      fields.value(name_field(), {}, detail.name);
      if (detail.text.empty()) contents_fields(fields, nothing_yet(), detail.spec);
    } else {
      change.action = Action::update;
      if (!is_swarm_ && detail.live->name != detail.name) {
        fields.value(name_field(), detail.live->name, detail.name);
        change.action = Action::move;
        change.reasons.push_back("it is to be named " + detail.name);
      }
      const size_t before = change.fields.size();
      if (detail.text.empty() && detail.live->spec)
        contents_fields(fields, *detail.live->spec, detail.spec);
      else if (detail.text.empty())
        fields.value("content", "not a credential spec: " + detail.live->problem, detail.name);
      if (change.fields.size() != before) {
        change.action = change.action == Action::move ? Action::move : Action::update;
        change.reasons.push_back("what is at " + to + " differs from the directory and the manifests");
      }
    }
    if (!detail.text.empty()) {
      auto was = detail.live ? detail.live->lines : std::vector<std::string>();
      auto shall = lines_of(detail.text);
      if (was != shall) {
        auto added = lines_without(shall, was);
        auto removed = lines_without(was, shall);
        change.fields.push_back(
            {"content", std::move(was), std::move(shall), std::move(added), std::move(removed), {}});
      }
    }
    const bool same_contents =
        detail.live && detail.live->spec && spec::equal(*detail.live->spec, detail.spec);
    fields.set("bindings", detail.live ? detail.live->bindings : std::vector<std::string>(), detail.bindings);
    if (is_swarm_) diff_services(detail, found, same_contents, fields);
  }

  /// Services that are to use this very config, and configs of the account that none uses any more.
  void diff_services(const CredentialSpecChange& detail, const std::vector<const LiveSpec*>& found,
                     bool same_contents, Fields& fields) const {
    std::vector<std::string> moved;
    for (const auto& service : detail.services)
      if (same_contents && std::find(detail.live->users.begin(), detail.live->users.end(), service) !=
                               detail.live->users.end())
        moved.push_back(service);
    fields.set("services", moved, detail.services);
    std::vector<std::string> leftovers;
    for (size_t i = 1; i < found.size(); ++i) {
      const auto& users = found[i]->users;
      const bool free = std::all_of(users.begin(), users.end(), [&](const std::string& user) {
        return std::find(detail.services.begin(), detail.services.end(), user) != detail.services.end();
      });
      if (free) leftovers.push_back(found[i]->name);
    }
    fields.set("formerConfigs", std::move(leftovers), {});
  }

  std::string_view name_field() const {
    return kubernetes_ != nullptr ? "objectName" : is_swarm_ ? "configName" : "fileName";
  }

  static const CredentialSpec& nothing_yet() {
    static const CredentialSpec empty;
    return empty;
  }

  void warn_of_restarts(const CredentialSpecChange& detail, const ResourceId& id, SourceRange where) {
    if (kubernetes_ == nullptr || detail.live->users.empty()) return;
    context_.report(Severity::warning, "GMSA0242", "Running pods keep former contents",
                    plural(detail.live->users.size(), "pod") + " took over the spec " + detail.live->name +
                        " as it was when they started: " + join(detail.live->users, ", ") + ".",
                    "Restart their workloads, for instance with kubectl rollout restart.", where, id);
  }

  Context& context_;
  const Declaration<SpecTarget>& target_;
  const DirectoryTarget* directory_;
  const KubernetesTarget* kubernetes_;
  bool is_swarm_;
  std::vector<const Declaration<Gmsa>*> accounts_;
};

}  // namespace

void plan_credential_specs(Context& context) {
  for (const auto& target : context.desired.spec_targets) TargetPlan(context, target).run();
}

}  // namespace gmsactl::plan
