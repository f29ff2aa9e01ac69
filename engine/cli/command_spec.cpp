// gmsactl spec: credential specs by themselves, without a plan.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/environment_run.h"
#include "engine/cli/files.h"
#include "engine/cli/loading.h"
#include "engine/cli/terminal.h"
#include "engine/plan/spec_places.h"
#include "engine/spec/facts.h"
#include "engine/spec/json.h"
#include "engine/spec/usage.h"
#include "engine/spec/validate.h"

namespace gmsactl::cli {

namespace {

/// One environment with what was seen of it.
struct Seen {
  const model::Desired* desired;
  model::Observations observations;
};

/// The directory of the one chosen environment; the places of specs too where `places` is set.
std::optional<Seen> see(const Options& options, const Loaded& loaded, bool places, ExitCode& code) {
  if (loaded.environments.size() != 1) {
    print_usage_error(options, "this command works on one environment", "Choose it with --env NAME.");
    code = ExitCode::invalid;
    return std::nullopt;
  }
  const model::Desired& desired = loaded.environments.front();
  Options limited = options;
  if (!places) limited.excludes.emplace_back("CredentialSpec/*");
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  auto run = EnvironmentRun::start(limited, desired, planning(limited, loaded, desired));
  auto seen = run ? run->observe(progress) : Result<model::Observations>(fail(std::move(run).error()));
  progress.clear();
  if (!seen) {
    print_error(options, "environment " + desired.environment.name + " could not be read", seen.error());
    code = exit_code(seen.error().kind);
    return std::nullopt;
  }
  return Seen{&desired, std::move(*seen)};
}

const model::Declaration<model::Gmsa>* find_account(const Options& options, const model::Desired& desired) {
  std::string name = options.spec_accounts.front();
  constexpr std::string_view prefix = "GMSA/";
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  std::vector<std::string_view> names;
  for (const auto& account : desired.accounts) {
    if (account.name == name) return &account;
    names.push_back(account.name);
  }
  const auto near = nearest(name, names);
  print_usage_error(options, "there is no GMSA \"" + name + "\" in environment " + desired.environment.name,
                    near.empty() ? "" : "Did you mean \"" + std::string(near) + "\"?");
  return nullptr;
}

// --- list
// ---------------------------------------------------------------------------------------------------------

struct Row {
  std::string place;
  std::string name;
  std::string account;
  std::string state;
};

/// What is said of one spec: whether it is what its account's is to be.
Row row_of(const std::string& place, const model::LiveSpec& live, const Seen& seen) {
  const auto& environment = seen.desired->environment;
  Row row{place, live.name, live.spec ? live.spec->machine_account_name : "?", "foreign"};
  if (!live.problem.empty()) row.state = "unreadable: " + live.problem;
  for (const auto& account : seen.desired->accounts) {
    const bool ours = equal_folded(live.owner, environment.owner) &&
                      equal_folded(live.environment, environment.name) && live.account == account.name;
    const auto wanted = spec::from_facts(account.spec, *seen.desired, seen.observations.directory);
    const bool alike = live.spec &&
                       equal_folded(live.spec->machine_account_name, wanted.machine_account_name) &&
                       equal_folded(live.spec->dns_name, wanted.dns_name);
    if (!ours && !alike) continue;
    row.account = account.name;
    if (live.spec) row.state = spec::equal(*live.spec, wanted) ? "current" : "differs";
    if (!live.lines.empty()) row.state = "managed";
  }
  return row;
}

std::vector<Row> rows_of(const Seen& seen) {
  std::vector<Row> rows;
  for (const auto& [place, observation] : seen.observations.spec_places) {
    if (const auto* live = std::get_if<model::LivePlace>(&observation))
      for (const auto& spec : live->specs) rows.push_back(row_of(place, spec, seen));
    else if (const auto* unreadable = std::get_if<model::Unreadable>(&observation))
      rows.push_back({place, "-", "-", "unreadable: " + unreadable->why.message});
    else
      rows.push_back({place, "-", "-", "empty: there is no such folder"});
  }
  return rows;
}

void print_table(const std::vector<Row>& rows) {
  const Row heading{"PLACE", "NAME", "ACCOUNT", "STATE"};
  size_t place = heading.place.size();
  size_t name = heading.name.size();
  size_t account = heading.account.size();
  for (const auto& row : rows) {
    place = std::max(place, printable(row.place).size());
    name = std::max(name, printable(row.name).size());
    account = std::max(account, printable(row.account).size());
  }
  const auto print = [&](const Row& row) {
    const auto padded = [](std::string text, size_t width) {
      text.resize(std::max(width, text.size()) + 3, ' ');
      return text;
    };
    std::cout << padded(printable(row.place), place) << padded(printable(row.name), name)
              << padded(printable(row.account), account) << printable(row.state) << '\n';
  };
  print(heading);
  for (const auto& row : rows) print(row);
}

void print_json(const std::vector<Row>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    nlohmann::ordered_json entry;
    entry["place"] = row.place;
    entry["name"] = row.name;
    entry["account"] = row.account;
    entry["state"] = row.state;
    list.push_back(std::move(entry));
  }
  std::cout << list.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace

ExitCode spec_render(const Options& options) {
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
  ExitCode code = ExitCode::done;
  const auto seen = see(options, *loaded, false, code);
  if (!seen) return code;
  const auto* account = find_account(options, *seen->desired);
  if (account == nullptr) return ExitCode::invalid;
  std::cout << spec::render(spec::from_facts(account->spec, *seen->desired, seen->observations.directory));
  return ExitCode::done;
}

ExitCode spec_usage(const Options& options) {
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
  ExitCode code = ExitCode::done;
  const auto seen = see(options, *loaded, false, code);
  if (!seen) return code;
  const auto* account = find_account(options, *seen->desired);
  if (account == nullptr) return ExitCode::invalid;
  const auto& facts = seen->observations.directory;
  spec::UsageFacts usage;
  usage.account = account->spec.sam_account_name;
  usage.label = account->name;
  usage.netbios = facts.netbios_domain;
  usage.dns_domain = facts.dns_domain;
  usage.file_name = spec::file_name(account->spec, facts);
  usage.config_name = usage.file_name.substr(0, usage.file_name.rfind(".json"));
  usage.object_name = spec::object_name({}, account->spec);
  for (const auto& target : seen->desired->spec_targets)
    if (const auto* cluster = std::get_if<model::KubernetesTarget>(&target.spec.place)) {
      const auto accounts = plan::delivered_to(target.name, *seen->desired);
      if (std::find(accounts.begin(), accounts.end(), account) == accounts.end()) continue;
      usage.object_name = spec::object_name(cluster->name, account->spec);
      usage.bindings.insert(usage.bindings.end(), cluster->bindings.begin(), cluster->bindings.end());
    }
  for (const auto& spn : account->spec.service_principal_names)
    usage.service_principal_names.push_back(spn.text);
  std::cout << spec::usage(options.usage_kind, usage);
  return ExitCode::done;
}

ExitCode spec_validate(const Options& options) {
  std::optional<Loaded> loaded;
  std::optional<Seen> seen;
  ExitCode code = ExitCode::done;
  if (!options.environments.empty() || options.all_environments) {
    auto read = load(options);
    if (!read) return read.error();
    loaded = std::move(*read);
    seen = see(options, *loaded, false, code);
    if (!seen) return code;
  }
  for (const auto& path : options.spec_files) {
    const auto text = read_file(path);
    if (!text) {
      print_error(options, path, text.error());
      code = worst(code, ExitCode::invalid);
      continue;
    }
    const auto lines = split(*text, '\n');
    const auto found = spec::validate(*text, path, seen ? &seen->observations.directory : nullptr);
    print_diagnostics(options, found,
                      [&](std::string_view, uint32_t line) -> std::optional<std::string_view> {
                        if (line == 0 || line > lines.size()) return std::nullopt;
                        std::string_view shown = lines[line - 1];
                        if (shown.ends_with('\r')) shown.remove_suffix(1);
                        return shown;
                      });
    code = worst(code, exit_code(found));
  }
  if (code == ExitCode::done && !options.quiet)
    std::cout << "Valid: " << plural(options.spec_files.size(), "credential spec") << ".\n";
  return code;
}

ExitCode spec_list(const Options& options) {
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
  ExitCode code = ExitCode::done;
  const auto seen = see(options, *loaded, true, code);
  if (!seen) return code;
  const auto rows = rows_of(*seen);
  if (options.output == Output::json)
    print_json(rows);
  else
    print_table(rows);
  const bool unread = std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    return row.name == "-" && row.state.starts_with("unreadable");
  });
  return unread ? ExitCode::live_system : ExitCode::done;
}

}  // namespace gmsactl::cli
