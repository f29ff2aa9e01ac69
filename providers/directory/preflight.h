// What a plan is checked for before anything is written, beside the rights on single attributes
// (permissions.h): settings of the forest that void a promise of ours, privileges that no access control
// entry shows, rights that are checked when an object is created, and what a root key would be made of. Reads
// only. Called by DirectoryProvider for plan and apply. Internal to providers/directory.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/model/plan.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// dSHeuristics of the forest ([MS-ADTS] 6.1.1.2.4.1.2): one character for each setting.
class DsHeuristics {
 public:
  explicit DsHeuristics(std::string text) : text_(std::move(text)) {}
  /// The character at a position that counts from 1, as in the specification; '0' where the text ends before.
  char at(size_t position) const { return position <= text_.size() ? text_[position - 1] : '0'; }
  const std::string& text() const { return text_; }

  bool list_object_mode() const { return at(3) == '1'; }       ///< fDoListObject
  bool permissive_modify() const { return at(5) != '0'; }      ///< fLDAPUsePermMod
  bool uniqueness_unchecked() const { return at(21) != '0'; }  ///< DoNotVerifyUPNAndOrSPNUniqueness
  char rights_at_add() const { return at(28); }                ///< AttributeAuthorizationOnLDAPAdd
  char owner_rights_blocked() const { return at(29); }         ///< BlockOwnerImplicitRights

 private:
  std::string text_;
};

/// Empty text where the forest has none; `denied` where it may have one that this user can't read.
[[nodiscard]] Result<DsHeuristics> read_ds_heuristics(ldap::Reader& directory,
                                                      const model::Dn& configuration);

/// `missing_permission` is how grave a missing right is: a warning for a plan, an error before an apply.
[[nodiscard]] Result<Diagnostics> preflight(ldap::Reader& directory, const ldap::Entry& root_dse,
                                            const model::Plan& plan, const std::string& marker,
                                            Severity missing_permission);

}  // namespace gmsactl::directory
