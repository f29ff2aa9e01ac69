#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/flags.h"
#include "engine/cli/logging.h"
#include "engine/cli/terminal.h"
#include "engine/spec/usage.h"
#include "gmsactl/version.h"

namespace gmsactl::cli {

namespace {

using Command = ExitCode (*)(const Options&);

class CommandLine {
 public:
  CommandLine() : app_("Group Managed Service Accounts for Windows containers, as code.", "gmsactl") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string("gmsactl ") + gmsactl::version);
    app_.footer(
        "Exit codes: 0 done; 2 there are changes (drift, plan --detailed-exitcode);\n"
        "3 manifests or command line wrong; 4 live system not reached, read or fit; 5 somebody else changed "
        "it;\n"
        "6 partly applied; 7 refused; 8 locked; 130 interrupted; 1 unforeseen. More: man gmsactl.");
    flags_.manifests(add("validate", "Check manifests; touches no network", validate));
    planning_commands();
    drift_commands();
    auto& compare =
        add("changed", "Environments and addresses that differ between two git revisions", changed);
    flags_.changed(compare);
    ownership_commands();
    lock_commands();
    spec_commands();
    flags_.conformance(
        add("conformance", "Try on a domain controller what gmsactl assumes of one", conformance_run));
    auto& print = add("schema", "Print the JSON Schema of a manifest kind, for editors", schema);
    print.add_option("kind", options_.schema_name,
                     "manifest (all kinds, the default), Environment, HostGroup, GMSA, SpecTarget, plan, "
                     "report, events, changed or conformance");
    add("explain", "Explain a kind, or a field of one", cli::explain)
        .add_option("topic", options_.schema_name,
                    "GMSA, HostGroup, Environment or SpecTarget, and after a dot a field: GMSA.path")
        ->required();
    flags_.output(add("version", "Print the version", version));
    refuse_empty_values(app_);
  }

