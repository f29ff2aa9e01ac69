// What the command line says, as values; filled by command_line.cpp, read by the commands.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gmsactl::cli {

enum class Output { text, json, jsonl };
enum class ColorChoice { automatic, always, never };

struct Options {
  std::vector<std::string> manifests;  ///< files, folders or "-"
  std::vector<std::string> environments;
  bool all_environments = false;
  std::vector<std::string> targets;
  std::vector<std::string> excludes;
  Output output = Output::text;
  std::vector<std::string> servers;
  size_t parallelism = 16;
  std::chrono::milliseconds timeout{120'000};
  ColorChoice color = ColorChoice::automatic;
  std::string log_level = "warn";
  std::string log_format = "text";
  bool quiet = false;

  bool detailed_exit_code = false;
  bool explain = false;
  bool auto_approve = false;
  std::vector<std::string> allow_replace;
  bool adopt = false;
  bool prune = false;
  std::optional<size_t> allow_deletes;

  bool ignore_pending = false;                     ///< of drift: for the exit code
  std::string cache;                               ///< folder; empty: none
  std::chrono::milliseconds full_every{86'400'000};
  std::chrono::milliseconds interval{60'000};      ///< of watch: between two looks where nothing is told
  std::optional<std::chrono::milliseconds> watch_for;

  std::vector<std::string> spec_accounts;  ///< GMSA names, of spec render and usage
  std::vector<std::string> spec_files;     ///< of spec validate
  std::string usage_kind;

  std::string schema_name;
  std::string dns_servers;  ///< from GMSACTL_DNS_SERVERS only
};

}  // namespace gmsactl::cli
