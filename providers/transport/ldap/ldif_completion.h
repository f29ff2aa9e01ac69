// Completes a directory that was loaded from a file, so that a short one written by hand and an export of a
// part both answer as a domain controller would: object classes in full, GUIDs and SIDs, naming contexts, the
// containers and Configuration objects that every domain has. docs/ldif-directory.md says what is made up and
// how. Called by Directory::load, once.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/result.h"
#include "engine/model/dn.h"
#include "providers/transport/ldap/ldif_directory.h"

namespace gmsactl::ldap::ldif {

/// RIDs below this are Windows' own or a domain's built-in ones; made-up accounts begin at it.
inline constexpr uint32_t first_made_up_rid = 1103;

/// The same GUID for the same DN, ever: two FNV-1a hashes of its key, marked as version 8 (RFC 9562 §5.8).
model::Guid guid_of_dn(std::string_view key);

class Completion {
 public:
  explicit Completion(Directory& directory) : directory_(directory) {}
  Result<void> run();

 private:
  void expand_classes(Object& object);
  Result<void> find_contexts();
  void find_domain_sid();
  void find_naming_contexts();
  void complete_identities();
  void complete_names(Object& object, uint64_t present);
  void complete_principal(Object& object, uint64_t present);
  uint32_t unused_rid(std::string_view account);

  // ldif_synthesis.cpp
  void synthesise_domain();
  void synthesise_configuration();
  void synthesise_parents();
  void well_known(const model::Dn& domain, AttributeId id, std::string_view guid, std::string_view name);
  ObjectId put(const model::Dn& dn, std::string_view object_class);
  void give(ObjectId id, AttributeId attribute, std::string_view value);

  std::string_view keep(std::string_view text) { return directory_.arena_.keep(text); }

  Directory& directory_;
  std::unordered_map<std::string_view, const ClassType*> classes_;
  std::set<uint32_t> used_rids_;
  uint32_t next_rid_ = 0;
  bool rids_read_ = false;
};

}  // namespace gmsactl::ldap::ldif
