#include "engine/manifest/naming_context.h"

#include "engine/base/text.h"

namespace gmsactl::manifest {

using model::Dn;

namespace {

bool is_type(const model::Rdn& rdn, std::string_view name, std::string_view oid) {
  return equal_folded(rdn.type, name) || rdn.type == oid;
}

}  // namespace

std::optional<std::string> other_naming_context(const Dn& path, const Dn& domain) {
  if (path == domain || !path.is_under(domain)) return std::nullopt;
  for (Dn at = path; at != domain; at = at.parent()) {
    const auto& leaf = at.leaf();
    // Child domains, and application partitions such as DC=DomainDnsZones ([MS-ADTS] 3.1.1.1.5).
    if (is_type(leaf, "DC", "0.9.2342.19200300.100.1.25"))
      return "is in " + at.text() + ", which is a naming context of its own and not part of the domain";
    if (at.parent() != domain || !is_type(leaf, "CN", "2.5.4.3")) continue;
    if (equal_folded(leaf.value, "Configuration"))
      return "is in " + at.text() + ", which is the forest's configuration and not part of the domain";
    if (equal_folded(leaf.value, "Deleted Objects"))
      return "is in " + at.text() + ", where Active Directory keeps what was deleted";
  }
  return std::nullopt;
}

}  // namespace gmsactl::manifest
