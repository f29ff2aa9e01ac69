#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/logging.h"
#include "engine/cli/terminal.h"
#include "engine/spec/usage.h"
#include "gmsactl/version.h"

namespace gmsactl::cli {

namespace {

using Command = ExitCode (*)(const Options&);

/// "90", "90s", "1500ms", "2m", "1h".
std::string read_duration(const std::string& text, std::chrono::milliseconds& duration) {
  static const std::map<std::string, int64_t> units{
      {"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  const auto unit = units.find(std::string(end, text.data() + text.size()));
  if (error != std::errc{} || unit == units.end() || amount <= 0 || amount > 86'400'000)
    return "\"" + text + "\" is no duration; write 30s, 1500ms or 2m";
  duration = std::chrono::milliseconds(amount * unit->second);
  return {};
}

std::string format_names() {
  std::string names;
  for (const auto format : report::all_formats)
    names += (names.empty() ? "" : ", ") + std::string(report::name(format));
  return names;
}

/// "markdown=plan.md".
std::string read_report(const std::string& text, ReportFile& file) {
  const auto equals = std::min(text.find('='), text.size());
  file.path = text.substr(std::min(equals + 1, text.size()));
  for (const auto format : report::all_formats)
    if (!file.path.empty() && text.substr(0, equals) == report::name(format)) {
      file.format = format;
      return {};
    }
  return "\"" + text + "\" is not FORMAT=FILE with one of these formats: " + format_names();
}

/// An empty variable of a pipeline must not turn "this revision" into "whatever is there".
const CLI::Validator not_empty(
    [](std::string& text) { return text.empty() ? std::string("is empty") : std::string(); }, "");

class CommandLine {
 public:
  CommandLine() : app_("Group Managed Service Accounts for Windows containers, as code.", "gmsactl") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string("gmsactl ") + gmsactl::version);
    app_.footer(
        "Exit codes: 0 done; 2 there are changes (drift, plan --detailed-exitcode); 3 manifests or command "
        "line "
        "wrong;\n"
        "4 live system not reached, read or fit; 5 somebody else changed it; 6 partly applied; 7 refused;\n"
        "8 locked; 130 interrupted; 1 unforeseen. More: man gmsactl.");
    auto* check = add("validate", "Check manifests; touches no network", validate);
    manifest_flags(*check);
    auto* show = add("plan", "Show what apply would do; never writes to a live system", plan);
    live_flags(*show);
    report_flags(*show);
    detailed_flag(*show);
    named(show->add_flag("--explain", options_.explain, "Say why each change is proposed"), "EXPLAIN");
    out_flags(*show);
    allowing_flags(*show);
    since_flag(*show);
    auto* write = add("apply", "Make live state match the manifests", apply);
    live_flags(*write);
    report_flags(*write);
    named(write->add_flag("--explain", options_.explain, "Say why each change is proposed"), "EXPLAIN");
    writing_flags(*write);
    write->add_option("plan", options_.file,
                      "A saved plan: do exactly that, or nothing where anything it is about has changed");
    allowing_flags(*write);
    since_flag(*write);
    named(write->add_flag("--require-clean", options_.require_clean,
                          "Refuse manifests that are not as committed to git"),
          "REQUIRE_CLEAN");
    revert_command();
    auto* saved = add("show", "Show a saved plan or what an apply has done", show_file);
    report_flags(*saved);
    named(saved->add_flag("--explain", options_.explain, "Say why each change is proposed"), "EXPLAIN");
    saved->add_option("file", options_.file, "What plan --out wrote, or apply -o json")->required();
    auto* compare =
        add("changed", "Environments and addresses that differ between two git revisions", changed);
    changed_flags(*compare);
    drift_commands();
    ownership_commands();
    spec_commands();
    auto* print = add("schema", "Print the JSON Schema of a manifest kind, for editors", schema);
    print->add_option("kind", options_.schema_name,
                      "manifest (all kinds, the default), Environment, HostGroup, GMSA, SpecTarget, plan, "
                      "report, events or changed");
    auto* tell = add("version", "Print the version", version);
    output_flag(*tell);
  }

  ExitCode run(int argc, char** argv) {
    if (argc > 1 && argv[1][0] != '-') first_word_ = argv[1];
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return explain(error);
    }
    if (const char* servers = std::getenv("GMSACTL_DNS_SERVERS")) options_.dns_servers = servers;
    start_logging(options_.log_level, options_.log_format);
    warn_about_variables();
    return command_(options_);
  }

