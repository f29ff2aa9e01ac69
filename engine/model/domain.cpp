#include "engine/model/domain.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace gmsactl::model {

Dn domain_of(const Dn& dn) {
  auto rdns = dn.rdns();
  const auto first = std::find_if(rdns.rbegin(), rdns.rend(), [](const Rdn& rdn) {
                       return !equal_folded(rdn.type, "DC");
                     }).base();
  rdns.erase(rdns.begin(), first);
  return Dn::from_rdns(std::move(rdns));
}

std::string dns_name_of(const Dn& domain) {
  std::string name;
  for (const auto& rdn : domain.rdns()) name += (name.empty() ? "" : ".") + rdn.value;
  return name;
}

}  // namespace gmsactl::model
