#include "engine/cli/loading.h"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <optional>
#include <set>

#include "engine/base/glob.h"
#include "engine/base/text.h"
#include "engine/cli/terminal.h"
#include "engine/manifest/codes.h"
#include "engine/manifest/world_checks.h"
#include "engine/plan/make_plan.h"
#include "engine/plan/spec_places.h"
#include "engine/report/diagnostic_text.h"

namespace gmsactl::cli {

namespace {

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : join(names, ", ");
}

/// The environments meant; nothing where the command line doesn't say so clearly.
std::optional<std::vector<std::string>> chosen_environments(const Options& options,
                                                            const std::vector<std::string>& defined) {
  if (defined.empty()) {
    print_usage_error(options, "the manifests define no Environment",
                      "Add a document with kind: Environment that names the domain and the owner.");
    return std::nullopt;
  }
  if (options.all_environments) return defined;
  if (options.environments.empty()) {
    if (defined.size() == 1) return defined;
    print_usage_error(options, "more than one Environment is defined: " + join(defined, ", "),
                      "Choose with --env NAME (repeatable) or --all-envs. There is no default.");
    return std::nullopt;
  }
  std::vector<std::string> chosen;
  for (const auto& name : options.environments) {
    if (std::find(defined.begin(), defined.end(), name) == defined.end()) {
      const std::vector<std::string_view> candidates(defined.begin(), defined.end());
      const auto near = nearest(name, candidates);
      print_usage_error(options, "no Environment is named \"" + name + "\"; defined: " + listed(defined),
                        near.empty() ? "" : "Did you mean \"" + std::string(near) + "\"?");
      return std::nullopt;
    }
    if (std::find(chosen.begin(), chosen.end(), name) == chosen.end()) chosen.push_back(name);
  }
  return chosen;
}

bool any_matches(const std::string& pattern, const std::vector<model::Desired>& environments) {
  const auto matches = [&](model::Kind kind, const std::string& name) {
    return glob_match(pattern, model::address({kind, name}));
  };
  for (const auto& desired : environments) {
    for (const auto& group : desired.host_groups)
      if (matches(model::Kind::host_group, group.name)) return true;
    for (const auto& account : desired.accounts)
      if (matches(model::Kind::gmsa, account.name)) return true;
    if (matches(model::Kind::kds_root_key, desired.environment.domain)) return true;
    // Which hosts there are is not known before the directory is read.
    const std::string without_host = pattern.substr(0, pattern.find('@'));
    for (const auto& target : desired.spec_targets)
      for (const auto* account : plan::delivered_to(target.name, desired)) {
        const auto address = model::address(plan::spec_id(target.name, account->name, {}));
        if (glob_match(pattern, address) || glob_match(without_host, address)) return true;
      }
  }
  return false;
}

/// Whom the declarations of another environment name.
void add_named(const model::Desired& other, std::vector<plan::NamedElsewhere>& named) {
  const auto add = [&](model::Kind kind, const std::string& name,
                       const std::vector<model::PrincipalRef>& refs) {
    for (const auto& ref : refs)
      if (ref.form != model::PrincipalRef::Form::host_group)
        named.push_back({other.environment.name, model::address({kind, name}), ref});
  };
  for (const auto& account : other.accounts) add(model::Kind::gmsa, account.name, account.spec.principals);
  for (const auto& group : other.host_groups)
    if (group.spec.members) add(model::Kind::host_group, group.name, *group.spec.members);
}

/// Two environments of one domain can't both manage an account, whatever each of them says; and what one of
/// them deletes another may name, be it planned in this run or not.
void look_at_other_environments(const std::vector<std::string>& names, Loaded& loaded) {
  if (names.size() < 2) return;
  std::map<std::string, model::Desired> all;
  for (const auto& name : names) {
    Diagnostics not_asked_for;
    all.emplace(name, loaded.read.manifests.resolve(name, not_asked_for));
  }
  std::set<std::string> chosen;
  for (const auto& desired : loaded.environments) chosen.insert(desired.environment.name);
  for (const auto& desired : loaded.environments) {
    std::set<std::string> own;
    for (const auto& account : desired.accounts) own.insert(fold(account.spec.sam_account_name));
    for (const auto& [name, other] : all) {
      if (name == desired.environment.name ||
          !manifest::share_directory(other.environment, desired.environment))
        continue;
      for (const auto& account : other.accounts)
        if (const std::string sam = fold(account.spec.sam_account_name); own.contains(sam))
          loaded.shared_accounts[desired.environment.name].emplace(sam, name);
      if (!chosen.contains(name)) add_named(other, loaded.named_elsewhere[desired.environment.name]);
    }
  }
}

/// What was not read may declare what pruning would delete.
Diagnostics prune_refusal(const Options& options, const Diagnostics& found) {
  if (!options.prune) return {};
  namespace codes = manifest::codes;
  std::vector<std::string> places;
  for (const auto& each : found)
    if (each.code == codes::not_read.code || each.code == codes::unknown_api_version.code ||
        each.code == submodule_left_out)
      places.push_back(each.where ? std::string(each.where->file) : std::string());
  if (places.empty()) return {};
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  Diagnostic refused;
  refused.code = "GMSA0306";
  refused.summary = "Pruning refused";
  refused.detail = "Not all of the input was read, and what is missing may declare what would be deleted: " +
                   printable(join(places, ", ")) + ".";
  refused.hint = "Fix what the warnings name, or run without --prune.";
  return {refused};
}

}  // namespace

