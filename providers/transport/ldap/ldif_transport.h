// A directory held in an LDIF file, behind the same seam as a domain controller: offline plans, the demo,
// tests of everything above it. Answers as Active Directory answers, to the extent that
// docs/ldif-directory.md states. Made by open_ldif (connect.h). Thread-safe by one lock; a search delivers
// its entries outside of it, so a sink may write.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "providers/transport/ldap/ldif_directory.h"
#include "providers/transport/ldap/ldif_file.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap {

class LdifTransport final : public Transport {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Transport>> open(const std::string& path);

  [[nodiscard]] Result<void> search(const SearchRequest& request, const EntrySink& sink) override;
  [[nodiscard]] Result<void> watch(const SearchRequest& request, const EntrySink& sink,
                                   std::stop_token stop) override;
  [[nodiscard]] Result<void> add(const std::string& dn, const std::vector<Attribute>& attributes) override;
  [[nodiscard]] Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override;
  [[nodiscard]] Result<void> rename(const std::string& dn, const std::string& new_rdn,
                                    const std::string& new_parent) override;
  [[nodiscard]] Result<void> remove(const std::string& dn) override;
  [[nodiscard]] Result<void> flush() override;
  std::string peer() const override { return peer_; }
  const Counters& counters() const override { return counters_; }

 private:
  LdifTransport(std::string peer, ldif::File file, std::unique_ptr<ldif::Directory> directory);

  Result<void> search_root(const SearchRequest& request, const EntrySink& sink);
  /// Runs one write under the lock.
  template <class Write>
  Result<void> write(Write&& change);

  const std::string peer_;
  std::mutex mutex_;
  ldif::File file_;
  std::unique_ptr<ldif::Directory> directory_;
  Counters counters_;
};

}  // namespace gmsactl::ldap
