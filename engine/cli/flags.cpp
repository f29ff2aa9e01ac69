#include "engine/cli/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>

#include "engine/base/text.h"
#include "engine/model/site.h"

namespace gmsactl::cli {

namespace {

/// A whole number in digits alone: no sign, no space, no leading zero, no other base. The library takes -1
/// for the largest of all.
std::optional<int64_t> read_digits(std::string_view text) {
  int64_t number = 0;
  const bool digits_only = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits_only || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

/// "90", "90s", "1500ms", "2m", "1h".
std::string read_duration(const std::string& text, std::chrono::milliseconds& duration) {
  static const std::map<std::string, int64_t> units{
      {"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  // Clocks count nanoseconds, and their numbers end after 292 years.
  constexpr int64_t longest = std::chrono::milliseconds(std::chrono::hours(87'600)).count();
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto amount = read_digits(std::string_view(text).substr(0, digits));
  const auto unit = units.find(text.substr(digits));
  if (!amount || *amount == 0 || unit == units.end())
    return "\"" + printable(text) + "\" is not a duration; write 30s, 1500ms or 2m";
  if (*amount > longest / unit->second) return "\"" + printable(text) + "\" is longer than ten years, 87600h";
  duration = std::chrono::milliseconds(*amount * unit->second);
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

/// It becomes part of a DNS name.
const CLI::Validator site_name(
    [](std::string& text) {
      const auto problem = model::site_name_problem(text);
      return problem
                 ? "\"" + printable(text) + "\" is not the name of an Active Directory site: it " + *problem
                 : std::string();
    },
    "");

/// A catalog's ports show a part of each object, which would pass for the whole.
const CLI::Validator no_catalog(
    [](std::string& text) {
      std::string_view url = text;
      while (url.ends_with('/')) url.remove_suffix(1);
      if (!url.ends_with(":3268") && !url.ends_with(":3269")) return std::string();
      const bool tls = url.starts_with("ldaps:");
      return "\"" + text +
             "\" is the port of a global catalog, which shows a part of each object only: use port " +
             (tls ? "636" : "389");
    },
    "");

/// "GMSACTL_LOCK_TIMEOUT" of --lock-timeout.
std::string variable_of(const CLI::Option& option) {
  std::string name = "GMSACTL_" + option.get_lnames().front();
  std::replace(name.begin(), name.end(), '-', '_');
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return name;
}

template <class Set>
CLI::Option* number(CLI::App& sub, const std::string& flag, int64_t least, int64_t most, Set set,
                    const std::string& description) {
  return sub
      .add_option_function<std::string>(
          flag,
          [flag, least, most, set](const std::string& text) {
            const auto value = read_digits(text);
            if (!value || *value < least || *value > most)
              throw CLI::ValidationError(flag, "\"" + printable(text) + "\" is not a whole number from " +
                                                   std::to_string(least) + " to " + std::to_string(most));
            set(static_cast<size_t>(*value));
          },
          description)
      ->type_name("N");
}

/// A flag that takes one of a few words, and says which where it gets another.
template <class Value>
CLI::Option* choice(CLI::App& sub, const std::string& flag,
                    const std::vector<std::pair<std::string, Value>>& choices, Value& value,
                    const std::string& description) {
  const std::string name = flag.substr(flag.find("--"));
  return sub.add_option_function<std::string>(
      flag,
      [choices, name, &value](const std::string& text) {
        std::vector<std::string> words;
        for (const auto& [word, meaning] : choices) {
          if (word == text) {
            value = meaning;
            return;
          }
          words.push_back(word);
        }
        std::string wrong = "\"" + printable(text) + "\" is not one of " + join(words, ", ");
        const std::vector<std::string_view> candidates(words.begin(), words.end());
        if (const auto near = nearest(text, candidates); !near.empty())
          wrong += "; did you mean " + std::string(near) + "?";
        throw CLI::ValidationError(name, wrong);
      },
      description);
}

}  // namespace

CLI::Option* Flags::variable_too(CLI::Option* option) { return option->envname(variable_of(*option)); }

CLI::Option* Flags::command_line_only(CLI::Option* option) {
  command_line_only_.insert(variable_of(*option));
  return option;
}

CLI::Option* Flags::duration(CLI::App& sub, const std::string& flag, std::chrono::milliseconds& value,
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

void Flags::common(CLI::App& sub) {
  const std::vector<std::pair<std::string, ColorChoice>> choices{
      {"auto", ColorChoice::automatic}, {"always", ColorChoice::always}, {"never", ColorChoice::never}};
  variable_too(choice(sub, "--color", choices, options_.color, "Colours in text: auto, always, never")
                   ->type_name("WHEN"));
  variable_too(sub.add_option("--log-level", options_.log_level, "error, warn, info, debug or trace")
                   ->check(CLI::IsMember({"error", "warn", "info", "debug", "trace"}).description(""))
                   ->type_name("LEVEL"));
  variable_too(sub.add_option("--log-format", options_.log_format, "text or json")
                   ->check(CLI::IsMember({"text", "json"}).description(""))
                   ->type_name("FORMAT"));
  variable_too(sub.add_flag("--quiet", options_.quiet, "No progress, notes or warnings"));
}

// --- what is read -----------------------------------------------------------------------------------------

void Flags::path(CLI::App& sub) {
  command_line_only(sub.add_option("-f,--manifests", options_.manifests,
                                   "File, folder or - for standard input; repeatable; default .")
                        ->type_name("PATH")
                        ->allow_extra_args(false));
}

void Flags::environment(CLI::App& sub, const std::string& description) {
  command_line_only(sub.add_option("-e,--env", options_.environments, description)
                        ->type_name("NAME")
                        ->allow_extra_args(false));
  command_line_only(sub.add_flag("--all-envs", options_.all_environments, "Every environment"));
}

void Flags::repository(CLI::App& sub) {
  command_line_only(sub.add_option("--repo", options_.repository,
                                   "Git repository, bare or with a work tree; paths then begin at its root")
                        ->type_name("PATH"));
}

void Flags::revision(CLI::App& sub) {
  command_line_only(
      sub.add_option("--rev", options_.revision, "Read the manifests as this git revision has them")
          ->type_name("REV"));
  repository(sub);
  // That they go together is seen in check_signature_flags().
  variable_too(sub.add_flag("--verify-signature", options_.verify_signature,
                            "Refuse a commit that no allowed signer has signed"));
  variable_too(sub.add_option("--allowed-signers", options_.allowed_signers,
                              "Who may sign: an allowed_signers file of SSH, or exported OpenPGP keys")
                   ->type_name("FILE"));
}

void Flags::manifests(CLI::App& sub) {
  path(sub);
  environment(sub, "Environment; repeatable; no default where several are defined");
  revision(sub);
}

void Flags::selection(CLI::App& sub) {
  command_line_only(
      sub.add_option("--target", options_.targets,
                     "Only these addresses and what they require; a glob such as 'GMSA/Web*'; repeatable")
          ->type_name("KIND/NAME")
          ->allow_extra_args(false));
  command_line_only(sub.add_option("--exclude", options_.excludes, "Not these addresses; repeatable")
                        ->type_name("KIND/NAME")
                        ->allow_extra_args(false));
}

void Flags::since(CLI::App& sub) {
  command_line_only(sub.add_option("--since", options_.since,
                                   "Only the addresses that are declared otherwise since this revision")
                        ->type_name("REV")
                        ->excludes(sub.get_option("--target")));
}

void Flags::shard(CLI::App& sub) {
  command_line_only(sub.add_option_function<std::string>(
                           "--shard",
                           [this](const std::string& text) {
                             options_.shard = plan::parse_shard(text);
                             if (!options_.shard)
                               throw CLI::ValidationError(
                                   "--shard",
                                   "\"" + text +
                                       "\" is not I/N; of three parts the first is 0/3 and the last 2/3");
                           },
                           "Only part I, from 0 on, of N parts that N runs look at side by side")
                        ->type_name("I/N"));
}

void Flags::require_clean(CLI::App& sub) {
  variable_too(sub.add_flag("--require-clean", options_.require_clean,
                            "Refuse manifests that are not as committed to git"));
}

void Flags::connection(CLI::App& sub) {
  command_line_only(
      sub.add_option("--server", options_.servers,
                     "ldap://…, ldaps://… or ldif:FILE in place of the Environment's; repeatable")
          ->type_name("URL")
          ->check(no_catalog)
          ->allow_extra_args(false));
  variable_too(
      sub.add_option("--site", options_.site, "Active Directory site whose domain controllers come first")
          ->check(site_name)
          ->type_name("NAME"));
  variable_too(number(
      sub, "--parallelism", 1, 256, [this](size_t value) { options_.parallelism = value; },
      "Changes under way at once (16)"));
  variable_too(duration(sub, "--timeout", options_.timeout, "Longest wait for one answer (2m)"));
}

void Flags::live(CLI::App& sub) {
  manifests(sub);
  connection(sub);
}

// --- what is shown ----------------------------------------------------------------------------------------

const Flags::Formats& Flags::every_format() {
  static const Formats formats = [] {
    Formats all;
    for (const auto each : report::all_formats) all.emplace_back(report::name(each), each);
    return all;
  }();
  return formats;
}

void Flags::format(CLI::App& sub, const Formats& formats, const std::string& description) {
  auto* option = choice(sub, "-o,--output", formats, options_.output, description)->type_name("FORMAT");
  // A pipeline sets the variable once for all its commands; each takes the formats it has.
  const char* text = std::getenv(variable_of(*option).c_str());
  const auto is_it = [&](const auto& format) { return text != nullptr && format.first == text; };
  const bool of_another_command = std::any_of(every_format().begin(), every_format().end(), is_it) &&
                                  std::none_of(formats.begin(), formats.end(), is_it);
  if (!of_another_command) variable_too(option);
}

void Flags::output(CLI::App& sub) {
  format(sub, {{"text", Output::text}, {"json", Output::json}}, "text or json");
}

void Flags::reports(CLI::App& sub) {
  format(sub, every_format(), "Format on standard output: " + format_names());
  variable_too(sub.add_option_function<std::vector<std::string>>(
                      "--report",
                      [this](const std::vector<std::string>& texts) {
                        for (const auto& text : texts)
                          if (const auto wrong = read_report(text, options_.reports.emplace_back());
                              !wrong.empty())
                            throw CLI::ValidationError("--report", wrong);
                      },
                      "Also write a report in this format to a file, or - for standard output; repeatable")
                   ->type_name("FORMAT=FILE")
                   ->allow_extra_args(false));
}

void Flags::explain(CLI::App& sub) {
  variable_too(sub.add_flag("--explain", options_.explain, "Say why each change is proposed"));
}

void Flags::detailed_exit_code(CLI::App& sub) {
  variable_too(sub.add_flag("--detailed-exitcode", options_.detailed_exit_code,
                            "Exit with 2 where there are changes"));
}

// --- what is written --------------------------------------------------------------------------------------

void Flags::saving(CLI::App& sub) {
  variable_too(sub.add_option("--out", options_.out, "Save the plan, for apply FILE and show FILE")
                   ->type_name("FILE"));
  variable_too(
      duration(sub, "--valid-for", options_.valid_for, "How long apply takes the saved plan (168h)"));
}

void Flags::auto_approve(CLI::App& sub) {
  command_line_only(sub.add_flag("--auto-approve", options_.auto_approve, "Do not ask before writing"));
}

void Flags::writing(CLI::App& sub) {
  auto_approve(sub);
  command_line_only(sub.add_flag("--no-lock", options_.no_lock, "Neither take the lock nor heed it"));
  variable_too(
      sub.add_option("--audit-log", options_.audit_log, "Append a line of JSON for every write to this file")
          ->type_name("FILE"));
  variable_too(duration(sub, "--lock-timeout", options_.lock_timeout,
                        "How long to wait for another run (not at all)"));
}

void Flags::allow_deletes(CLI::App& sub) {
  command_line_only(number(
      sub, "--allow-deletes", 0, 1'000'000, [this](size_t value) { options_.allow_deletes = value; },
      "Deletions and members removed that this run may make, in place of the policy's limits"));
}

void Flags::allowing(CLI::App& sub) {
  command_line_only(
      sub.add_flag("--adopt", options_.adopt, "Take over existing objects that nobody manages"));
  command_line_only(sub.add_flag("--prune", options_.prune,
                                 "Delete what gmsactl manages and no manifest declares any more"));
  allow_deletes(sub);
  command_line_only(sub.add_option("--allow-replace", options_.allow_replace,
                                   "Allow replacing this account, which gives it a new SID; repeatable")
                        ->type_name("GMSA/NAME")
                        ->allow_extra_args(false));
}

// --- of one command each ----------------------------------------------------------------------------------

void Flags::changed(CLI::App& sub) {
  variable_too(
      sub.add_option("--from", options_.compare_from, "The earlier revision")->required()->type_name("REV"));
  variable_too(sub.add_option("--to", options_.compare_to, "The later revision; default: the work tree")
                   ->type_name("REV"));
  path(sub);
  environment(sub, "Only this environment; repeatable; default: all");
  repository(sub);
  output(sub);
  detailed_exit_code(sub);
}

void Flags::full_every(CLI::App& sub, const std::string& description) {
  variable_too(duration(sub, "--full-every", options_.full_every, description));
}

void Flags::drift(CLI::App& sub) {
  reports(sub);
  variable_too(sub.add_flag("--ignore-pending", options_.ignore_pending,
                            "Exit with 0 where only the manifests changed, and nothing live"));
  variable_too(sub.add_option("--cache", options_.cache,
                              "Folder to remember what was seen in; then only what changed since is read")
                   ->type_name("DIR"));
  full_every(sub, "With --cache: how old the last look at everything may be (24h)");
}

void Flags::watch(CLI::App& sub) {
  format(sub, {{"text", Output::text}, {"jsonl", Output::jsonl}}, "text or jsonl");
  variable_too(duration(sub, "--interval", options_.interval,
                        "Longest time between two looks, whatever the directory tells (1m)"));
  full_every(sub, "How old the last look at everything may be (24h)");
  variable_too(duration(sub, "--for", options_.watch_for, "End after this time (never)"));
}

void Flags::conformance(CLI::App& sub) {
  live(sub);
  output(sub);
  auto_approve(sub);
  command_line_only(sub.add_option("--in", options_.unit,
                                   "Test unit: work in a container of its own below this DN, and remove it")
                        ->required()
                        ->type_name("DN"));
}

}  // namespace gmsactl::cli