bool check_patterns(const Options& options, const std::function<bool(const std::string&)>& matches) {
  const auto check = [&](const auto& patterns, const std::string& flag) {
    for (const auto& pattern : patterns)
      if (!matches(pattern)) {
        print_usage_error(
            options, flag + " \"" + pattern + "\" matches no address of the chosen environments",
            "Addresses look like GMSA/WebApp01 and HostGroup/WebApp01Hosts; * and ? stand for any text.");
        return false;
      }
    return true;
  };
  return check(options.targets, "--target") && check(options.excludes, "--exclude") &&
         check(options.allow_replace, "--allow-replace");
}

tl::expected<Loaded, ExitCode> load(const Options& options) {
  const auto invalid = tl::unexpected(ExitCode::invalid);
  auto read = read_manifests(options);
  if (!read) {
    print_error(options, "the manifests could not be read", read.error());
    return invalid;
  }
  Loaded loaded{std::move(*read), {}, {}, {}, {}, {}, {}};
  if (const auto refused = refusals(options, loaded.read); !refused.empty()) {
    print_diagnostics(options, refused, loaded.source_lines());
    return tl::unexpected(exit_code(refused));
  }
  const auto& manifests = loaded.read.manifests;
  Diagnostics found = manifests.diagnostics();
  const auto give_up = [&] {
    print_diagnostics(options, found, loaded.source_lines());
    std::cerr << report::diagnostics_summary(found) << '\n';
    return invalid;
  };
  const auto names = manifests.environment_names();
  if (names.empty() && has_errors(found)) return give_up();
  const auto chosen = chosen_environments(options, names);
  if (!chosen) {
    if (has_errors(found)) return give_up();
    return invalid;
  }
  for (const auto& name : *chosen) loaded.environments.push_back(manifests.resolve(name, found));
  if (!has_errors(found)) manifest::check_environments_together(loaded.environments, found);
  if (has_errors(found)) return give_up();
  const auto declared = [&](const std::string& pattern) { return any_matches(pattern, loaded.environments); };
  Options checked = options;
  if (options.prune) {
    // What is to stay may be declared no longer, which the planner sees.
    std::copy_if(options.excludes.begin(), options.excludes.end(),
                 std::back_inserter(loaded.undeclared_excludes),
                 [&](const std::string& pattern) { return !declared(pattern); });
    std::erase_if(checked.excludes, [&](const std::string& pattern) { return !declared(pattern); });
  }
  // What is to be released may be declared no longer.
  if (options.aim != plan::Aim::forget && !check_patterns(checked, declared)) return invalid;
  if (!options.since.empty()) {
    auto limits = limits_since(options, loaded.environments);
    if (!limits) return invalid;
    loaded.limits = std::move(*limits);
  }
  if (const auto refused = prune_refusal(options, found); !refused.empty()) {
    found.insert(found.end(), refused.begin(), refused.end());
    print_diagnostics(options, found, loaded.source_lines());
    return tl::unexpected(exit_code(refused));
  }
  loaded.warnings = std::move(found);
  look_at_other_environments(names, loaded);
  return loaded;
}

}  // namespace gmsactl::cli
