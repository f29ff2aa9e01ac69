#include "providers/transport/ldap/libldap_kerberos.h"

#include <gssapi/gssapi_krb5.h>
#include <krb5.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "engine/base/text.h"
#include "providers/transport/ldap/keytab.h"

namespace gmsactl::ldap {
namespace {

std::string utc(uint32_t stamp) {
  const auto seconds = static_cast<time_t>(stamp);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

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

std::string full_name(krb5_context context, krb5_ccache cache) {
  char* text = nullptr;
  if (krb5_cc_get_full_name(context, cache, &text) != 0) return "?";
  std::string copy = printable(text);
  krb5_free_string(context, text);
  return copy;
}

struct Context {
  krb5_context get = nullptr;
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() {
    if (get) krb5_free_context(get);
  }
};

struct Cache {
  krb5_context context;
  krb5_ccache get = nullptr;
  explicit Cache(krb5_context of) : context(of) {}
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  ~Cache() {
    if (get) krb5_cc_close(context, get);
  }
};

struct Principal {
  krb5_context context;
  krb5_principal get = nullptr;
  explicit Principal(krb5_context of) : context(of) {}
  Principal(const Principal&) = delete;
  Principal& operator=(const Principal&) = delete;
  ~Principal() {
    if (get) krb5_free_principal(context, get);
  }
};

/// The name of the client keytab (KRB5_CLIENT_KTNAME, else krb5.conf's or the default one).
std::string client_keytab(krb5_context context) {
  std::array<char, 4096> name{};
  krb5_keytab keytab = nullptr;
  if (krb5_kt_client_default(context, &keytab) != 0) return {};
  const bool named = krb5_kt_get_name(context, keytab, name.data(), name.size()) == 0;
  krb5_kt_close(context, keytab);
  return named ? name.data() : "";
}

struct Lifetime {
  bool any = false;
  uint32_t latest_end = 0;  ///< unsigned, so good until 2106
};

/// Of the ticket-granting tickets and those for ldap, the one that lives longest.
Lifetime lifetime_of(krb5_context context, krb5_ccache cache) {
  Lifetime lifetime;
  krb5_cc_cursor cursor{};
  if (krb5_cc_start_seq_get(context, cache, &cursor) != 0) return lifetime;
  krb5_creds credentials{};
  while (krb5_cc_next_cred(context, cache, &cursor, &credentials) == 0) {
    const std::string server = name_of(context, credentials.server);
    if (server.starts_with("krbtgt/") || server.starts_with("ldap/")) {
      const auto end = static_cast<uint32_t>(credentials.times.endtime);
      if (!lifetime.any || end > lifetime.latest_end) lifetime.latest_end = end;
      lifetime.any = true;
    }
    krb5_free_cred_contents(context, &credentials);
  }
  krb5_cc_end_seq_get(context, cache, &cursor);
  return lifetime;
}

}  // namespace

struct Tickets::State {
  std::string keytab;
  std::string principal;
  Context context;
  std::string cache_name;  ///< of the cache in memory that we filled from the keytab, else empty
  uint32_t keytab_tickets_end = 0;

