#include "providers/directory/session.h"

#include <algorithm>
#include <future>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "providers/directory/password.h"
#include "providers/transport/dns/srv.h"

namespace gmsactl::directory {

namespace {

// [MS-ADTS] 3.1.1.3.4.3: the DC keeps a partial set of secrets, which is to say it is read-only.
constexpr std::string_view partial_secrets_capability = "1.2.840.113556.1.4.1920";

/// host of scheme://host[:port].
std::string host_of(std::string_view url) {
  if (const auto at = url.find("://"); at != std::string_view::npos) url.remove_prefix(at + 3);
  if (!url.empty() && url.front() == '[') return std::string(url.substr(1, url.find(']') - 1));
  return std::string(url.substr(0, url.find(':')));
}

bool worth_another_server(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::timeout || kind == ErrorKind::not_found ||
         kind == ErrorKind::unsupported;
}

}  // namespace

bool Session::is_ldif(std::string_view url) { return url.starts_with("ldif:"); }

Session::Session(const model::Environment& environment, const SessionOptions& options)
    : environment_(environment), options_(options) {}

Result<std::unique_ptr<Session>> Session::open(const model::Environment& environment,
                                               const SessionOptions& options) {
  std::unique_ptr<Session> session(new Session(environment, options));
  GMSACTL_TRY(session->start());
  return session;
}

Result<std::unique_ptr<WritingSession>> WritingSession::open(const model::Environment& environment,
                                                             const SessionOptions& options) {
  std::unique_ptr<WritingSession> session(new WritingSession(environment, options));
  GMSACTL_TRY(session->start());
  return session;
}

Result<void> Session::start() {
  auto& connect = connect_options_;
  connect.bind = environment_.authentication == model::Authentication::simple ? ldap::Bind::simple
                                                                              : ldap::Bind::kerberos;
  connect.username = environment_.username;
  connect.tls = environment_.tls_mode == model::TlsMode::ldaps       ? ldap::Tls::ldaps
                : environment_.tls_mode == model::TlsMode::start_tls ? ldap::Tls::start_tls
                                                                     : ldap::Tls::automatic;
  connect.ca_file = environment_.tls_ca_file;
  connect.request_timeout = options_.request_timeout;
  connect.connect_timeout =
      std::min<std::chrono::milliseconds>(connect.connect_timeout, options_.request_timeout);
  connect.window = options_.window;
  GMSACTL_TRY(choose_servers());
  const bool offline = std::all_of(servers_.begin(), servers_.end(), is_ldif);
  if (environment_.password_from && !offline) {
    auto password = GMSACTL_TRY(read_password(*environment_.password_from));
    if (options_.warn)
      for (const auto& doubt : password.doubts) options_.warn(doubt);
    connect.password = std::move(password.value);
  }
  return connect_first(0);
}

Result<void> Session::choose_servers() {
  GMSACTL_TRY(find_servers());
  std::stable_partition(servers_.begin(), servers_.end(),
                        [&](const std::string& url) { return equal_folded(host_of(url), options_.prefer); });
  return {};
}

Result<void> Session::find_servers() {
  servers_ = options_.servers;
  if (servers_.empty())
    for (const auto& server : environment_.servers) servers_.push_back(server.text);
  if (!servers_.empty()) return {};
  const dns::Resolver resolver{options_.dns_servers};
  const std::string name = "_ldap._tcp.dc._msdcs." + environment_.domain;
  auto looking_for_emulator = std::async(std::launch::async, [&] {
    return resolver.lookup_srv("_ldap._tcp.pdc._msdcs." + environment_.domain);
  });
  auto records = resolver.lookup_srv(name);
  if (!records)
    return fail(
        std::move(records)
            .error()
            .with_context("finding the domain controllers of " + environment_.domain)
            .with_hint(
                "Use a DNS server that knows " + environment_.domain +
                ", or name domain controllers in directory.servers of the Environment or with --server."));
  // The one controller that all runs agree on, so that they meet each other's lock, and a plan shows at once
  // what the apply before it has written. Without it, any other one will do.
  if (const auto emulator = looking_for_emulator.get())
    std::stable_partition(records->begin(), records->end(), [&](const dns::SrvRecord& record) {
      return equal_folded(record.host, emulator->front().host);
    });
  const char* scheme = environment_.tls_mode == model::TlsMode::ldaps ? "ldaps://" : "ldap://";
  for (const auto& record : *records) servers_.push_back(scheme + record.host);
  return {};
}

Result<std::unique_ptr<ldap::Transport>> Session::connect(const std::string& url, bool global_catalog) const {
  if (is_ldif(url)) return ldap::open_ldif(url.substr(5));
  ldap::ConnectOptions options = connect_options_;
  options.global_catalog = global_catalog;
  if (!options_.dns_servers.empty()) {
    const dns::Resolver resolver{options_.dns_servers};
    auto addresses = resolver.lookup_addresses(host_of(url));
    if (addresses && !addresses->empty()) options.address = addresses->front();
  }
  return ldap::connect(url, options);
}

Result<void> Session::connect_first(size_t first) {
  std::vector<Error> errors;
  for (size_t tried = 0; tried < servers_.size(); ++tried) {
    const size_t i = (first + tried) % servers_.size();
    auto transport = connect(servers_[i]);
    if (transport) {
      auto usable = check_server(**transport);
      if (usable) {
        transport_ = std::move(*transport);
        pinned_ = i;
        return {};
      }
      transport = fail(std::move(usable).error());
    }
    errors.push_back(std::move(transport).error().with_context(without_credentials(servers_[i])));
    // A password that one DC refuses the next refuses too, and each refusal counts towards locking the
    // account.
    if (!worth_another_server(errors.back().kind)) return fail(errors.back());
  }
  if (errors.size() == 1) return fail(errors.front());
  Error all = errors.back();
  all.message = "no domain controller of " + environment_.domain + " could be used";
  for (const auto& error : errors) all.message += "; " + error.message;
  return fail(std::move(all));
}

Result<void> Session::check_server(ldap::Reader& transport) {
  root_dse_ =
      GMSACTL_TRY(ldap::read(transport, "",
                             {"defaultNamingContext", "configurationNamingContext", "rootDomainNamingContext",
                              "dnsHostName", "currentTime", "supportedCapabilities", "supportedControl",
                              "dsServiceName", "serverName", "isGlobalCatalogReady"}));
  const auto context = root_dse_.first("defaultNamingContext");
  if (!context)
    return fail(
        ErrorKind::unsupported,
        "the server is no Active Directory domain controller: its rootDSE has no defaultNamingContext");
  const model::Dn wanted = model::Dn::of_domain(environment_.domain);
  if (model::dn_key(*context) != wanted.key())
    return fail(ErrorKind::invalid,
                "the server is of another domain: it holds " + printable(*context) +
                    ", the Environment is of " + environment_.domain,
                "Correct domain or directory.servers of Environment " + environment_.name + ".");
  if (const auto* capabilities = root_dse_.find("supportedCapabilities"))
    for (const auto& capability : capabilities->values)
      if (capability == partial_secrets_capability)
        return fail(ErrorKind::unsupported, "the server is a read-only domain controller",
                    "Name a writable one: accounts and their passwords exist there only.");
  return {};
}

Result<void> Session::recover() {
  if (options_.stay) return fail(ErrorKind::unavailable, "the server is not changed for another one");
  if (writes_begun_ || servers_.size() == 1) {
    auto transport = connect(servers_[pinned_]);
    if (!transport)
      return fail(std::move(transport).error().with_context(without_credentials(servers_[pinned_])));
    GMSACTL_TRY(check_server(**transport));
    transport_ = std::move(*transport);
    return {};
  }
  return connect_first(pinned_);
}

Result<std::unique_ptr<ldap::Reader>> Session::open_global_catalog(const std::string& forest) const {
  const std::string& pinned = servers_[pinned_];
  if (is_ldif(pinned)) return connect(pinned);
  const auto connect_catalog = [&](const std::string& host) {
    const std::string authority = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return connect(pinned.starts_with("ldaps://") ? "ldaps://" + authority + ":3269"
                                                  : "ldap://" + authority + ":3268",
                   /*global_catalog=*/true);
  };
  // [MS-ADTS] 3.1.1.3.2.10. Not every controller of a forest with several domains is one.
  if (equal_folded(root_dse_.first("isGlobalCatalogReady").value_or(""), "TRUE"))
    return connect_catalog(host_of(pinned));

  // [MS-ADTS] 6.3.2.3.
  const dns::Resolver resolver{options_.dns_servers};
  auto records = resolver.lookup_srv("_ldap._tcp.gc._msdcs." + forest);
  if (!records)
    return fail(std::move(records)
                    .error()
                    .with_context("finding a global catalogue of " + forest +
                                  ", which the domain controller in use is not")
                    .with_hint("Use a DNS server that knows " + forest +
                               ", or name a controller that is a global catalogue in directory.servers of "
                               "the Environment or with --server."));
  Result<std::unique_ptr<ldap::Transport>> catalog =
      fail(ErrorKind::not_found, "DNS names no global catalogue of " + forest);
  for (const auto& record : *records) {
    catalog = connect_catalog(record.host);
    if (catalog || !worth_another_server(catalog.error().kind)) break;
    catalog = fail(std::move(catalog).error().with_context("global catalogue " + printable(record.host)));
  }
  return catalog;
}

}  // namespace gmsactl::directory