 private:
  using Outputs = std::map<std::string, Output>;
  static inline const Outputs documents{{"text", Output::text}, {"json", Output::json}};
  static inline const Outputs streams{{"text", Output::text}, {"jsonl", Output::jsonl}};

  void drift_commands() {
    auto* compare =
        add("drift", "Compare live state with the manifests; never writes to a live system", drift);
    live_flags(*compare);
    report_flags(*compare);
    named(compare->add_flag("--ignore-pending", options_.ignore_pending,
                            "Exit with 0 where only the manifests changed, and nothing live"),
          "IGNORE_PENDING");
    named(compare
              ->add_option("--cache", options_.cache,
                           "Folder to remember what was seen in; then only what changed since is read")
              ->type_name("DIR"),
          "CACHE");
    named(duration(*compare, "--full-every", options_.full_every,
                   "With --cache: how old the last look at everything may be (24h)"),
          "FULL_EVERY");
    auto* keep = add("watch", "Compare whenever something changes; never writes to a live system", watch);
    live_flags(*keep);
    output_flag(*keep, streams);
    named(duration(*keep, "--interval", options_.interval,
                   "Longest time between two looks, whatever the directory tells (1m)"),
          "INTERVAL");
    named(duration(*keep, "--full-every", options_.full_every,
                   "How old the last look at everything may be (24h)"),
          "FULL_EVERY");
    named(duration(*keep, "--for", options_.watch_for, "End after this time (never)"), "FOR");
  }

  void revert_command() {
    auto* back = add("revert", "Plan to take back what an apply has done", revert);
    back->add_option("result", options_.file, "What apply -o json or --report json=FILE wrote")->required();
    live_flags(*back);
    report_flags(*back);
    detailed_flag(*back);
    out_flags(*back);
    allow_deletes_flag(*back);
  }

  void ownership_commands() {
    auto* take =
        add("adopt", "Take over existing objects that nobody manages, and change nothing else", adopt);
    live_flags(*take);
    report_flags(*take);
    writing_flags(*take);
    auto* release = add("forget", "Release managed objects, and change nothing else", forget);
    live_flags(*release, /*with_target=*/false);
    report_flags(*release);
    writing_flags(*release);
    release->add_option("address", options_.targets, "What to release: GMSA/NAME, HostGroup/NAME or a glob")
        ->required();
    auto* lock = app_.add_subcommand("lock", "The lock that one run holds while it writes");
    lock->require_subcommand(1);
    auto* holder = add("status", "Who holds the lock", lock_status, lock);
    live_flags(*holder, /*with_target=*/false);
    output_flag(*holder);
    auto* unlock = add("release", "Release a lock whose run is gone", lock_release, lock);
    live_flags(*unlock, /*with_target=*/false);
    unlock->add_option("--id", options_.lock_id, "The lock's id, as lock status shows it")
        ->required()
        ->type_name("ID");
  }

