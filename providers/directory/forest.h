// What lies beyond the domain of the environment: the other domains of its forest, read through a global
// catalogue, and the domains that it trusts, of which only names and SIDs are known here. Everything is read
// when it is first asked for, and once. Internal to providers/directory. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/domain.h"
#include "engine/model/live.h"
#include "providers/directory/facts.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// [MS-ADTS] 6.1.1.2.1.1: FLAG_CR_NTDS_DOMAIN of a crossRef's systemFlags.
inline constexpr int64_t cross_ref_of_domain = 2;

class Forest {
 public:
  using OpenCatalog = std::function<Result<std::unique_ptr<ldap::Reader>>()>;

  struct Domain {
    model::Dn dn;
    std::string dns_name;
    std::string netbios_name;
  };
  /// A trustedDomain object ([MS-ADTS] 6.1.6.7).
  struct Trust {
    std::string dns_name;
    std::string netbios_name;
    model::Sid sid;
  };

  Forest(ldap::Reader& domain, const Facts& facts, OpenCatalog open_catalog)
      : domain_(domain), facts_(facts), open_catalog_(std::move(open_catalog)) {}

  /// The controller in use, which has all of its own domain.
  ldap::Reader& domain() const { return domain_; }
  const Facts& facts() const { return facts_; }
  bool has_other_domains() const { return facts_.domains > 1; }
  /// Why it is not known whether there are any; null where it is.
  const Error* why_domains_unread() const { return facts_.why_unread(Fact::domains); }
  bool is_own(const model::Dn& dn) const { return model::domain_of(dn) == facts_.domain_dn; }

  /// What it says of the own domain may be out of date: ask domain() for that.
  [[nodiscard]] Result<ldap::Reader*> catalog();
  /// By its NetBIOS or DNS name; the own one too.
  [[nodiscard]] Result<std::optional<Domain>> find_domain(std::string_view name);
  [[nodiscard]] Result<std::optional<Trust>> find_trust(std::string_view name);
  /// Where neither of them finds `name`: why one may have it all the same, since its own name is not
  /// readable.
  [[nodiscard]] Result<std::optional<Error>> why_not_found(std::string_view name);
  [[nodiscard]] Result<std::optional<Trust>> find_trust(const model::Sid& domain);

 private:
  [[nodiscard]] Result<void> read_domains();
  [[nodiscard]] Result<void> read_trusts();

  ldap::Reader& domain_;
  const Facts& facts_;
  OpenCatalog open_catalog_;
  std::mutex mutex_;
  std::unique_ptr<ldap::Reader> catalog_;
  std::optional<Error> no_catalog_;
  std::optional<std::vector<Domain>> domains_;
  std::optional<Error> unnamed_;          // a domain or trust that may be called anything
  std::optional<Error> without_netbios_;  // one of which only the DNS name is known
  std::optional<std::vector<Trust>> trusts_;
};

}  // namespace gmsactl::directory
