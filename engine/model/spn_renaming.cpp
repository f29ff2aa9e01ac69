#include "engine/model/spn_renaming.h"

#include <algorithm>

namespace gmsactl::model {

std::string renamed_anywhere(std::string_view spn,
                             const std::map<std::string, std::string, LessFolded>& names) {
  std::string renamed;
  for (size_t begin = 0; begin <= spn.size();) {
    const size_t end = std::min(spn.find_first_of("/:", begin), spn.size());
    const std::string part(spn.substr(begin, end - begin));
    const auto found = names.find(part);
    renamed += found == names.end() ? part : found->second;
    if (end < spn.size()) renamed += spn[end];
    begin = end + 1;
  }
  return renamed;
}

}  // namespace gmsactl::model
