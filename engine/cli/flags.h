// The flags that commands share, each described once. A flag can be given as a variable of the environment
// too, GMSACTL_ and its name in capitals, unless it chooses what is written to or allows it.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/cli/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace gmsactl::cli {

class Flags {
 public:
  /// What is parsed goes into `options`, which outlives it.
  explicit Flags(Options& options) : options_(options) {}

  /// Of every command.
  void common(CLI::App& sub);

  /// Where manifests are read from, and which environments are meant.
  void manifests(CLI::App& sub);
  /// `manifests`, and how to reach the directory.
  void live(CLI::App& sub);
  /// --target and --exclude.
  void selection(CLI::App& sub);
  /// --since, which goes without --target.
  void since(CLI::App& sub);
  void shard(CLI::App& sub);
  void require_clean(CLI::App& sub);

  /// -o text or json.
  void output(CLI::App& sub);
  /// -o in every format, and --report.
  void reports(CLI::App& sub);
  void explain(CLI::App& sub);
  void detailed_exit_code(CLI::App& sub);

  /// --out and how long it is good for.
  void saving(CLI::App& sub);
  /// How to write: asking, locking, the audit log.
  void writing(CLI::App& sub);
  /// What is not done unless it is allowed.
  void allowing(CLI::App& sub);
  void allow_deletes(CLI::App& sub);

  /// Of one command each.
  void changed(CLI::App& sub);
  void drift(CLI::App& sub);
  void watch(CLI::App& sub);
  void conformance(CLI::App& sub);

  /// Variables of flags that are on the command line or nowhere.
  const std::set<std::string>& ignored_variables() const { return command_line_only_; }

 private:
  using Formats = std::vector<std::pair<std::string, Output>>;

  void format(CLI::App& sub, const Formats& formats, const std::string& description);
  /// Of all commands together.
  static const Formats& every_format();
  void path(CLI::App& sub);
  void environment(CLI::App& sub, const std::string& description);
  void repository(CLI::App& sub);
  void revision(CLI::App& sub);
  void connection(CLI::App& sub);
  void full_every(CLI::App& sub, const std::string& description);
  void auto_approve(CLI::App& sub);
  CLI::Option* duration(CLI::App& sub, const std::string& flag, std::chrono::milliseconds& value,
                        const std::string& description);
  /// May be given as a variable.
  static CLI::Option* variable_too(CLI::Option* option);
  /// May not: it chooses what is written to, or allows it.
  CLI::Option* command_line_only(CLI::Option* option);

  Options& options_;
  std::set<std::string> command_line_only_;
};

}  // namespace gmsactl::cli
