#include "providers/transport/ldap/libldap_kerberos.h"

#include <gssapi/gssapi_krb5.h>
#include <krb5.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <utility>

#include "engine/base/text.h"
#include "providers/transport/ldap/kerberos_flaws.h"
#include "providers/transport/ldap/keytab.h"
#include "providers/transport/ldap/known_kdc.h"

namespace gmsactl::ldap {
namespace {

std::string utc(uint32_t stamp) {
  const auto seconds = static_cast<time_t>(stamp);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
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

/// Tells that a ticket is waited for, where that takes longer than two seconds: libkrb5 says nothing, and
/// can't be interrupted.
class Waiting {
 public:
  Waiting(const std::function<void(const std::string&)>& tell, std::string what) {
    if (!tell) return;
    thread_ = std::jthread([this, &tell, what = std::move(what)](const std::stop_token& over) {
      std::unique_lock lock(mutex_);
      for (int seconds = 2;; seconds += 5) {
        if (wake_.wait_for(lock, over, std::chrono::seconds(seconds == 2 ? 2 : 5), [] { return false; }) ||
            over.stop_requested())
          return;
        tell(what + ", for " + std::to_string(seconds) + " s now");
      }
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace

struct Tickets::State {
  std::string keytab;
  std::string principal;
  KnownKdc kdc;  // outlives the context, which calls it
  Context context;
  std::string cache_name;  ///< of the cache in memory that we filled from the keytab, else empty
  std::string copy_name;   ///< of the cache in memory with a ticket that the default cache could not take
  uint32_t keytab_tickets_end = 0;
  std::function<void(const std::string&)> progress;

  Result<void> start();
  Result<void> from_keytab();
  Result<void> check_cache(const Cache& cache);
  Result<void> use_default_cache(Cache& cache);
  Result<void> use_client_keytab(const Error& flaw);
  Error expired(const Cache& cache, krb5_const_principal client);
  Result<void> get_service_ticket(const Cache& cache, const std::string& host);
  Result<void> keep(const Cache& cache, krb5_principal client, krb5_creds& wanted, krb5_creds& ticket);
};

namespace {
constexpr uint32_t renew_before_end = 300;  // seconds: longer than opening a connection takes
}

Result<void> Tickets::State::start() {
  if (context.get) return {};
  if (const auto code = krb5_init_context(&context.get))
    return fail(ErrorKind::unauthenticated, "Kerberos cannot start: " + text_of(nullptr, code),
                "Check krb5.conf (KRB5_CONFIG)");
  kdc.serve(context.get);
  return {};
}

Result<void> Tickets::State::from_keytab() {
  const auto now = static_cast<uint32_t>(std::time(nullptr));
  if (!cache_name.empty() && keytab_tickets_end > now + renew_before_end) return {};
  const std::string named = GMSACTL_TRY(check_keytab(keytab, principal));
  krb5_keytab table = nullptr;
  if (const auto code = krb5_kt_resolve(context.get, keytab.c_str(), &table))
    return fail(kerberos_error(context.get, code, "opening the keytab " + printable(keytab)));
  struct Close {
    krb5_context context;
    krb5_keytab table;
    ~Close() { krb5_kt_close(context, table); }
  } close{context.get, table};
  Principal client(context.get);
  if (!named.empty()) {
    if (const auto code = krb5_parse_name(context.get, named.c_str(), &client.get))
      return fail(kerberos_error(context.get, code, "the principal " + printable(named)));
  } else {
    krb5_kt_cursor cursor{};
    krb5_keytab_entry entry{};
    if (const auto code = krb5_kt_start_seq_get(context.get, table, &cursor))
      return fail(kerberos_error(context.get, code, "reading the keytab " + printable(keytab)));
    const auto code = krb5_kt_next_entry(context.get, table, &entry, &cursor);
    if (code == 0) {
      krb5_copy_principal(context.get, entry.principal, &client.get);
      krb5_free_keytab_entry_contents(context.get, &entry);
    }
    krb5_kt_end_seq_get(context.get, table, &cursor);
    if (code != 0)
      return fail(kerberos_error(context.get, code, "the keytab " + printable(keytab) + " holds no key"));
  }
  krb5_creds credentials{};
  kdc.begin_login();
  if (const auto code =
          krb5_get_init_creds_keytab(context.get, &credentials, client.get, table, 0, nullptr, nullptr))
    return fail(with_name_hint(context.get,
                               kerberos_error(context.get, code,
                                              "getting a ticket for " + name_of(context.get, client.get) +
                                                  " with the keytab " + printable(keytab)),
                               client.get));
  Cache cache(context.get);
  auto code = cache_name.empty() ? krb5_cc_new_unique(context.get, "MEMORY", nullptr, &cache.get)
                                 : krb5_cc_resolve(context.get, cache_name.c_str(), &cache.get);
  if (code == 0) code = krb5_cc_initialize(context.get, cache.get, client.get);
  if (code == 0) code = krb5_cc_store_cred(context.get, cache.get, &credentials);
  keytab_tickets_end = static_cast<uint32_t>(credentials.times.endtime);
  krb5_free_cred_contents(context.get, &credentials);
  if (code != 0) return fail(kerberos_error(context.get, code, "keeping the ticket in memory"));
  cache_name = full_name(context.get, cache.get);
  return {};
}

Result<void> Tickets::State::check_cache(const Cache& cache) {
  const std::string where = full_name(context.get, cache.get);
  Principal client(context.get);
  if (const auto code = krb5_cc_get_principal(context.get, cache.get, &client.get))
    return fail(cache_error(context.get, code, where));
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
    return fail(kerberos_error(context.get, code, "reading the ticket cache"));
  if (const auto code =
          krb5_sname_to_principal(context.get, host.c_str(), "ldap", KRB5_NT_SRV_HST, &service.get))
    return fail(kerberos_error(context.get, code, "the Kerberos name of " + host));
  krb5_creds wanted{};
  wanted.client = client.get;
  wanted.server = service.get;
  krb5_creds* ticket = nullptr;
  const auto code = krb5_get_credentials(context.get, 0, cache.get, &wanted, &ticket);
  if (code == KRB5KRB_AP_ERR_TKT_EXPIRED)
    return fail(expired(cache, client.get));  // since we looked, or by its clock
  if (code != 0)
    return fail(
        with_realm_hint(kerberos_error(context.get, code,
                                       "getting a Kerberos ticket for " + name_of(context.get, service.get) +
                                           " as " + name_of(context.get, client.get)),
                        client.get, service.get));
  const auto kept = keep(cache, client.get, wanted, *ticket);
  krb5_free_creds(context.get, ticket);
  return kept;
}

/// A cache that can't be written to does not have the ticket now, and GSS-API would ask for it once more, of
/// whichever KDC it finds: it gets a cache in memory with just this ticket.
Result<void> Tickets::State::keep(const Cache& cache, krb5_principal client, krb5_creds& wanted,
                                  krb5_creds& ticket) {
  krb5_creds* kept = nullptr;
  OM_uint32 minor = 0;
  if (krb5_get_credentials(context.get, KRB5_GC_CACHED, cache.get, &wanted, &kept) == 0) {
    krb5_free_creds(context.get, kept);
    // The name holds for this thread only, so other users of Kerberos in the process keep their own cache.
    gss_krb5_ccache_name(&minor, cache_name.empty() ? nullptr : cache_name.c_str(), nullptr);
    return {};
  }
  Cache copy(context.get);
  auto code = copy_name.empty() ? krb5_cc_new_unique(context.get, "MEMORY", nullptr, &copy.get)
                                : krb5_cc_resolve(context.get, copy_name.c_str(), &copy.get);
  if (code == 0) code = krb5_cc_initialize(context.get, copy.get, client);
  if (code == 0) code = krb5_cc_store_cred(context.get, copy.get, &ticket);
  if (code != 0) return fail(kerberos_error(context.get, code, "keeping the ticket in memory"));
  copy_name = full_name(context.get, copy.get);
  gss_krb5_ccache_name(&minor, copy_name.c_str(), nullptr);
  return {};
}

Tickets::Tickets(std::string keytab, std::string principal, std::function<void(const std::string&)> progress)
    : state_(std::make_unique<State>()) {
  state_->keytab = std::move(keytab);
  state_->principal = std::move(principal);
  state_->progress = std::move(progress);
}

Tickets::~Tickets() {
  for (const auto& name : {state_->cache_name, state_->copy_name}) {
    krb5_ccache cache = nullptr;
    if (!name.empty() && krb5_cc_resolve(state_->context.get, name.c_str(), &cache) == 0)
      krb5_cc_destroy(state_->context.get, cache);
  }
}

Result<void> Tickets::State::use_default_cache(Cache& cache) {
  if (const auto code = krb5_cc_default(context.get, &cache.get)) {
    const char* name = krb5_cc_default_name(context.get);
    return fail(cache_error(context.get, code, name ? printable(name) : "the default ticket cache"));
  }
  if (auto flaw = cache_path_flaw(full_name(context.get, cache.get))) return fail(std::move(*flaw));
  return check_cache(cache);
}

/// Where the ticket cache is of no use, whatever kind it is of: tickets from the client keytab, kept in
/// memory.
Result<void> Tickets::State::use_client_keytab(const Error& flaw) {
  const char* variable = std::getenv("KRB5_CLIENT_KTNAME");
  const bool asked_for = variable != nullptr && *variable != '\0';
  const std::string name = client_keytab(context.get);
  if (name.empty() && asked_for)
    return fail(
        ErrorKind::unauthenticated,
        flaw.message + ", and this machine's Kerberos knows no keytabs of the type of " + printable(variable),
        "Write the path alone: KRB5_CLIENT_KTNAME=/etc/gmsactl.keytab");
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

Result<void> Tickets::prepare(const std::string& host, const std::string& address) {
  const std::lock_guard lock(mutex_);
  GMSACTL_TRY(state_->start());
  krb5_context context = state_->context.get;
  state_->kdc.is_at(host, address);
  const Waiting waiting(state_->progress, "waiting for a Kerberos ticket for ldap/" + printable(host));
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
    return fail(kerberos_error(context, code, "reading the ticket in memory"));
  return state_->get_service_ticket(cache, host);
}

}  // namespace gmsactl::ldap
