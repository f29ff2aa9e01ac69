// LDAP requests as libldap wants them, and its messages as our values. No network: what is made here is sent
// by a connection's dispatcher thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/transport.h"

struct ldap;     // libldap's LDAP
struct ldapmsg;  // libldap's LDAPMessage

namespace gmsactl::ldap {

/// Sends one request on a handle and sets its message id; a libldap result code. May be called again after
/// LDAP_BUSY.
using Send = std::function<int(::ldap*, int&)>;

/// `page_size` 0: without the paged results control. Fails with `invalid` where a text holds a NUL byte,
/// which libldap would take for its end.
[[nodiscard]] Result<Send> search_request(const SearchRequest& request, uint32_t page_size,
                                          const std::string& cookie);
[[nodiscard]] Result<Send> add_request(const std::string& dn, const std::vector<Attribute>& attributes);
[[nodiscard]] Result<Send> modify_request(const std::string& dn, const std::vector<Modification>& changes);
[[nodiscard]] Result<Send> rename_request(const std::string& dn, const std::string& new_rdn,
                                          const std::string& new_parent);
[[nodiscard]] Result<Send> remove_request(const std::string& dn);

[[nodiscard]] Result<Entry> decode_entry(::ldap* handle, ::ldapmsg* message);
/// The URLs of a search result reference (RFC 4511 §4.5.3).
std::vector<std::string> decode_reference(::ldap* handle, ::ldapmsg* message);
/// What the server says as it closes the connection; nothing for any other unsolicited notification (RFC 4511
/// §4.4).
std::optional<Error> decode_notice(::ldap* handle, ::ldapmsg* message);

struct Answer {
  Result<void> outcome;
  std::string cookie;  ///< of the paged results control; empty: no further page
  bool paged = false;  ///< whether there is such a control
};
Answer decode_answer(::ldap* handle, ::ldapmsg* message);

}  // namespace gmsactl::ldap
