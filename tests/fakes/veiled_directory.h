// A directory as a user sees it who may not read all of it, after [MS-ADTS] 3.1.1.4.3: what is hidden is left
// out of entries and counts as not there in filters, and only security descriptors tell. Can also send a
// range of the values only, fail in the middle of a search, and let somebody change what is there between two
// searches. It holds entries in memory, taken from any other directory, and takes no writes.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/sid.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::fakes {

class VeiledDirectory : public ldap::Transport {
 public:
  /// Everything below the domain that `source` holds, and its rootDSE, with a schema for these attributes.
  VeiledDirectory(ldap::Reader& source, const std::string& domain,
                  const std::vector<std::string>& attributes);

  std::vector<ldap::Entry> objects;
  ldap::Entry root_dse;

  // What is kept from the user, by dn_key().
  std::set<std::pair<std::string, std::string>> hidden;   ///< and folded attribute
  std::set<std::string> blind;                            ///< all attributes of the object
  std::set<std::string> unlisted;                         ///< what stands in the container
  std::set<std::string> secret;                           ///< even the permissions
  std::set<std::pair<std::string, std::string>> in_part;  ///< only a range of it comes
  /// Which search fails after half of its entries, counted from 1; 0: none.
  size_t failing = 0;
  /// Called before each search, with its number.
  std::function<void(size_t)> before_search;

  ldap::Entry* find(const std::string& dn);
  size_t searches() const { return searches_; }

  [[nodiscard]] Result<void> search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) override;
  [[nodiscard]] Result<void> watch(const ldap::SearchRequest&, const ldap::EntrySink&,
                                   std::stop_token) override;
  [[nodiscard]] Result<void> add(const std::string&, const std::vector<ldap::Attribute>&) override;
  [[nodiscard]] Result<void> modify(const std::string&, const std::vector<ldap::Modification>&) override;
  [[nodiscard]] Result<void> rename(const std::string&, const std::string&, const std::string&) override;
  [[nodiscard]] Result<void> remove(const std::string&) override;
  [[nodiscard]] Result<void> flush() override { return {}; }
  std::string peer() const override { return "ldaps://dc01.contoso.com"; }
  const ldap::Counters& counters() const override { return counters_; }

 private:
  const ldap::Entry* find_sid(const std::string& base) const;
  bool is_seen(const ldap::Entry& object, const ldap::SearchRequest& request) const;
  ldap::Entry as_seen(const ldap::Entry& object) const;
  std::string descriptor(const std::string& key) const;

  std::map<std::string, std::string> schema_ids_;  // by folded attribute
  std::mutex mutex_;
  size_t searches_ = 0;
  ldap::Counters counters_;
};

}  // namespace gmsactl::fakes
