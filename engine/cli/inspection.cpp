#include "engine/cli/inspection.h"

#include "engine/cli/environment_run.h"
#include "engine/cli/estate.h"
#include "engine/cli/logging.h"
#include "engine/cli/terminal.h"
#include "gmsactl/version.h"
#include "providers/directory/directory_provider.h"

namespace gmsactl::cli {

Inspection::Inspection(std::unique_ptr<ReadingEstate> estate) : estate_(std::move(estate)) {}
Inspection::Inspection(Inspection&&) noexcept = default;
Inspection::~Inspection() = default;

Result<Inspection> Inspection::start(const Options& options, const model::Environment& environment,
                                     const plan::Options& planning, const Preference& preference) {
  auto session = session_options(options);
  session.prefer = preference.server;
  session.stay = preference.stay;
  auto directory = GMSACTL_TRY(directory::DirectoryObserver::create(environment, session));
  log(LogLevel::info, "connected", {{"environment", environment.name}, {"server", directory->peer()}});
  const credentialspec::TargetOptions targets{std::max<size_t>(options.parallelism, 1), options.timeout};
  auto estate = std::make_unique<ReadingEstate>(std::move(directory), targets);
  estate->limit_to(planning);
  return Inspection(std::move(estate));
}

ports::Observer& Inspection::observer() { return *estate_; }
ports::ChangeFeed& Inspection::feed() { return estate_->directory(); }
void Inspection::log_requests() const { cli::log_requests(estate_->directory().counters()); }

drift::CheckOptions check_options(const Options& options, const Loaded& loaded,
                                  const model::Desired& desired) {
  drift::CheckOptions check;
  check.planning = planning(options, loaded, desired);
  check.planning.adopt = true;
  check.program = version;
  check.full_every = std::chrono::duration_cast<std::chrono::seconds>(options.full_every);
  return check;
}

void report_look(const Options& options, const std::string& environment, const drift::Look& look,
                 std::chrono::milliseconds took, bool with_notes) {
  log(LogLevel::info, "looked",
      {{"environment", environment},
       {"at", look.read_all ? "everything (" + *look.read_all + ")" : "what changed"},
       {"changed", std::to_string(look.changed)},
       {"compared", std::to_string(look.compared)},
       {"ms", std::to_string(took.count())}});
  if (!with_notes) return;
  Diagnostics notes;
  if (look.forgotten)
    notes.push_back(
        {Severity::warning,
         "GMSA0227",
         "Everything is read each time",
         "Changes to environment " + environment + " can't be followed: " + look.forgotten->message + ".",
         look.forgotten->hint,
         std::nullopt,
         {}});
  if (look.undated)
    notes.push_back({Severity::warning,
                     "GMSA0228",
                     "Drift could not be dated",
                     "When and where environment " + environment +
                         " was changed is not known: " + look.undated->message + ".",
                     look.undated->hint,
                     std::nullopt,
                     {}});
  print_diagnostics(options, notes, {});
}

}  // namespace gmsactl::cli
