// A transport that notes every write down, with the object's update sequence number before and after: two
// small reads more for each write, which is what an audit costs. Internal to providers/directory.
#pragma once

#include "engine/ports/audit.h"
#include "providers/transport/ldap/forwarding_transport.h"

namespace gmsactl::directory {

class AuditedTransport : public ldap::ForwardingTransport {
 public:
  /// Neither is owned.
  AuditedTransport(ldap::Transport& inner, ports::AuditLog& log) : ForwardingTransport(inner), log_(log) {}

  [[nodiscard]] Result<void> add(const std::string& dn,
                                 const std::vector<ldap::Attribute>& attributes) override;
  [[nodiscard]] Result<void> modify(const std::string& dn,
                                    const std::vector<ldap::Modification>& changes) override;
  [[nodiscard]] Result<void> rename(const std::string& dn, const std::string& new_rdn,
                                    const std::string& new_parent) override;
  [[nodiscard]] Result<void> remove(const std::string& dn) override;

 private:
  template <class Write>
  Result<void> noted(ports::WriteRecord record, bool is_new, Write write);
  std::optional<uint64_t> usn_of(const std::string& dn);

  ports::AuditLog& log_;
};

}  // namespace gmsactl::directory
