// What the command line says, as values; filled by command_line.cpp, read by the commands.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/report/render.h"

namespace gmsactl::cli {

using Output = report::Format;
enum class ColorChoice { automatic, always, never };

/// --report FORMAT=FILE
struct ReportFile {
  report::Format format = report::Format::text;
  std::string path;
};

struct Options {
  std::vector<std::string> manifests;  ///< files, folders or "-"
  std::vector<std::string> environments;
  bool all_environments = false;
  std::vector<std::string> targets;
  std::vector<std::string> excludes;
  Output output = Output::text;
  std::vector<ReportFile> reports;
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

  std::vector<std::string> spec_accounts;  ///< GMSA names, of spec render and usage
  std::vector<std::string> spec_files;     ///< of spec validate
  std::string usage_kind;

  std::string schema_name;
  std::string dns_servers;  ///< from GMSACTL_DNS_SERVERS only
};

}  // namespace gmsactl::cli
