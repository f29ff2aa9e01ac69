#include "providers/credentialspec/kubernetes_target.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/spec/json.h"
#include "providers/transport/kubernetes/api.h"

namespace gmsactl::credentialspec {

namespace {

using Json = nlohmann::ordered_json;
using model::Change;
using model::ChangeResult;
using model::CredentialSpecChange;
using model::LivePlace;
using model::LiveSpec;
using model::Outcome;
using Places = std::map<std::string, model::Observation<LivePlace>>;

constexpr std::string_view specs_path = "/apis/windows.k8s.io/v1/gmsacredentialspecs";
constexpr std::string_view rbac_path = "/apis/rbac.authorization.k8s.io/v1";
constexpr std::string_view ours = "app.kubernetes.io/managed-by=gmsactl";
constexpr std::string_view account_key = "gmsactl/account";
constexpr std::string_view owner_key = "gmsactl/owner";
constexpr std::string_view environment_key = "gmsactl/environment";
constexpr std::string_view applied_key = "gmsactl/applied";
constexpr size_t longest_name = 253;

std::string role_name(const std::string& object) { return "gmsactl-" + object; }

/// A name of its own for each service account; one too long for Kubernetes is told apart by a digest.
std::string binding_name(const std::string& object, const std::string& service_account) {
  std::string name = role_name(object) + "-" + service_account;
  if (name.size() > longest_name) name = name.substr(0, longest_name - 13) + "-" + sha256(name).substr(0, 12);
  return name;
}

std::string binding_path(const std::string& name_space, const std::string& name) {
  return std::string(rbac_path) + "/namespaces/" + name_space + "/rolebindings/" + name;
}
std::string role_path(const std::string& object) {
  return std::string(rbac_path) + "/clusterroles/" + role_name(object);
}
std::string spec_path(const std::string& object) { return std::string(specs_path) + "/" + object; }

const Json& at(const Json& json, std::initializer_list<std::string_view> path) {
  static const Json nothing;
  const Json* here = &json;
  for (const auto key : path) {
    if (!here->is_object()) return nothing;
    const auto found = here->find(std::string(key));
    if (found == here->end()) return nothing;
    here = &*found;
  }
  return *here;
}
std::string text_at(const Json& json, std::initializer_list<std::string_view> path) {
  const Json& value = at(json, path);
  return value.is_string() ? value.get<std::string>() : std::string();
}

LiveSpec live_spec(const Json& object) {
  LiveSpec live;
  live.name = text_at(object, {"metadata", "name"});
  live.revision = text_at(object, {"metadata", "resourceVersion"});
  live.account = text_at(object, {"metadata", "annotations", account_key});
  live.owner = text_at(object, {"metadata", "annotations", owner_key});
  live.environment = text_at(object, {"metadata", "annotations", environment_key});
  live.applied = text_at(object, {"metadata", "annotations", applied_key});
  if (auto spec = spec::parse(at(object, {"credspec"}).dump()))
    live.spec = std::move(*spec);
  else
    live.problem = spec.error().message;
  return live;
}

/// What is wanted of the ClusterRole; anything else in it would let the bound accounts do more.
Json rules_for(const std::string& object) {
  Json rule;
  rule["apiGroups"] = {"windows.k8s.io"};
  rule["resources"] = {"gmsacredentialspecs"};
  rule["resourceNames"] = {object};
  rule["verbs"] = {"use"};
  return Json::array({rule});
}

class KubernetesTarget : public ports::SpecTarget {
 public:
  KubernetesTarget(const model::KubernetesTarget& target, const Owner& owner, const TargetOptions& options)
      : target_(target), owner_(owner), options_(options) {}

  Places observe(std::span<const model::SpecHost> hosts,
                 std::span<const model::Declaration<model::Gmsa>* const>, ports::EventSink&) override {
    Places places;
    auto seen = look();
    for (const auto& host : hosts)
      places.emplace(host.name,
                     seen ? model::Observation<LivePlace>(*seen) : model::Unreadable{seen.error()});
    return places;
  }

