#include "providers/transport/ldap/libldap_tls.h"

#include <gnutls/gnutls.h>
#include <ldap.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "engine/base/text.h"
#include "providers/transport/ldap/libldap_certificate.h"
#include "providers/transport/ldap/libldap_session.h"

namespace gmsactl::ldap {
namespace {

/// libldap with GnuTLS trusts nobody unless it is told a file; these are where distributions keep theirs.
std::string system_ca_file() {
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
    if (access(path, R_OK) == 0) return path;
  return {};
}

/// libldap compares the certificate of a server called localhost with this machine's own name. There the
/// whole check, of issuer and name, is done here.
bool verified_here(::ldap* handle, const std::string& host) {
  if (!equal_folded(host, "localhost")) return false;
  char* package = nullptr;
  if (ldap_get_option(handle, LDAP_OPT_X_TLS_PACKAGE, &package) != LDAP_OPT_SUCCESS || !package) return false;
  const bool known = std::string_view(package) == "GnuTLS";
  ldap_memfree(package);
  return known;
}

/// Called after the handshake and before anything else is sent.
bool acceptable(::ldap* handle, const std::string& host) {
  void* session = nullptr;
  unsigned status = ~0U;
  return ldap_get_option(handle, LDAP_OPT_X_TLS_SSL_CTX, static_cast<void*>(&session)) == LDAP_OPT_SUCCESS &&
         session != nullptr &&
         gnutls_certificate_verify_peers3(static_cast<gnutls_session_t>(session), host.c_str(), &status) ==
             0 &&
         status == 0;
}

}  // namespace

Result<void> configure_tls(::ldap* handle, const std::string& host, const std::string& ca_file) {
  const std::string file = ca_file.empty() ? system_ca_file() : ca_file;
  if (file.empty())
    return fail(ErrorKind::unauthenticated,
                "there are no certificates of certification authorities on this system",
                "Install ca-certificates, or set directory.tls.caFile");
  if (access(file.c_str(), R_OK) != 0)
    return fail(ErrorKind::unauthenticated, "cannot read the certificates in " + printable(file),
                "Check directory.tls.caFile");
  const int demand = verified_here(handle, host) ? LDAP_OPT_X_TLS_ALLOW : LDAP_OPT_X_TLS_DEMAND;
  const int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  const int client = 0;
  const bool set = ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) == LDAP_OPT_SUCCESS &&
                   // A folder of certificates from ldap.conf would widen who is trusted.
                   ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTDIR, nullptr) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, file.c_str()) == LDAP_OPT_SUCCESS;
  if (!set) return fail(ErrorKind::internal, "libldap refuses a TLS option");
  // Makes this handle's own context out of the options above; it fails where the file holds no certificate.
  if (ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS)
    return fail(ErrorKind::unauthenticated, "there is no usable certificate in " + printable(file),
                "It must hold certificates in PEM format; check directory.tls.caFile");
  return {};
}

Result<void> install_tls(::ldap* handle, const Endpoint& endpoint, const ConnectOptions& options) {
  const int code = ldap_install_tls(handle);
  if (code == LDAP_SUCCESS && (!verified_here(handle, endpoint.host) || acceptable(handle, endpoint.host)))
    return {};
  const std::string doing = "TLS with " + endpoint.url();
  if (code == LDAP_TIMEOUT)
    return fail(ErrorKind::timeout,
                doing + ": no answer in " + std::to_string(options.connect_timeout.count()) + " ms",
                "Check that the port is one for TLS");
  // libldap reports any failed check as "(unknown error code)", so the certificate is looked at once more.
  const std::string file = options.ca_file.empty() ? system_ca_file() : options.ca_file;
  if (auto flaw = certificate_flaw(endpoint, options, file))
    return fail(std::move(*flaw).with_context(doing));
  Error error = code == LDAP_SUCCESS
                    ? Error{ErrorKind::unauthenticated, "the certificate is not acceptable", {}, {}}
                    : handle_error(handle, code);
  if (endpoint.ldaps && endpoint.port == 389)
    return fail(
        std::move(error).with_context(doing).with_hint("Port 389 is for ldap://, 636 is for ldaps://"));
  return fail(std::move(error).with_context(doing).with_hint(
      "See what the server offers: openssl s_client -connect " + endpoint.host + ":" +
      std::to_string(endpoint.port) + (endpoint.ldaps ? "" : " -starttls ldap")));
}

}  // namespace gmsactl::ldap
