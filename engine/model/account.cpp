#include "engine/model/account.h"

#include "engine/base/text.h"

namespace gmsactl::model {

std::string bare_name(std::string_view sam_account_name) {
  return std::string(sam_account_name.substr(0, sam_account_name.find_last_not_of('$') + 1));
}

std::string spn_after_renaming(std::string_view spn, const LiveGmsa& live, const Gmsa& wanted) {
  std::string becomes(spn);
  if (live.dns_host_name && !equal_folded(*live.dns_host_name, wanted.dns_host_name))
    becomes = rewritten_spn(becomes, *live.dns_host_name, wanted.dns_host_name);
  const std::string old_name = bare_name(live.sam_account_name);
  if (!equal_folded(old_name, wanted.sam_account_name))
    becomes = rewritten_spn(becomes, old_name, wanted.sam_account_name);
  return becomes;
}

uint32_t group_type::of(GroupScope scope) {
  switch (scope) {
    case GroupScope::global:
      return global;
    case GroupScope::domain_local:
      return domain_local;
    case GroupScope::universal:
      return universal;
  }
  return 0;
}

}  // namespace gmsactl::model