  ChangeResult apply(const Change& change) override {
    ChangeResult result{change.id, change.action, Outcome::applied, std::nullopt, {}};
    if (auto done = carry_out(std::get<CredentialSpecChange>(change.detail), result); !done) {
      result.outcome = !result.written.empty()                    ? Outcome::partial
                       : done.error().kind == ErrorKind::conflict ? Outcome::conflict
                                                                  : Outcome::failed;
      result.error = std::move(done).error();
    }
    return result;
  }

 private:
  Result<kubernetes::Api*> api() {
    const std::lock_guard lock(mutex_);
    if (!api_) {
      auto login = GMSACTL_TRY(kubernetes::find_login(target_.kubeconfig, target_.context));
      insecure_ = login.insecure;
      api_ = std::make_unique<kubernetes::Api>(
          GMSACTL_TRY(kubernetes::connect(std::move(login), options_.timeout)));
    }
    return api_.get();
  }

  // --- what is there
  // ------------------------------------------------------------------------------------------

  Result<LivePlace> look() {
    kubernetes::Api& cluster = *GMSACTL_TRY(api());
    LivePlace place;
    if (insecure_)
      place.notes.push_back(
          {"GMSA0243", "The API server's certificate is not checked",
           "The kubeconfig has insecure-skip-tls-verify, so anybody in between can read and change "
           "what is sent to " +
               cluster.place() + ".",
           "Give certificate-authority instead."});
    auto specs = cluster.list(std::string(specs_path), {});
    if (!specs && specs.error().kind == ErrorKind::not_found)
      return fail(
          ErrorKind::unsupported, cluster.place() + " does not know GMSACredentialSpec (windows.k8s.io/v1)",
          "Install its definition first: kubectl apply -f https://raw.githubusercontent.com/kubernetes-sigs/"
          "windows-gmsa/master/admission-webhook/deploy/gmsa-crd.yml");
    if (!specs) return fail(std::move(specs).error());
    for (const auto& text : *specs) place.specs.push_back(live_spec(Json::parse(text)));
    std::sort(place.specs.begin(), place.specs.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    GMSACTL_TRY(read_bindings(cluster, place));
    read_pods(cluster, place);
    check_namespaces(cluster, place);
    return place;
  }

  /// A binding counts where the role that it binds to is as it shall be.
  Result<void> read_bindings(kubernetes::Api& cluster, LivePlace& place) {
    std::set<std::string> right_roles;
    for (const auto& text :
         GMSACTL_TRY(cluster.list(std::string(rbac_path) + "/clusterroles", std::string(ours)))) {
      const Json role = Json::parse(text);
      right_roles.insert(text_at(role, {"metadata", "name"}) + "\n" + at(role, {"rules"}).dump());
    }
    for (const auto& text :
         GMSACTL_TRY(cluster.list(std::string(rbac_path) + "/rolebindings", std::string(ours)))) {
      const Json binding = Json::parse(text);
      const std::string role = text_at(binding, {"roleRef", "name"});
      const std::string name_space = text_at(binding, {"metadata", "namespace"});
      for (auto& live : place.specs) {
        if (role != role_name(live.name) || !has_role(right_roles, live.name)) continue;
        const Json& subjects = at(binding, {"subjects"});
        for (const auto& subject : subjects.is_array() ? subjects : Json::array())
          if (text_at(subject, {"kind"}) == "ServiceAccount" && text_at(subject, {"namespace"}) == name_space)
            live.bindings.push_back(name_space + "/" + text_at(subject, {"name"}));
      }
    }
    for (auto& live : place.specs) std::sort(live.bindings.begin(), live.bindings.end());
    return {};
  }
  static bool has_role(const std::set<std::string>& right_roles, const std::string& object) {
    const Json wanted = rules_for(object);
    return std::any_of(right_roles.begin(), right_roles.end(), [&](const std::string& role) {
      const size_t end = role.find('\n');
      return role.substr(0, end) == role_name(object) &&
             nlohmann::json::parse(role.substr(end + 1), nullptr, false) == nlohmann::json(wanted);
    });
  }

  /// Pods whose contents, taken over when they were admitted, are not what the object says now. To read pods
  /// is a right that not everybody has, and a convenience here.
  static void read_pods(kubernetes::Api& cluster, LivePlace& place) {
    if (place.specs.empty()) return;
    const auto pods = cluster.list("/api/v1/pods", {});
    if (!pods) return;
    for (const auto& text : *pods) {
      const Json pod = Json::parse(text);
      const std::string phase = text_at(pod, {"status", "phase"});
      if (phase == "Succeeded" || phase == "Failed") continue;
      const std::string name =
          text_at(pod, {"metadata", "namespace"}) + "/" + text_at(pod, {"metadata", "name"});
      std::set<std::string> stale;
      look_at_options(at(pod, {"spec", "securityContext", "windowsOptions"}), place, stale);
      const Json& containers = at(pod, {"spec", "containers"});
      for (const auto& container : containers.is_array() ? containers : Json::array())
        look_at_options(at(container, {"securityContext", "windowsOptions"}), place, stale);
      for (auto& live : place.specs)
        if (stale.contains(live.name)) live.users.push_back(name);
    }
  }
  static void look_at_options(const Json& options, const LivePlace& place, std::set<std::string>& stale) {
    const std::string name = text_at(options, {"gmsaCredentialSpecName"});
    const std::string contents = text_at(options, {"gmsaCredentialSpec"});
    if (name.empty() || contents.empty()) return;
    for (const auto& live : place.specs) {
      const auto taken = spec::parse(contents);
      if (live.name == name && live.spec && (!taken || !spec::equal(*taken, *live.spec))) stale.insert(name);
    }
  }

  void check_namespaces(kubernetes::Api& cluster, LivePlace& place) const {
    std::set<std::string> names;
    for (const auto& binding : target_.bindings) names.insert(binding.name_space);
    for (const auto& name : names) {
      const auto found = cluster.get("/api/v1/namespaces/" + name);
      if (!found && found.error().kind == ErrorKind::not_found)
        place.notes.push_back({"GMSA0237", "A namespace does not exist",
                               "There is no namespace " + name + " at " + cluster.place() +
                                   ", so its service accounts can't be bound.",
                               "Create it, or correct SpecTarget.spec.bindings."});
    }
  }

  // --- changing it
  // --------------------------------------------------------------------------------------------

  Json object(std::string_view api_version, std::string_view kind, const std::string& name,
              const CredentialSpecChange& detail) const {
    Json json;
    json["apiVersion"] = api_version;
    json["kind"] = kind;
    json["metadata"]["name"] = name;
    json["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "gmsactl";
    Json& notes = json["metadata"]["annotations"];
    notes[std::string(account_key)] = detail.account;
    notes[std::string(owner_key)] = owner_.owner;
    notes[std::string(environment_key)] = owner_.environment;
    return json;
  }

  Result<void> carry_out(const CredentialSpecChange& detail, ChangeResult& result) {
    kubernetes::Api& cluster = *GMSACTL_TRY(api());
    if (result.action == model::Action::remove) return remove(cluster, detail, result);
    const bool moves = detail.live && detail.live->name != detail.name;
    Json spec = object("windows.k8s.io/v1", "GMSACredentialSpec", detail.name, detail);
    // The server refuses to apply to any other version than the one that was planned against.
    if (detail.live && !moves) spec["metadata"]["resourceVersion"] = detail.live->revision;
    spec["metadata"]["annotations"][std::string(applied_key)] = detail.applied;
    spec["credspec"] = Json::parse(spec::render(detail.spec));
    GMSACTL_TRY(cluster.apply(spec_path(detail.name), spec.dump()));
    result.written.push_back("applied GMSACredentialSpec " + detail.name);
    GMSACTL_TRY(apply_role(cluster, detail));
    result.written.push_back("applied ClusterRole " + role_name(detail.name));
    for (const auto& binding : target_.bindings) GMSACTL_TRY(bind(cluster, binding, detail, result));
    if (detail.live) GMSACTL_TRY(unbind_others(cluster, detail, result));
    if (moves) GMSACTL_TRY(remove_former(cluster, detail, result));
    return {};
  }

  Result<void> remove(kubernetes::Api& cluster, const CredentialSpecChange& detail,
                      ChangeResult& result) const {
    GMSACTL_TRY(unbind_all(cluster, detail, result));
    return remove_former(cluster, detail, result);
  }

  Result<void> apply_role(kubernetes::Api& cluster, const CredentialSpecChange& detail) const {
    Json role = object("rbac.authorization.k8s.io/v1", "ClusterRole", role_name(detail.name), detail);
    role["rules"] = rules_for(detail.name);
    return cluster.apply(role_path(detail.name), role.dump());
  }

  Result<void> bind(kubernetes::Api& cluster, const model::ServiceAccountBinding& binding,
                    const CredentialSpecChange& detail, ChangeResult& result) const {
    const std::string name = binding_name(detail.name, binding.service_account);
    Json json = object("rbac.authorization.k8s.io/v1", "RoleBinding", name, detail);
    json["metadata"]["namespace"] = binding.name_space;
    json["roleRef"] = {
        {"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", role_name(detail.name)}};
    json["subjects"] = Json::array(
        {{{"kind", "ServiceAccount"}, {"name", binding.service_account}, {"namespace", binding.name_space}}});
    GMSACTL_TRY(cluster.apply(binding_path(binding.name_space, name), json.dump()));
    result.written.push_back("bound " + binding.name_space + "/" + binding.service_account);
    return {};
  }

  /// Bindings of ours to a role of this account that are not wanted, or not any more.
  Result<void> unbind_others(kubernetes::Api& cluster, const CredentialSpecChange& detail,
                             ChangeResult& result) const {
    return unbind(cluster, detail, target_.bindings, result);
  }
  Result<void> unbind_all(kubernetes::Api& cluster, const CredentialSpecChange& detail,
                          ChangeResult& result) const {
    return unbind(cluster, detail, {}, result);
  }

  Result<void> unbind(kubernetes::Api& cluster, const CredentialSpecChange& detail,
                      const std::vector<model::ServiceAccountBinding>& keep, ChangeResult& result) const {
    for (const auto& text :
         GMSACTL_TRY(cluster.list(std::string(rbac_path) + "/rolebindings", std::string(ours)))) {
      const Json binding = Json::parse(text);
      const std::string role = text_at(binding, {"roleRef", "name"});
      if (role != role_name(detail.name) && role != role_name(detail.live->name)) continue;
      if (!is_of(binding, detail)) continue;
      const std::string name_space = text_at(binding, {"metadata", "namespace"});
      const std::string name = text_at(binding, {"metadata", "name"});
      const bool wanted =
          std::any_of(keep.begin(), keep.end(), [&](const model::ServiceAccountBinding& each) {
            return each.name_space == name_space && binding_name(detail.name, each.service_account) == name;
          });
      if (wanted) continue;
      GMSACTL_TRY(removed(cluster.remove(binding_path(name_space, name))));
      result.written.push_back("removed RoleBinding " + name_space + "/" + name);
    }
    return {};
  }

  Result<void> remove_former(kubernetes::Api& cluster, const CredentialSpecChange& detail,
                             ChangeResult& result) const {
    const std::string& former = detail.live->name;
    GMSACTL_TRY(removed(cluster.remove(role_path(former))));
    GMSACTL_TRY(removed(cluster.remove(spec_path(former))));
    result.written.push_back("removed GMSACredentialSpec " + former);
    return {};
  }

  bool is_of(const Json& object, const CredentialSpecChange& detail) const {
    return equal_folded(text_at(object, {"metadata", "annotations", owner_key}), owner_.owner) &&
           equal_folded(text_at(object, {"metadata", "annotations", environment_key}), owner_.environment) &&
           text_at(object, {"metadata", "annotations", account_key}) == detail.account;
  }

  static Result<void> removed(Result<void> result) {
    if (!result && result.error().kind == ErrorKind::not_found) return {};
    return result;
  }

  model::KubernetesTarget target_;
  Owner owner_;
  TargetOptions options_;
  std::mutex mutex_;  // of api_ and insecure_
  std::unique_ptr<kubernetes::Api> api_;
  bool insecure_ = false;
};

}  // namespace

std::unique_ptr<ports::SpecTarget> kubernetes_target(const model::KubernetesTarget& target,
                                                     const Owner& owner, const TargetOptions& options) {
  return std::make_unique<KubernetesTarget>(target, owner, options);
}

}  // namespace gmsactl::credentialspec
