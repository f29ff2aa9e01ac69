#include "providers/transport/ldap/kerberos_flaws.h"

#include <cerrno>
#include <string_view>

#include <sys/stat.h>

#include "engine/base/text.h"

namespace gmsactl::ldap {

std::string text_of(krb5_context context, krb5_error_code code) {
  const char* text = krb5_get_error_message(context, code);
  std::string copy = printable(text);
  krb5_free_error_message(context, text);
  return copy;
}

std::string name_of(krb5_context context, krb5_const_principal principal) {
  char* text = nullptr;
  if (krb5_unparse_name(context, principal, &text) != 0) return "?";
  std::string copy = printable(text);
  krb5_free_unparsed_name(context, text);
  return copy;
}

Error kerberos_error(krb5_context context, krb5_error_code code, const std::string& doing) {
  Error error{ErrorKind::unauthenticated, doing + ": " + text_of(context, code), {}, std::nullopt};
  switch (code) {
    case KRB5_REALM_UNKNOWN:
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_CANT_RESOLVE:
      error.kind = ErrorKind::unavailable;
      error.hint =
          "Check that the domain controllers answer on port 88, and the realm in krb5.conf; its section "
          "[realms] can "
          "name KDCs that do: CONTOSO.COM = { kdc = dc01.contoso.com }";
      break;
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
    case KRB5KRB_AP_ERR_TKT_NYV:
      error.hint = "Set this machine's clock by the domain's: Kerberos allows 5 minutes of difference";
      break;
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
      error.hint =
          "Name the server as the domain knows it, in full (dc01.contoso.com), not by an alias or an "
          "address; for a tunnel, have that name lead to the tunnel's end: 127.0.0.1 dc01.contoso.com in "
          "/etc/hosts; where the name above is not the one you gave, set rdns = false and "
          "dns_canonicalize_hostname = false in krb5.conf";
      break;
    case KRB5_ERR_HOST_REALM_UNKNOWN:
    case KRB5_CONFIG_NODEFREALM:
      error.hint = "Set default_realm in krb5.conf to the domain's name in capitals";
      break;
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
    case KRB5KDC_ERR_WRONG_REALM:
      error.hint = "Check the account's name and realm: the domain does not know it";
      break;
    case KRB5KDC_ERR_ETYPE_NOSUPP:
    case KRB5_CONFIG_ETYPE_NOSUPP:
    case KRB5_WRONG_ETYPE:
      error.hint =
          "This machine and the domain have no encryption type in common: allow aes256-cts-hmac-sha1-96 in "
          "permitted_enctypes of krb5.conf, and check msDS-SupportedEncryptionTypes of the account";
      break;
    case KRB5_KT_NOTFOUND:
      error.hint =
          "The keytab has no key of an encryption type that krb5.conf permits and the domain offers; export "
          "it again "
          "with AES keys";
      break;
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5_PREAUTH_FAILED:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
      error.hint =
          "The keytab holds an old key: the account's password was changed after the export. Export it again";
      break;
    case KRB5KDC_ERR_POLICY:
      error.hint = "The domain's policy refuses this account here: see its logon restrictions";
      break;
    case KRB5KDC_ERR_CLIENT_REVOKED:
      error.hint = "The account is disabled or locked out";
      break;
    case KRB5KDC_ERR_KEY_EXP:
      error.hint = "The account's password has expired; set a new one";
      break;
    case KRB5KRB_AP_ERR_TKT_EXPIRED:
      error.hint = "Run kinit";
      break;
    default:
      break;
  }
  return error;
}

Error cache_error(krb5_context context, krb5_error_code code, const std::string& where) {
  const std::string kinit = "Run kinit USER@REALM, or set KRB5CCNAME, or give a keytab (KRB5_CLIENT_KTNAME)";
  const std::string of_a_file =
      "Set KRB5CCNAME=FILE:/tmp/krb5cc_gmsactl and run kinit, or give a keytab (KRB5_CLIENT_KTNAME)";
  Error error{ErrorKind::unauthenticated, "there is no Kerberos ticket in " + where, kinit, {}};
  switch (code) {
    case KRB5_FCC_PERM:
    case EACCES:
      error.message = "cannot read the ticket cache " + where;
      error.hint = "Let the user that runs gmsactl read it, or set KRB5CCNAME to another one";
      break;
    case KRB5_CC_FORMAT:
    case KRB5_CCACHE_BADVNO:
    case KRB5_CC_END:
      error.message = where + " is not a ticket cache, or it is empty";
      break;
    case KRB5_KCM_NO_SERVER:
      error.message = "no KCM service answers for the ticket cache " + where;
      error.hint = of_a_file;
      break;
    case KRB5_CC_UNKNOWN_TYPE:
      error.message = "this machine's Kerberos knows no ticket caches of the type of " + where;
      error.hint = of_a_file;
      break;
    default:
      if (code != KRB5_FCC_NOFILE && code != KRB5_CC_NOTFOUND && code != ENOENT)
        error.message += " (" + text_of(context, code) + ")";
      break;
  }
  return error;
}

std::optional<Error> cache_path_flaw(const std::string& where) {
  std::string_view path = where;
  if (!path.starts_with("FILE:")) return std::nullopt;
  path.remove_prefix(5);
  const auto refused = [&](std::string_view is, std::string hint) {
    return Error{ErrorKind::unauthenticated, where + " " + std::string(is), std::move(hint), {}};
  };
  if (path.empty())
    return refused("names no file", "Set KRB5CCNAME to a ticket cache, or unset it for the default one");
  struct stat status {};
  if (stat(std::string(path).c_str(), &status) != 0 || S_ISREG(status.st_mode)) return std::nullopt;
  if (S_ISDIR(status.st_mode))
    return refused("is a directory", "Name the cache file in it, or set KRB5CCNAME=DIR:" + std::string(path) +
                                         " where it is a collection of caches");
  return refused("is a pipe or a device, not a ticket cache", "Set KRB5CCNAME to a file");
}

Error with_name_hint(krb5_context context, Error error, krb5_const_principal client) {
  const std::string realm = printable({client->realm.data, client->realm.length});
  std::string capitals = realm;
  for (char& c : capitals)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (realm != capitals)
    error.hint = "Active Directory's realm is the domain's name in capitals: " + capitals + ", not " + realm;
  else if (client->length > 1 && error.message.find("not found in Kerberos database") != std::string::npos)
    error.hint =
        name_of(context, client) +
        " is the name of a service. Export a keytab of the account that holds it, which is named like "
        "svc-gmsactl@" +
        realm + " or HOST01$@" + realm;
  return error;
}

Error with_realm_hint(Error error, krb5_const_principal client, krb5_const_principal service) {
  const std::string_view own(client->realm.data, client->realm.length);
  const std::string_view other(service->realm.data, service->realm.length);
  if (error.kind != ErrorKind::unavailable || other.empty() || own == other) return error;
  error.hint = "The ticket is of realm " + printable(own) + ", the server of " + printable(other) +
               ". Run kinit USER@" + printable(other) + "; where the domain trusts " + printable(own) +
               ", check that krb5.conf or DNS finds its KDCs";
  return error;
}

}  // namespace gmsactl::ldap
