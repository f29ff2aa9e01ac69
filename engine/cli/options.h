// What the command line says, as values; filled by command_line.cpp, read by the commands.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/make_plan.h"
#include "engine/report/render.h"
#include "providers/directory/known_controllers.h"

namespace gmsactl::cli {

using Output = report::Format;
enum class ColorChoice { automatic, always, never };

/// --report FORMAT=FILE
struct ReportFile {
  report::Format format = report::Format::text;
  std::string path;
};

struct Options : model::PlanRequest {
  std::vector<std::string> manifests;  ///< files, folders or "-"
  std::vector<std::string> environments;
  bool all_environments = false;
  std::optional<plan::Shard> shard;
  Output output = Output::text;
  std::vector<ReportFile> reports;
  std::vector<std::string> servers;
  std::string site;  ///< AD site; empty: the Environment's
  size_t parallelism = 16;
  std::chrono::milliseconds timeout{120'000};
  ColorChoice color = ColorChoice::automatic;
  std::string log_level = "warn";
  std::string log_format = "text";
  bool quiet = false;

  std::string repository;  ///< --repo; empty: the one that the manifests lie in, if any
  std::string revision;    ///< --rev; empty: the work tree
  std::string since;
  std::string allowed_signers;
  std::string compare_from, compare_to;  ///< of changed; to may be empty: the work tree

  bool require_clean = false;
  bool verify_signature = false;
  bool verify_by_variable = false;  ///< a setting of this machine asked for it, not the command line
  bool detailed_exit_code = false;
  bool explain = false;
  bool auto_approve = false;
  plan::Aim aim = plan::Aim::as_declared;
  std::string lock_id;  ///< of lock release
  std::string unit;     ///< of conformance: DN of the unit to work in
  std::string file;     ///< of apply, show and revert, or empty
  std::string out;      ///< where plan saves what it made, or empty
  std::chrono::milliseconds valid_for{std::chrono::days{7}};
  std::chrono::milliseconds lock_timeout{0};
  bool no_lock = false;
  std::string audit_log;  ///< file, or empty

  bool ignore_pending = false;  ///< of drift: for the exit code
  std::string cache;            ///< folder; empty: none
  std::chrono::milliseconds full_every{86'400'000};
  std::chrono::milliseconds interval{60'000};  ///< of watch: between two looks where nothing is told
  std::chrono::milliseconds watch_for{0};      ///< 0: without an end

  std::vector<std::string> spec_accounts;  ///< GMSA names, of spec render and usage
  std::vector<std::string> spec_files;     ///< of spec validate
  std::string usage_kind;

  std::string schema_name;
  std::string dns_servers;  ///< from GMSACTL_DNS_SERVERS only
  /// What this run learns about domain controllers.
  std::shared_ptr<directory::KnownControllers> known_controllers =
      std::make_shared<directory::KnownControllers>();
};

}  // namespace gmsactl::cli