  void spec_commands() {
    auto* spec = app_.add_subcommand("spec", "Credential specs: render, list, validate, and how to use them");
    spec->require_subcommand(1);
    auto* render = add("render", "Print the credential spec of an account", spec_render, spec);
    live_flags(*render);
    output_flag(*render);
    render->add_option("account", options_.spec_accounts, "GMSA by its name in the manifests")
        ->required()
        ->expected(1);
    auto* usage =
        add("usage", "Print what to put where so that something runs as an account", spec_usage, spec);
    live_flags(*usage);
    output_flag(*usage);
    usage->add_option("account", options_.spec_accounts, "GMSA by its name in the manifests")
        ->required()
        ->expected(1);
    usage
        ->add_option("--for", options_.usage_kind,
                     "docker, swarm, compose, kubernetes, servicefabric, iis, service, console or sql")
        ->required()
        ->check(CLI::IsMember(std::vector<std::string>(spec::usage_kinds.begin(), spec::usage_kinds.end()))
                    .description(""))
        ->type_name("WHAT");
    auto* validate_files = add("validate", "Check credential specs that somebody wrote", spec_validate, spec);
    live_flags(*validate_files);
    output_flag(*validate_files);
    validate_files
        ->add_option("file", options_.spec_files,
                     "Files; with --env their facts are compared with the directory")
        ->required();
    auto* list = add("list", "Which credential specs are where", spec_list, spec);
    live_flags(*list);
    output_flag(*list);
  }

  CLI::App* add(const std::string& name, const std::string& description, Command command,
                CLI::App* parent = nullptr) {
    auto* sub = (parent != nullptr ? parent : &app_)->add_subcommand(name, description);
    sub->callback([this, command] { command_ = command; });
    const std::map<std::string, ColorChoice> choices{
        {"auto", ColorChoice::automatic}, {"always", ColorChoice::always}, {"never", ColorChoice::never}};
    named(sub->add_option("--color", options_.color, "Colours in text: auto, always, never")
              ->transform(CLI::CheckedTransformer(choices).description(""))
              ->type_name("WHEN"),
          "COLOR");
    named(sub->add_option("--log-level", options_.log_level, "error, warn, info, debug or trace")
              ->check(CLI::IsMember({"error", "warn", "info", "debug", "trace"}).description(""))
              ->type_name("LEVEL"),
          "LOG_LEVEL");
    named(sub->add_option("--log-format", options_.log_format, "text or json")
              ->check(CLI::IsMember({"text", "json"}).description(""))
              ->type_name("FORMAT"),
          "LOG_FORMAT");
    named(sub->add_flag("--quiet", options_.quiet, "No progress, notes or warnings"), "QUIET");
    return sub;
  }

  /// Every flag can be given as a variable, except those that choose what is written to or allow it.
  static void named(CLI::Option* option, const std::string& variable) {
    option->envname("GMSACTL_" + variable);
  }

  static CLI::Option* duration(CLI::App& sub, const std::string& flag, std::chrono::milliseconds& value,
                               const std::string& description) {
    return sub
        .add_option_function<std::string>(
            flag,
            [&value, flag](const std::string& text) {
              if (const auto wrong = read_duration(text, value); !wrong.empty())
                throw CLI::ValidationError(flag, wrong);
            },
            description)
        ->type_name("DURATION");
  }

  void output_flag(CLI::App& sub, const Outputs& outputs = documents) {
    named(sub.add_option("-o,--output", options_.output,
                         outputs.contains("json") ? "text or json" : "text or jsonl")
              ->transform(CLI::CheckedTransformer(outputs).description(""))
              ->type_name("FORMAT"),
          "OUTPUT");
  }

  /// Of commands that show a plan, or what became of it.
  void report_flags(CLI::App& sub) {
    std::map<std::string, Output> formats;
    for (const auto format : report::all_formats) formats.emplace(report::name(format), format);
    named(sub.add_option("-o,--output", options_.output, "Format on standard output: " + format_names())
              ->transform(CLI::CheckedTransformer(formats).description(""))
              ->type_name("FORMAT"),
          "OUTPUT");
    named(sub.add_option_function<std::vector<std::string>>(
                 "--report",
                 [this](const std::vector<std::string>& texts) {
                   for (const auto& text : texts)
                     if (const auto wrong = read_report(text, options_.reports.emplace_back());
                         !wrong.empty())
                       throw CLI::ValidationError("--report", wrong);
                 },
                 "Also write a report in this format to a file, or - for standard output; repeatable")
              ->type_name("FORMAT=FILE")
              ->allow_extra_args(false),
          "REPORT");
  }

