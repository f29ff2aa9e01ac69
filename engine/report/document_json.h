// The parts of the plan document and the apply report that events carry as well. Internal to engine/report.
#pragma once

#include "engine/report/apply_text.h"
#include "engine/report/entries.h"
#include "engine/report/json_values.h"

namespace gmsactl::report {

Json change_json(const model::Change& change);
Json unreadable_json(const model::UnreadableResource& resource);
Json summary_json(const Summary& summary);

/// The entry has a result.
Json result_json(const Entry& entry);
Json summary_json(const ApplyCounts& counts, const Summary& planned);

}  // namespace gmsactl::report
