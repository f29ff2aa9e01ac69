#include "engine/model/managed_attributes.h"

#include <algorithm>
#include <iterator>

#include "engine/base/text.h"

namespace gmsactl::model {

std::vector<std::string> managed_attributes(const HostGroup& spec, const std::string& marker) {
  std::vector<std::string> all{marker};
  if (spec.description) all.emplace_back("description");
  if (spec.members) all.emplace_back("member");
  return all;
}

std::vector<std::string> managed_attributes(const Gmsa& spec, const std::string& marker) {
  // The SPNs also where they are left alone: a new name rewrites them.
  std::vector<std::string> all{marker,
                               "dNSHostName",
                               "servicePrincipalName",
                               "msDS-GroupMSAMembership",
                               "msDS-ManagedPasswordInterval",
                               "msDS-SupportedEncryptionTypes"};
  if (spec.description) all.emplace_back("description");
  if (spec.display_name) all.emplace_back("displayName");
  if (spec.allowed_to_delegate_to) all.emplace_back("msDS-AllowedToDelegateTo");
  return all;
}

std::vector<UnreadAttribute> unread_among(const std::vector<UnreadAttribute>& unread,
                                          const std::vector<std::string>& attributes) {
  std::vector<UnreadAttribute> result;
  std::copy_if(unread.begin(), unread.end(), std::back_inserter(result), [&](const UnreadAttribute& one) {
    return std::any_of(attributes.begin(), attributes.end(),
                       [&](const std::string& name) { return equal_folded(name, one.attribute); });
  });
  return result;
}

}  // namespace gmsactl::model