  void path_flag(CLI::App& sub) {
    sub.add_option("-f,--manifests", options_.manifests,
                   "File, folder or - for standard input; repeatable; default .")
        ->type_name("PATH")
        ->allow_extra_args(false);
  }

  void environment_flags(CLI::App& sub, const std::string& description) {
    sub.add_option("-e,--env", options_.environments, description)
        ->type_name("NAME")
        ->allow_extra_args(false);
    sub.add_flag("--all-envs", options_.all_environments, "Every environment");
  }

  void out_flags(CLI::App& sub) {
    sub.add_option("--out", options_.out, "Save the plan, for apply FILE and show FILE")->type_name("FILE");
    named(duration(sub, "--valid-for", options_.valid_for, "How long apply takes the saved plan (168h)"),
          "VALID_FOR");
  }

  void detailed_flag(CLI::App& sub) {
    named(sub.add_flag("--detailed-exitcode", options_.detailed_exit_code,
                       "Exit with 2 where there are changes"),
          "DETAILED_EXITCODE");
  }

  void manifest_flags(CLI::App& sub) {
    path_flag(sub);
    environment_flags(sub, "Environment; repeatable; no default where several are defined");
    revision_flags(sub);
  }

  void repository_flag(CLI::App& sub) {
    named(sub.add_option("--repo", options_.repository,
                         "Git repository, bare or with a work tree; paths then begin at its root")
              ->check(not_empty)
              ->type_name("PATH"),
          "REPO");
  }

  /// Where manifests come from in git, of every command that reads them.
  void revision_flags(CLI::App& sub) {
    named(sub.add_option("--rev", options_.revision, "Read the manifests as this git revision has them")
              ->check(not_empty)
              ->type_name("REV"),
          "REV");
    repository_flag(sub);
    auto* verify = sub.add_flag("--verify-signature", options_.verify_signature,
                                "Refuse a commit that no allowed signer has signed");
    auto* signers = sub.add_option("--allowed-signers", options_.allowed_signers,
                                   "Who may sign: an allowed_signers file of SSH, or exported OpenPGP keys")
                        ->check(not_empty)
                        ->type_name("FILE");
    named(verify->needs(signers), "VERIFY_SIGNATURE");
    named(signers->needs(verify), "ALLOWED_SIGNERS");
  }

  /// On the command line only, as what it stands in for: it chooses what is written to.
  void since_flag(CLI::App& sub) {
    sub.add_option("--since", options_.since,
                   "Only the addresses that are declared otherwise since this revision")
        ->check(not_empty)
        ->type_name("REV")
        ->excludes(sub.get_option("--target"));
  }

  void changed_flags(CLI::App& sub) {
    named(sub.add_option("--from", options_.compare_from, "The earlier revision")
              ->required()
              ->check(not_empty)
              ->type_name("REV"),
          "FROM");
    named(sub.add_option("--to", options_.compare_to, "The later revision; default: the work tree")
              ->check(not_empty)
              ->type_name("REV"),
          "TO");
    path_flag(sub);
    environment_flags(sub, "Only this environment; repeatable; default: all");
    repository_flag(sub);
    output_flag(sub);
    detailed_flag(sub);
  }

  void writing_flags(CLI::App& sub) {
    sub.add_flag("--auto-approve", options_.auto_approve, "Do not ask before writing");
    sub.add_flag("--no-lock", options_.no_lock, "Neither take the lock nor heed it");
    named(sub.add_option("--audit-log", options_.audit_log,
                         "Append a line of JSON for every write to this file")
              ->type_name("FILE"),
          "AUDIT_LOG");
    named(duration(sub, "--lock-timeout", options_.lock_timeout,
                   "How long to wait for another run (not at all)"),
          "LOCK_TIMEOUT");
  }

