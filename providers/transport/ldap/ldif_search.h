// Answers a search in a directory: binds a filter to its attributes, finds candidates by the indexes where
// the filter allows it, matches the others, and cuts entries to what was asked for. Also the rootDSE and the
// back-link memberOf, which are computed.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/ldif_directory.h"
#include "providers/transport/ldap/ldif_filter.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap::ldif {

/// Which attributes an answer has ([MS-ADTS] 3.1.1.3.1.3, RFC 4511 §4.5.1.8).
class Selection {
 public:
  Selection(Directory& directory, const std::vector<std::string>& names);
  /// The entry as a server would send it.
  Entry entry(const Object& object) const;

 private:
  bool wants(AttributeId id) const;
  void append_member_of(const Object& object, Entry& entry) const;

  Directory& directory_;
  bool all_ = false;
  std::vector<bool> wanted_;  // by attribute
};

/// DNs of the groups that have the object as a direct member. Groups outside the file are those that its own
/// record names.
std::vector<std::string_view> groups_of(Directory& directory, const Object& object);

/// Ids in the order of the file. Errors as a domain controller's: `not_found` for a base that is not there.
[[nodiscard]] Result<std::vector<ObjectId>> find_objects(Directory& directory, const SearchRequest& request);

/// [MS-ADTS] 3.1.1.3.2: what the file says of it, and the rest made up.
Object root_dse(Directory& directory);

}  // namespace gmsactl::ldap::ldif