  ExitCode run(int argc, char** argv) {
    if (argc > 1 && argv[1][0] != '-') first_word_ = argv[1];
    verify_signature_given_ = std::any_of(argv, argv + argc, [](std::string_view argument) {
      return argument == "--verify-signature" || argument.starts_with("--verify-signature=");
    });
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return explain(error);
    }
    if (const auto wrong = check_signature_flags(); !wrong.empty()) {
      print_usage_error(options_, wrong, "Run " + used_command() + " --help.");
      return ExitCode::invalid;
    }
    if (const char* servers = std::getenv("GMSACTL_DNS_SERVERS")) options_.dns_servers = servers;
    start_logging(options_.log_level, options_.log_format);
    warn_about_variables();
    return command_(options_);
  }

 private:
  /// `--audit-log "$LOG"` with a variable that is not set must not mean "without an audit log", and `apply
  /// "$PLAN"` not "whatever the manifests say".
  static void refuse_empty_values(CLI::App& app) {
    static const CLI::Validator not_empty(
        [](std::string& text) { return text.empty() ? std::string("is empty") : std::string(); }, "");
    for (auto* option : app.get_options())
      if (option->get_items_expected_max() > 0) option->check(not_empty);
    for (auto* sub : app.get_subcommands(nullptr)) refuse_empty_values(*sub);
  }

  /// A machine may name its signers in a variable without every command asking for a signature.
  std::string check_signature_flags() {
    const char* signers = std::getenv("GMSACTL_ALLOWED_SIGNERS");
    const bool signers_by_variable = signers != nullptr && options_.allowed_signers == signers;
    options_.verify_by_variable = options_.verify_signature && !verify_signature_given_;
    if (options_.verify_signature && options_.allowed_signers.empty())
      return "--verify-signature requires --allowed-signers";
    if (!options_.verify_signature && !options_.allowed_signers.empty() && !signers_by_variable)
      return "--allowed-signers requires --verify-signature";
    return {};
  }

  void planning_commands() {
    auto& show = add("plan", "Show what apply would do; never writes to a live system", plan);
    planned_from_manifests(show);
    flags_.saving(show);
    flags_.detailed_exit_code(show);
    auto& write = add("apply", "Make live state match the manifests", apply);
    planned_from_manifests(write);
    flags_.writing(write);
    flags_.require_clean(write);
    write.add_option("plan", options_.file,
                     "A saved plan: do exactly that, or nothing where anything it is about has changed");
    auto& saved = add("show", "Show a saved plan or what an apply has done", show_file);
    flags_.reports(saved);
    flags_.explain(saved);
    saved.add_option("file", options_.file, "What plan --out wrote, or apply -o json")->required();
    auto& back = add("revert", "Plan to take back what an apply has done", revert);
    back.add_option("result", options_.file, "What apply -o json or --report json=FILE wrote")->required();
    flags_.live(back);
    flags_.selection(back);
    flags_.reports(back);
    flags_.saving(back);
    flags_.detailed_exit_code(back);
    flags_.allow_deletes(back);
  }

  void planned_from_manifests(CLI::App& sub) {
    flags_.live(sub);
    flags_.selection(sub);
    flags_.since(sub);
    flags_.shard(sub);
    flags_.reports(sub);
    flags_.explain(sub);
    flags_.allowing(sub);
  }

  void drift_commands() {
    auto& compare =
        add("drift", "Compare live state with the manifests; never writes to a live system", drift);
    flags_.live(compare);
    flags_.selection(compare);
    flags_.shard(compare);
    flags_.drift(compare);
    auto& keep = add("watch", "Compare whenever something changes; never writes to a live system", watch);
    flags_.live(keep);
    flags_.selection(keep);
    flags_.shard(keep);
    flags_.watch(keep);
  }

  void ownership_commands() {
    auto& take =
        add("adopt", "Take over existing objects that nobody manages, and change nothing else", adopt);
    flags_.live(take);
    flags_.selection(take);
    flags_.reports(take);
    flags_.writing(take);
    auto& release = add("forget", "Release managed objects, and change nothing else", forget);
    flags_.live(release);
    flags_.reports(release);
    flags_.writing(release);
    release.add_option("address", options_.targets, "What to release: GMSA/NAME, HostGroup/NAME or a glob")
        ->required();
  }

  void lock_commands() {
    auto* lock = app_.add_subcommand("lock", "The lock that one run holds while it writes");
    lock->require_subcommand(1);
    auto& holder = add("status", "Who holds the lock", lock_status, lock);
    flags_.live(holder);
    flags_.output(holder);
    auto& unlock = add("release", "Release a lock whose run is gone", lock_release, lock);
    flags_.live(unlock);
    unlock.add_option("--id", options_.lock_id, "The lock's id, as lock status shows it")
        ->required()
        ->type_name("ID");
  }

  void spec_commands() {
    auto* spec = app_.add_subcommand("spec", "Credential specs: render, list, validate, and how to use them");
    spec->require_subcommand(1);
    const auto add_spec = [&](const char* name, const char* description, Command command) -> CLI::App& {
      auto& sub = add(name, description, command, spec);
      flags_.live(sub);
      flags_.selection(sub);
      flags_.output(sub);
      return sub;
    };
    auto& render = add_spec("render", "Print the credential spec of an account", spec_render);
    account_argument(render);
    auto& usage =
        add_spec("usage", "Print what to put where so that something runs as an account", spec_usage);
    account_argument(usage);
    usage
        .add_option("--for", options_.usage_kind,
                    "docker, swarm, compose, kubernetes, servicefabric, iis, service, console or sql")
        ->required()
        ->check(CLI::IsMember(std::vector<std::string>(spec::usage_kinds.begin(), spec::usage_kinds.end()))
                    .description(""))
        ->type_name("WHAT");
    add_spec("validate", "Check credential specs that somebody wrote", spec_validate)
        .add_option("file", options_.spec_files,
                    "Files; with --env their facts are compared with the directory")
        ->required();
    add_spec("list", "Which credential specs are where", spec_list);
  }

  void account_argument(CLI::App& sub) {
    sub.add_option("account", options_.spec_accounts, "GMSA by its name in the manifests")
        ->required()
        ->expected(1);
  }

  CLI::App& add(const std::string& name, const std::string& description, Command command,
                CLI::App* parent = nullptr) {
    auto* sub = (parent != nullptr ? parent : &app_)->add_subcommand(name, description);
    // On completion of its own parsing: only then are variables read, and only those of this command's flags.
    sub->parse_complete_callback([this, command] { command_ = command; });
    flags_.common(*sub);
    return *sub;
  }

  ExitCode explain(const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app_.exit(error, std::cout, std::cerr);
      return ExitCode::done;
    }
    if (app_.get_subcommands().empty() && !first_word_.empty()) return unknown_command();
    std::string what = error.what();
    // The library's words: "Could not convert: --quiet = x".
    constexpr std::string_view unconverted = "Could not convert: ";
    if (what.starts_with(unconverted)) what = what.substr(unconverted.size()) + " is neither true nor false";
    print_usage_error(options_, what, "Run " + used_command() + " --help.");
    return ExitCode::invalid;
  }

  /// "gmsactl lock status".
  std::string used_command() const {
    std::string command = "gmsactl";
    for (auto used = app_.get_subcommands(); !used.empty(); used = used.front()->get_subcommands())
      command += " " + used.front()->get_name();
    return command;
  }

  ExitCode unknown_command() const {
    std::vector<std::string> names;
    for (const auto* sub : app_.get_subcommands(nullptr)) names.push_back(sub->get_name());
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const auto near = nearest(first_word_, candidates);
    print_usage_error(options_,
                      "there is no command \"" + first_word_ + "\"; there are: " + join(names, ", "),
                      near.empty() ? "Run gmsactl --help." : "Did you mean \"" + std::string(near) + "\"?");
    return ExitCode::invalid;
  }

  void warn_about_variables() const {
    for (const auto& name : flags_.ignored_variables())
      if (std::getenv(name.c_str()) != nullptr)
        log(LogLevel::warn, "variable is ignored: what is written to is chosen on the command line only",
            {{"variable", name}});
  }

  CLI::App app_;
  Options options_;
  Flags flags_{options_};
  Command command_ = nullptr;
  bool verify_signature_given_ = false;  ///< on the command line
  std::string first_word_;               ///< where the command's name is expected
};

}  // namespace

ExitCode run(int argc, char** argv) {
  CommandLine line;
  return line.run(argc, argv);
}

}  // namespace gmsactl::cli
