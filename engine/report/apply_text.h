// What became of a plan, for people: a line for each change as it finishes, then a summary, and where
// something failed what was and what wasn't written, address by address, so that nobody has to guess what
// state the directory is in.
#pragma once

#include <span>
#include <string>

#include "engine/model/plan.h"
#include "engine/report/style.h"
#include "engine/report/summary.h"

namespace gmsactl::report {

/// Of the results, by what they mean for the summary and the exit code.
struct ApplyCounts {
  size_t created = 0;
  size_t updated = 0;
  size_t replaced = 0;
  size_t removed = 0;
  size_t moved = 0;
  size_t adopted = 0;
  size_t already_done = 0;
  size_t failed = 0;    ///< refused, nothing of it written
  size_t partial = 0;   ///< some of its requests were carried out
  size_t conflict = 0;  ///< somebody else changed what it changes
  size_t unknown = 0;
  size_t skipped = 0;
  size_t stopped = 0;

  size_t applied() const { return created + updated + replaced + removed + moved + adopted; }
  bool complete() const { return failed + partial + conflict + unknown + skipped + stopped == 0; }
};
ApplyCounts count(std::span<const model::ChangeResult> results);

/// "1 failed, 2 skipped"; empty where everything was carried out.
std::string failure_counts(const ApplyCounts& counts);
/// "1 failed; 2 created, 0 updated, 0 replaced, 0 deleted; 41 unchanged"; failures only where there are any.
std::string apply_counts(const ApplyCounts& counts, size_t unchanged);

/// What a reader needs to know first, whether anything was written: "created", "failed, nothing written".
std::string_view outcome_words(const model::ChangeResult& result);

/// "GMSA/WebApp01: created", without a line feed; with the error's message where there is one.
std::string apply_line(const model::ChangeResult& result, Color color = Color::off);

/// "Apply complete: 2 created, …; 41 unchanged." or, where anything failed, the list of what was and wasn't
/// written and "Apply incomplete: …". Ends with a line feed.
std::string apply_text(const model::Plan& plan, std::span<const model::ChangeResult> results,
                       Color color = Color::off);
/// Of a plan that knows only how many were unchanged.
std::string apply_text(const Summary& planned, std::span<const model::ChangeResult> results,
                       Color color = Color::off);

}  // namespace gmsactl::report
