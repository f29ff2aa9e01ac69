#include "engine/plan/spec_match.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/spec/json.h"

namespace gmsactl::plan {

using model::CredentialSpecChange;
using model::LiveSpec;

namespace {

int distance(const LiveSpec& live, const CredentialSpecChange& wanted) {
  return (live.spec && spec::equal(*live.spec, wanted.spec) ? 0 : 4) +
         (equal_folded(live.name, wanted.name) ? 0 : 2) + (live.users.empty() ? 1 : 0);
}

bool is_of_the_account(const model::CredentialSpec& live, const model::CredentialSpec& wanted,
                       std::string_view former) {
  return equal_folded(live.dns_name, wanted.dns_name) &&
         (equal_folded(live.machine_account_name, wanted.machine_account_name) ||
          (!former.empty() && equal_folded(live.machine_account_name, former)));
}

}  // namespace

bool is_ours(const LiveSpec& live, const model::Environment& environment) {
  return equal_folded(live.owner, environment.owner) && equal_folded(live.environment, environment.name);
}

std::vector<const LiveSpec*> specs_of(const model::LivePlace& place, const CredentialSpecChange& wanted,
                                      const model::Environment& environment, std::string_view former) {
  std::vector<const LiveSpec*> ours;
  std::vector<const LiveSpec*> alike;
  for (const auto& live : place.specs) {
    if (is_ours(live, environment) && live.account == wanted.account)
      ours.push_back(&live);
    else if (live.spec && live.owner.empty() && is_of_the_account(*live.spec, wanted.spec, former))
      alike.push_back(&live);
  }
  const auto nearer = [&](const LiveSpec* a, const LiveSpec* b) {
    return distance(*a, wanted) < distance(*b, wanted);
  };
  std::stable_sort(ours.begin(), ours.end(), nearer);
  std::stable_sort(alike.begin(), alike.end(), nearer);
  if (ours.empty() && !alike.empty()) ours.push_back(alike.front());
  return ours;
}

}  // namespace gmsactl::plan
