// Which LDAP modifications turn one live state into the planned one: pure, so that the very same function
// writes, and later tells whether what was found after a conflict is still what was planned. Every
// modification deletes the value it expects and adds the wanted one (RFC 4511 §4.6: atomic), which is a
// compare-and-swap. Internal to providers/directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/fields.h"
#include "engine/model/plan.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// Every value that the object has of what is one text in a manifest.
template <class Spec, class Live>
std::vector<std::string> all_values(const model::TextField<Spec, Live>& text, const Live& live) {
  std::vector<std::string> all;
  if (live.*text.live) all.push_back(*(live.*text.live));
  if (text.more != nullptr) all.insert(all.end(), (live.*text.more).begin(), (live.*text.more).end());
  return all;
}

struct AccountModifications {
  std::vector<ldap::Modification> first;  ///< everything, or everything but SPNs where a name changes
  /// SPNs, where the server rewrites them first: to be made anew from what is then live.
  bool spns_after_reading_again = false;
  /// The marker that goes with `first`: the wanted one, but for what is yet to be done.
  std::string first_marker;
};

/// `readers` are the planned principals, every one with its SID by now. `marker` is the attribute that
/// ownership is noted in, here and below: it is swapped in the same request, so that two runs of gmsactl
/// never both succeed.
/// `spns_later`: a request before this one has changed the names already.
AccountModifications account_modifications(const model::GmsaChange& change, const model::LiveGmsa& live,
                                           const std::vector<model::Sid>& readers, const std::string& marker,
                                           bool spns_later = false);
/// By the account's servicePrincipalNamesMode: additive only ever adds, unmanaged does nothing.
std::vector<ldap::Modification> spn_modifications(const std::vector<std::string>& live,
                                                  const model::GmsaChange& change);
std::vector<ldap::Attribute> new_account(const model::GmsaChange& change,
                                         const std::vector<model::Sid>& readers, const std::string& marker);

/// Without members and marker: the caller sends them in parts.
std::vector<ldap::Modification> group_modifications(const model::GroupChange& change,
                                                    const model::LiveGroup& live);
std::vector<ldap::Attribute> new_group(const model::GroupChange& change, const std::string& marker);

/// The marker alone, absent on either side where there is none or none is wanted.
std::vector<ldap::Modification> marker_modifications(const std::optional<std::string>& live,
                                                     const std::optional<std::string>& wanted,
                                                     const std::string& marker);

/// A marker's text that says nothing of these fields: with it goes a request that others follow, so that one
/// of those that is refused leaves no field that looks changed by somebody else. The text itself where it is
/// not a marker.
std::string marker_without(const std::string& text, const std::vector<std::string_view>& fields);

/// A marker's text while a change of a list is under way: the list is not said to be applied, but to be
/// written in part (Marker::in_part). A text that is not a marker, or whose list is not managed, stays as it
/// is.
std::string marker_in_part(const std::string& text, std::string_view list);

/// A marker's text of which the `pending` fields are not written yet: of those it says what `before`, the
/// live marker, says.
std::string marker_so_far(const std::string& text, const std::string& before,
                          const std::vector<std::string_view>& pending);

/// Whether one of these attributes is kept by the server's account database, of which it is not known whether
/// it compares the old value ([MS-SAMR] 3.1.1.8): sAMAccountName, userAccountControl and groupType.
bool is_sam_owned(std::string_view attribute);
bool any_sam_owned(const std::vector<ldap::Modification>& modifications);

/// groupType and userAccountControl are signed 32-bit integers on the wire ([MS-ADTS] 3.1.1.2.2.2.3).
std::string signed_text(uint32_t bits);

/// "dNSHostName, servicePrincipalName"; the marker only where there is nothing else.
std::string attribute_names(const std::vector<ldap::Modification>& modifications, const std::string& marker);

}  // namespace gmsactl::directory