  void live_flags(CLI::App& sub, bool with_target = true) {
    manifest_flags(sub);
    if (with_target) selection_flags(sub);
    connection_flags(sub);
  }

  void selection_flags(CLI::App& sub) {
    sub.add_option("--target", options_.targets,
                   "Only these addresses and what they require; a glob such as 'GMSA/Web*'; repeatable")
        ->type_name("KIND/NAME")
        ->allow_extra_args(false);
    sub.add_option("--exclude", options_.excludes, "Not these addresses; repeatable")
        ->type_name("KIND/NAME")
        ->allow_extra_args(false);
  }

  void connection_flags(CLI::App& sub) {
    sub.add_option("--server", options_.servers,
                   "ldap://…, ldaps://… or ldif:FILE in place of the Environment's; repeatable")
        ->type_name("URL")
        ->allow_extra_args(false);
    named(sub.add_option("--parallelism", options_.parallelism, "Changes under way at once (16)")
              ->check(CLI::Range(1, 256).description(""))
              ->type_name("N"),
          "PARALLELISM");
    named(duration(sub, "--timeout", options_.timeout, "Longest wait for one answer (2m)"), "TIMEOUT");
  }

  void allow_deletes_flag(CLI::App& sub) {
    sub.add_option("--allow-deletes", options_.allow_deletes,
                   "Deletions and members removed that this run may make, in place of the policy's limits")
        ->type_name("N");
  }

  /// What is not done unless it is allowed, on the command line only.
  void allowing_flags(CLI::App& sub) {
    sub.add_flag("--adopt", options_.adopt, "Take over existing objects that nobody manages");
    sub.add_flag("--prune", options_.prune, "Delete what gmsactl manages and no manifest declares any more");
    allow_deletes_flag(sub);
    sub.add_option("--allow-replace", options_.allow_replace,
                   "Allow replacing this account, which gives it a new SID; repeatable")
        ->type_name("GMSA/NAME")
        ->allow_extra_args(false);
  }

  ExitCode explain(const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app_.exit(error, std::cout, std::cerr);
      return ExitCode::done;
    }
    const auto used = app_.get_subcommands();
    if (used.empty() && !first_word_.empty()) return unknown_command();
    std::string command = used.empty() ? "gmsactl" : "gmsactl " + used.front()->get_name();
    if (!used.empty() && !used.front()->get_subcommands().empty())
      command += " " + used.front()->get_subcommands().front()->get_name();
    print_usage_error(options_, error.what(), "Run " + command + " --help.");
    return ExitCode::invalid;
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
    static constexpr std::array ignored{"GMSACTL_MANIFESTS",    "GMSACTL_ENV",           "GMSACTL_ALL_ENVS",
                                        "GMSACTL_SERVER",       "GMSACTL_TARGET",        "GMSACTL_EXCLUDE",
                                        "GMSACTL_AUTO_APPROVE", "GMSACTL_ALLOW_REPLACE", "GMSACTL_ADOPT",
                                        "GMSACTL_PRUNE",        "GMSACTL_ALLOW_DELETES", "GMSACTL_SINCE",
                                        "GMSACTL_NO_LOCK"};
    for (const char* name : ignored)
      if (std::getenv(name) != nullptr)
        log(LogLevel::warn, "variable is ignored: what is written to is chosen on the command line only",
            {{"variable", name}});
  }

  CLI::App app_;
  Options options_;
  Command command_ = nullptr;
  std::string first_word_;  ///< where the command's name is expected
};

}  // namespace

ExitCode run(int argc, char** argv) {
  CommandLine line;
  return line.run(argc, argv);
}

}  // namespace gmsactl::cli
