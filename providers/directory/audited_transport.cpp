#include "providers/directory/audited_transport.h"

#include <algorithm>

#include "providers/directory/decode.h"

namespace gmsactl::directory {

std::optional<uint64_t> AuditedTransport::usn_of(const std::string& dn) {
  const auto entry = ldap::read(inner_, dn, {"uSNChanged"});
  const auto usn = entry ? number(*entry, "uSNChanged") : std::nullopt;
  return usn && *usn >= 0 ? std::optional<uint64_t>(static_cast<uint64_t>(*usn)) : std::nullopt;
}

template <class Write>
Result<void> AuditedTransport::noted(ports::WriteRecord record, bool is_new, Write write) {
  if (auto ready = log_.ready(); !ready) return ready;
  if (!is_new) record.usn_before = usn_of(record.dn);
  Result<void> done = write();
  record.usn_after = usn_of(record.dn);
  if (!done) record.error = done.error();
  log_.record(record);
  return done;
}

Result<void> AuditedTransport::add(const std::string& dn, const std::vector<ldap::Attribute>& attributes) {
  ports::WriteRecord record{"add", dn, {}, {}, {}, {}};
  for (const auto& attribute : attributes) record.attributes.push_back(attribute.name);
  return noted(std::move(record), /*is_new=*/true, [&] { return inner_.add(dn, attributes); });
}

Result<void> AuditedTransport::modify(const std::string& dn, const std::vector<ldap::Modification>& changes) {
  ports::WriteRecord record{"modify", dn, {}, {}, {}, {}};
  for (const auto& change : changes)
    if (std::find(record.attributes.begin(), record.attributes.end(), change.attribute) ==
        record.attributes.end())
      record.attributes.push_back(change.attribute);
  return noted(std::move(record), /*is_new=*/false, [&] { return inner_.modify(dn, changes); });
}

Result<void> AuditedTransport::rename(const std::string& dn, const std::string& new_rdn,
                                      const std::string& new_parent) {
  ports::WriteRecord record{"rename", dn, {attribute::distinguished_name}, {}, {}, {}};
  return noted(std::move(record), /*is_new=*/false, [&] { return inner_.rename(dn, new_rdn, new_parent); });
}

Result<void> AuditedTransport::remove(const std::string& dn) {
  return noted({"delete", dn, {}, {}, {}, {}}, /*is_new=*/false, [&] { return inner_.remove(dn); });
}

}  // namespace gmsactl::directory
