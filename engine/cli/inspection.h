// One environment, connected to by what can't write: what drift and watch work on.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/cli/loading.h"
#include "engine/cli/options.h"
#include "engine/drift/check.h"
#include "engine/ports/change_feed.h"
#include "engine/ports/provider.h"

namespace gmsactl::cli {

class ReadingEstate;

class Inspection {
 public:
  struct Preference {
    std::string server = {};  ///< DNS name of the one that was asked last
    bool stay = false;        ///< whether another one may take its place once it is connected to
  };
  /// Connects and binds.
  [[nodiscard]] static Result<Inspection> start(const Options& options, const model::Environment& environment,
                                                const plan::Options& planning, const Preference& preference);
  Inspection(Inspection&&) noexcept;
  ~Inspection();

  ports::Observer& observer();
  ports::ChangeFeed& feed();
  void log_requests() const;

 private:
  explicit Inspection(std::unique_ptr<ReadingEstate> estate);

  std::unique_ptr<ReadingEstate> estate_;
};

/// What the command line says about comparing. What nobody manages yet is a difference here, and no refusal.
drift::CheckOptions check_options(const Options& options, const Loaded& loaded,
                                  const model::Desired& desired);

/// Says how a look was done, in the log; and `with_notes` what a person should know of that, on standard
/// error.
void report_look(const Options& options, const std::string& environment, const drift::Look& look,
                 std::chrono::milliseconds took, bool with_notes = true);

}  // namespace gmsactl::cli
