// What a work tree lacks of what is checked out in it, as the index says. Nothing is fetched or checked out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "providers/git/repository.h"

namespace gmsactl::git {

/// Something that the index has and the work tree does not, though nobody deleted it.
struct LeftOut {
  enum class What {
    submodule,  ///< its folder is empty: it was not initialized
    sparse,     ///< a file that a sparse checkout leaves out
    link,       ///< a text in place of a symbolic link that leads to nothing
  } what = What::submodule;
  std::string path;  ///< from the root of the repository
  bool operator==(const LeftOut&) const = default;
};

/// At `path` or below it, in submodules too, but not below folders whose name begins with a dot; files only
/// where their name `is_wanted`.
[[nodiscard]] Result<std::vector<LeftOut>> left_out(const Repository& repository, const std::string& path,
                                                    bool (*is_wanted)(std::string_view name));

}  // namespace gmsactl::git
