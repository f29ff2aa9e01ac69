// A folder of credential specs, wherever it is: read into values, and one spec written, renamed or brought up
// to date in it. Beside the specs it keeps .gmsactl.json, which says which of them are whose. Used by the
// Directory and the Docker target; knows files, not how they are reached.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "engine/model/plan.h"
#include "providers/credentialspec/open_target.h"
#include "providers/transport/files/file_store.h"

namespace gmsactl::credentialspec {

inline constexpr std::string_view index_name = ".gmsactl.json";

/// Which files of the folder are looked at, and how.
struct FolderFormat {
  std::string_view ending = ".json";
  bool is_json = true;  ///< else a file is taken as lines of text
};

/// Absent where the folder does not exist. A file that can't be read as a spec is in it, with the reason.
model::Observation<model::LivePlace> observe_folder(files::FileStore& store, const FolderFormat& format);

/// What is there must be what was planned against, else Outcome::conflict. A new name is written before the
/// old one is removed. One change at a time for one folder: the caller sees to that.
model::ChangeResult apply_to_folder(files::FileStore& store, const Owner& owner, const model::Change& change);

}  // namespace gmsactl::credentialspec