  Result<void> start();
  Result<void> from_keytab();
  Result<void> check_cache(const Cache& cache);
  Result<void> use_default_cache(Cache& cache);
  Result<void> use_client_keytab(const Error& flaw);
  Error flaw_of(krb5_error_code code, const std::string& where);
  Error expired(const Cache& cache, krb5_const_principal client);
  Result<void> get_service_ticket(const Cache& cache, const std::string& host);
  Error explain(krb5_error_code code, const std::string& doing);
};

namespace {
constexpr uint32_t renew_before_end = 300;  // seconds: longer than opening a connection takes
}

Error Tickets::State::explain(krb5_error_code code, const std::string& doing) {
  Error error{ErrorKind::unauthenticated, doing + ": " + text_of(context.get, code), {}, std::nullopt};
  switch (code) {
    case KRB5_REALM_UNKNOWN:
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_CANT_RESOLVE:
      error.kind = ErrorKind::unavailable;
      error.hint = "Check that the domain controllers answer on port 88, and the realm in krb5.conf";
      break;
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
    case KRB5KRB_AP_ERR_TKT_NYV:
      error.hint = "Set this machine's clock by the domain's: Kerberos allows 5 minutes of difference";
      break;
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
      error.hint =
          "Name the server as the domain knows it, in full (dc01.contoso.com), not by an alias or an "
          "address; where "
          "the name above is not the one you gave, set rdns = false and dns_canonicalize_hostname = false in "
          "krb5.conf";
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

Result<void> Tickets::State::start() {
  if (context.get) return {};
  if (const auto code = krb5_init_context(&context.get))
    return fail(ErrorKind::unauthenticated, "Kerberos cannot start: " + text_of(nullptr, code),
                "Check krb5.conf (KRB5_CONFIG)");
  return {};
}

Result<void> Tickets::State::from_keytab() {
  const auto now = static_cast<uint32_t>(std::time(nullptr));
  if (!cache_name.empty() && keytab_tickets_end > now + renew_before_end) return {};
  const std::string named = GMSACTL_TRY(check_keytab(keytab, principal));
  krb5_keytab table = nullptr;
  if (const auto code = krb5_kt_resolve(context.get, keytab.c_str(), &table))
    return fail(explain(code, "opening the keytab " + printable(keytab)));
  struct Close {
    krb5_context context;
    krb5_keytab table;
    ~Close() { krb5_kt_close(context, table); }
  } close{context.get, table};
  Principal client(context.get);
  if (!named.empty()) {
    if (const auto code = krb5_parse_name(context.get, named.c_str(), &client.get))
      return fail(explain(code, "the principal " + printable(named)));
  } else {
    krb5_kt_cursor cursor{};
    krb5_keytab_entry entry{};
    if (const auto code = krb5_kt_start_seq_get(context.get, table, &cursor))
      return fail(explain(code, "reading the keytab " + printable(keytab)));
    const auto code = krb5_kt_next_entry(context.get, table, &entry, &cursor);
    if (code == 0) {
      krb5_copy_principal(context.get, entry.principal, &client.get);
      krb5_free_keytab_entry_contents(context.get, &entry);
    }
    krb5_kt_end_seq_get(context.get, table, &cursor);
    if (code != 0) return fail(explain(code, "the keytab " + printable(keytab) + " holds no key"));
  }
  krb5_creds credentials{};
  if (const auto code =
          krb5_get_init_creds_keytab(context.get, &credentials, client.get, table, 0, nullptr, nullptr))
    return fail(explain(code, "getting a ticket for " + name_of(context.get, client.get) +
                                  " with the keytab " + printable(keytab)));
  Cache cache(context.get);
  auto code = cache_name.empty() ? krb5_cc_new_unique(context.get, "MEMORY", nullptr, &cache.get)
                                 : krb5_cc_resolve(context.get, cache_name.c_str(), &cache.get);
  if (code == 0) code = krb5_cc_initialize(context.get, cache.get, client.get);
  if (code == 0) code = krb5_cc_store_cred(context.get, cache.get, &credentials);
  keytab_tickets_end = static_cast<uint32_t>(credentials.times.endtime);
  krb5_free_cred_contents(context.get, &credentials);
  if (code != 0) return fail(explain(code, "keeping the ticket in memory"));
  cache_name = full_name(context.get, cache.get);
  return {};
}

Error Tickets::State::flaw_of(krb5_error_code code, const std::string& where) {
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
        error.message += " (" + text_of(context.get, code) + ")";
      break;
  }
  return error;
}

Result<void> Tickets::State::check_cache(const Cache& cache) {
  const std::string where = full_name(context.get, cache.get);
  Principal client(context.get);
  if (const auto code = krb5_cc_get_principal(context.get, cache.get, &client.get))
    return fail(flaw_of(code, where));
  const Lifetime lifetime = lifetime_of(context.get, cache.get);
  if (!lifetime.any)
    return fail(ErrorKind::unauthenticated,
                where + " of " + name_of(context.get, client.get) + " holds no ticket-granting ticket",
                "Run kinit " + name_of(context.get, client.get));
  if (lifetime.latest_end <= static_cast<uint32_t>(std::time(nullptr)))
    return fail(expired(cache, client.get));
  return {};
}

Error Tickets::State::expired(const Cache& cache, krb5_const_principal client) {
  const std::string user = name_of(context.get, client);
  return Error{ErrorKind::unauthenticated,
               "the Kerberos ticket of " + user + " expired at " +
                   utc(lifetime_of(context.get, cache.get).latest_end) + " (" +
                   full_name(context.get, cache.get) + ")",
               "Run kinit " + user,
               {}};
}

Result<void> Tickets::State::get_service_ticket(const Cache& cache, const std::string& host) {
  Principal client(context.get);
  Principal service(context.get);
  if (const auto code = krb5_cc_get_principal(context.get, cache.get, &client.get))
    return fail(explain(code, "reading the ticket cache"));
  if (const auto code =
          krb5_sname_to_principal(context.get, host.c_str(), "ldap", KRB5_NT_SRV_HST, &service.get))
    return fail(explain(code, "the Kerberos name of " + host));
  krb5_creds wanted{};
  wanted.client = client.get;
  wanted.server = service.get;
  krb5_creds* ticket = nullptr;
  const auto code = krb5_get_credentials(context.get, 0, cache.get, &wanted, &ticket);
  if (code == KRB5KRB_AP_ERR_TKT_EXPIRED)
    return fail(expired(cache, client.get));  // since we looked, or by its clock
  if (code != 0)
    return fail(explain(code, "getting a Kerberos ticket for " + name_of(context.get, service.get) + " as " +
                                  name_of(context.get, client.get)));
  krb5_free_creds(context.get, ticket);
  return {};
}

Tickets::Tickets(std::string keytab, std::string principal) : state_(std::make_unique<State>()) {
  state_->keytab = std::move(keytab);
  state_->principal = std::move(principal);
}

Tickets::~Tickets() {
  if (state_->cache_name.empty()) return;
  krb5_ccache cache = nullptr;
  if (krb5_cc_resolve(state_->context.get, state_->cache_name.c_str(), &cache) == 0)
    krb5_cc_destroy(state_->context.get, cache);
}

Result<void> Tickets::State::use_default_cache(Cache& cache) {
  if (const auto code = krb5_cc_default(context.get, &cache.get)) {
    const char* name = krb5_cc_default_name(context.get);
    return fail(flaw_of(code, name ? printable(name) : "the default ticket cache"));
  }
  return check_cache(cache);
}

/// Where the ticket cache is of no use, whatever kind it is of: tickets from the client keytab, kept in
/// memory.
Result<void> Tickets::State::use_client_keytab(const Error& flaw) {
  const char* variable = std::getenv("KRB5_CLIENT_KTNAME");
  const bool asked_for = variable != nullptr && *variable != '\0';
  const std::string name = client_keytab(context.get);
  if (name.empty() || (!asked_for && !check_keytab(name, principal))) {
    Error error = flaw;
    const char* of_servers = std::getenv("KRB5_KTNAME");
    if (of_servers != nullptr && *of_servers != '\0' && check_keytab(of_servers, principal))
      error.hint = "KRB5_KTNAME is for services. Set KRB5_CLIENT_KTNAME=" + printable(of_servers);
    return fail(std::move(error));
  }
  keytab = name;
  auto tickets = from_keytab();
  if (!tickets) {
    keytab.clear();
    return fail(
        std::move(tickets).error().with_context(flaw.message + ", and the client keytab does not help"));
  }
  return {};
}

Result<void> Tickets::prepare(const std::string& host) {
  const std::lock_guard lock(mutex_);
  GMSACTL_TRY(state_->start());
  krb5_context context = state_->context.get;
  Cache cache(context);
  if (state_->keytab.empty()) {
    auto usable = state_->use_default_cache(cache);
    if (usable) return state_->get_service_ticket(cache, host);
    GMSACTL_TRY(state_->use_client_keytab(usable.error()));
    if (cache.get != nullptr) krb5_cc_close(context, std::exchange(cache.get, nullptr));
  } else {
    GMSACTL_TRY(state_->from_keytab());
  }
  if (const auto code = krb5_cc_resolve(context, state_->cache_name.c_str(), &cache.get))
    return fail(state_->explain(code, "reading the ticket in memory"));
  // The name holds for this thread only, so other users of Kerberos in the process keep their own cache.
  OM_uint32 minor = 0;
  gss_krb5_ccache_name(&minor, state_->cache_name.c_str(), nullptr);
  return state_->get_service_ticket(cache, host);
}

}  // namespace gmsactl::ldap
