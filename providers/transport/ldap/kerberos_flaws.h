// What is wrong with tickets, in words that help: libkrb5's codes and files that it would misread, each with
// what to do. Called by libldap_kerberos.
#pragma once

#include <krb5.h>

#include <optional>
#include <string>

#include "engine/base/error.h"

namespace gmsactl::ldap {

std::string text_of(krb5_context context, krb5_error_code code);
std::string name_of(krb5_context context, krb5_const_principal principal);

/// `doing` failed with `code`: "getting a ticket for …".
Error kerberos_error(krb5_context context, krb5_error_code code, const std::string& doing);
/// The ticket cache `where`, a full name such as FILE:/tmp/krb5cc_0, could not be opened or read.
Error cache_error(krb5_context context, krb5_error_code code, const std::string& where);
/// What keeps `where` from being a ticket cache whatever is in it. libkrb5 would wait for a pipe's writer.
std::optional<Error> cache_path_flaw(const std::string& where);

/// Adds to the hint what the names show: a realm that is not in capitals, or a service's name in place of an
/// account's.
Error with_name_hint(krb5_context context, Error error, krb5_const_principal client);
/// Adds that the ticket is of another realm than the service, where it is.
Error with_realm_hint(Error error, krb5_const_principal client, krb5_const_principal service);

}  // namespace gmsactl::ldap
