#include "providers/directory/session.h"

#include <algorithm>
#include <future>
#include <tuple>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "providers/directory/password.h"
#include "providers/directory/server_check.h"
#include "providers/transport/dns/srv.h"
#include "providers/transport/ldap/controller_identity.h"
#include "providers/transport/ldap/race.h"

namespace gmsactl::directory {

namespace {

/// host of scheme://host[:port].
std::string host_of(std::string_view url) {
  if (const auto at = url.find("://"); at != std::string_view::npos) url.remove_prefix(at + 3);
  if (!url.empty() && url.front() == '[') return std::string(url.substr(1, url.find(']') - 1));
  return std::string(url.substr(0, url.find(':')));
}

/// Its port for LDAP has just answered, so silence at the other one is a firewall's.
constexpr auto own_catalog_patience = std::chrono::seconds(2);

ldap::ControllerIdentity identity(const ldap::Entry& root_dse) {
  return {std::string(root_dse.first("dsServiceName").value_or("")),
          std::string(root_dse.first("dnsHostName").value_or(""))};
}

bool worth_another_server(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::timeout || kind == ErrorKind::not_found ||
         kind == ErrorKind::unsupported;
}

}  // namespace

bool Session::is_ldif(std::string_view url) { return url.starts_with("ldif:"); }

Session::Session(const model::Environment& environment, const SessionOptions& options)
    : environment_(environment), options_(options) {
  if (!options_.known) options_.known = std::make_shared<KnownControllers>();
}

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
  connect.progress = options_.progress;
  GMSACTL_TRY(choose_servers());
  const bool offline = std::all_of(servers_.begin(), servers_.end(), is_ldif);
  if (environment_.password_from && !offline) {
    auto password = GMSACTL_TRY(read_password(*environment_.password_from));
    if (options_.warn)
      for (const auto& doubt : password.doubts) options_.warn(doubt);
    connect.password = std::move(password.value);
  }
  // Environments of one domain keep to one controller: another may not know yet what was written to it.
  const std::string chosen = host_of(options_.known->chosen(fold(environment_.domain)));
  const auto same = std::ranges::find_if(
      servers_, [&](const std::string& url) { return equal_folded(host_of(url), chosen); });
  if (servers_.size() > 1 && options_.prefer.empty() && same != servers_.end() &&
      !options_.known->is_dead(*same))
    if (auto done = choose({*same}); done || !worth_another_server(done.error().kind)) return done;
  return choose(servers_);
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
  discovered_ = true;
  const dns::Resolver resolver{options_.dns_servers};
  const std::string zone = "dc._msdcs." + environment_.domain;
  const std::string& site = options_.site.empty() ? environment_.site : options_.site;
  const auto ask = [&resolver](const std::string& name) {
    return std::async(std::launch::async, [&resolver, name] { return resolver.lookup_srv(name); });
  };
  auto looking_for_emulator = ask("_ldap._tcp.pdc._msdcs." + environment_.domain);
  auto looking_in_site = ask("_ldap._tcp." + (site.empty() ? "" : site + "._sites.") + zone);
  auto records = resolver.lookup_srv("_ldap._tcp." + zone);
  auto in_site = looking_in_site.get();
  if (!records)
    return fail(
        std::move(records)
            .error()
            .with_context("finding the domain controllers of " + environment_.domain)
            .with_hint(
                "Use a DNS server that knows " + environment_.domain +
                ", or name domain controllers in directory.servers of the Environment or with --server."));
  if (!site.empty() && !in_site)
    return fail(
        std::move(in_site)
            .error()
            .with_context("finding the domain controllers of site " + printable(site))
            .with_hint("Check directory.site or --site: a site's name is that of its object in CN=Sites."));
  // The one controller that all runs agree on, so that they meet each other's lock, and a plan shows at once
  // what the apply before it has written. Without it, any other one will do.
  const auto emulator = looking_for_emulator.get();
  const auto is = [](const std::string& host) {
    return [&host](const dns::SrvRecord& record) { return equal_folded(record.host, host); };
  };
  if (emulator) std::stable_partition(records->begin(), records->end(), is(emulator->front().host));
  if (!site.empty()) {
    // By name, not by chance, for the same reason.
    std::ranges::sort(*in_site, {},
                      [](const dns::SrvRecord& record) { return std::tuple(record.priority, record.host); });
    if (emulator) std::stable_partition(in_site->begin(), in_site->end(), is(emulator->front().host));
    for (const auto& record : *in_site) std::erase_if(*records, is(record.host));
    records->insert(records->begin(), in_site->begin(), in_site->end());
  }
  const bool ldaps = environment_.tls_mode == model::TlsMode::ldaps;
  for (const auto& record : *records) {
    // The port of an SRV record is that of plain LDAP; LDAPS has none and is at its own.
    const std::string port =
        ldaps || record.port == 389 || record.port == 0 ? "" : ":" + std::to_string(record.port);
    servers_.push_back((ldaps ? "ldaps://" : "ldap://") + record.host + port);
  }
  return {};
}

/// The user and what proves it, for remembering that it was refused.
std::string Session::who() const {
  return connect_options_.username + "\n" + sha256(connect_options_.password.expose());
}

Result<std::unique_ptr<ldap::Transport>> Session::connect(const std::string& url, const std::string& address,
                                                          bool global_catalog) const {
  if (is_ldif(url)) return ldap::open_ldif(url.substr(5));
  if (auto refused = options_.known->refusal(who())) return fail(std::move(*refused));
  ldap::ConnectOptions options = connect_options_;
  options.address = address;
  options.global_catalog = global_catalog;
  if (address.empty() && !options_.dns_servers.empty()) {
    const dns::Resolver resolver{options_.dns_servers};
    auto addresses = resolver.lookup_addresses(host_of(url));
    if (addresses && !addresses->empty()) options.address = addresses->front();
  }
  auto transport = ldap::connect(url, options);
  // A password that was refused once is refused again, and each refusal counts towards locking the account.
  if (!transport && connect_options_.bind == ldap::Bind::simple &&
      transport.error().kind == ErrorKind::unauthenticated && transport.error().native &&
      transport.error().native->code == 49)
    options_.known->refuse(who(), transport.error());
  return transport;
}

Result<void> Session::choose(const std::vector<std::string>& urls) {
  return first_of(urls, discovered_ ? environment_.domain : "",
                  [&](const std::string& url, const std::string& address) -> Result<void> {
                    auto transport = GMSACTL_TRY(connect(url, address));
                    root_dse_ = GMSACTL_TRY(check_server(*transport, environment_));
                    transport_ = std::move(transport);
                    pinned_ = url;
                    options_.known->choose(fold(environment_.domain), url);
                    return {};
                  });
}

Result<void> Session::first_of(std::vector<std::string> urls, const std::string& ping,
                               const Attempt& attempt) const {
  // What was dead a moment ago is asked only where nothing else is left.
  if (!std::ranges::all_of(urls, [&](const std::string& url) { return options_.known->is_dead(url); }))
    std::erase_if(urls, [&](const std::string& url) { return options_.known->is_dead(url); });
  if (urls.size() > 1 && std::ranges::none_of(urls, is_ldif))
    return race(urls, ping, attempt, connect_options_.connect_timeout);
  std::optional<Error> first;
  for (const auto& url : urls) {
    auto done = attempt(url, {});
    if (done) return {};
    auto error = std::move(done).error().with_context(without_credentials(url));
    if (!worth_another_server(error.kind)) return fail(std::move(error));
    if (!first) first = std::move(error);
  }
  return fail(first.value_or(Error{ErrorKind::not_found, "there is no server to ask", {}, {}}));
}

Result<void> Session::race(const std::vector<std::string>& urls, const std::string& ping,
                           const Attempt& attempt, std::chrono::milliseconds patience) const {
  std::vector<std::string> hosts;
  for (const auto& url : urls) hosts.push_back(host_of(url));
  const dns::Resolver resolver{options_.dns_servers};
  auto addresses = GMSACTL_TRY(resolver.lookup_addresses(hosts, std::chrono::seconds(1)));
  std::vector<ldap::Candidate> candidates;
  for (size_t i = 0; i < urls.size(); ++i) candidates.push_back({urls[i], std::move(addresses[i])});
  ldap::RaceOptions options;
  options.domain = ping;
  options.timeout = std::min(patience, connect_options_.connect_timeout);
  if (options_.progress)
    options.waiting = [&](size_t answered, size_t asked) {
      options_.progress("looking for a domain controller of " + environment_.domain + ": " +
                        std::to_string(answered) + " of " + std::to_string(asked) + " answered");
    };
  ldap::Race contest(candidates, std::move(options));
  std::vector<std::optional<Error>> errors(urls.size());
  while (const auto winner = contest.next()) {
    const auto& url = urls[winner->candidate];
    auto done = attempt(url, winner->address);
    if (done) {
      options_.known->set_alive(url);
      for (size_t i = 0; i < urls.size(); ++i)
        if (errors[i] || contest.failure(i)) options_.known->set_dead(urls[i]);
      return {};
    }
    errors[winner->candidate] = std::move(done).error();
    if (!worth_another_server(errors[winner->candidate]->kind))
      return fail(std::move(*errors[winner->candidate]).with_context(without_credentials(url)));
  }
  constexpr size_t most_shown = 3;
  Error all{
      ErrorKind::unavailable, "no domain controller of " + environment_.domain + " could be used", {}, {}};
  for (size_t i = 0; i < urls.size(); ++i) {
    options_.known->set_dead(urls[i]);
    auto error = errors[i] ? errors[i] : contest.failure(i);
    if (!error) continue;
    all.kind = error->kind;
    all.hint = error->hint;
    if (i < most_shown) all.message += "; " + without_credentials(urls[i]) + ": " + error->message;
  }
  if (urls.size() > most_shown) all.message += "; and " + std::to_string(urls.size() - most_shown) + " more";
  return fail(std::move(all));
}

Result<void> Session::recover(bool elsewhere) {
  if (options_.stay) return fail(ErrorKind::unavailable, "the server is not changed for another one");
  if (writes_begun_ || servers_.size() == 1) {
    auto transport = connect(pinned_, {});
    if (!transport) return fail(std::move(transport).error().with_context(without_credentials(pinned_)));
    auto root_dse = GMSACTL_TRY(check_server(**transport, environment_));
    const auto was = identity(root_dse_);
    const auto is = identity(root_dse);
    if (writes_begun_ && is.differs_from(was))
      return fail(ErrorKind::unavailable, without_credentials(pinned_) + " led to " + printable(was.name()) +
                                              ", which was written to, and now leads to " +
                                              printable(is.name()));
    root_dse_ = std::move(root_dse);
    transport_ = std::move(*transport);
    return {};
  }
  const std::string before = pinned_;
  if (elsewhere) options_.known->set_dead(before);
  auto order = servers_;
  std::stable_partition(order.begin(), order.end(),
                        [&](const std::string& url) { return (url == before) != elsewhere; });
  return choose(order);
}

/// The hosts of [MS-ADTS] 6.3.2.3, in the order in which to try them.
Result<std::vector<std::string>> Session::catalogs_in_dns(const std::string& forest) const {
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
  std::vector<std::string> hosts;
  for (const auto& record : *records) hosts.push_back(record.host);
  return hosts;
}

Result<std::unique_ptr<ldap::Reader>> Session::open_global_catalog(const std::string& forest) const {
  if (is_ldif(pinned_)) return connect(pinned_, {});
  const auto catalog_at = [&](const std::string& host) {
    const std::string authority = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return pinned_.starts_with("ldaps://") ? "ldaps://" + authority + ":3269"
                                           : "ldap://" + authority + ":3268";
  };
  std::unique_ptr<ldap::Transport> catalog;
  const Attempt attempt = [&](const std::string& url, const std::string& address) -> Result<void> {
    auto opened = connect(url, address, /*global_catalog=*/true);
    const auto usable = opened ? check_global_catalog(**opened, root_dse_) : Result<void>();
    if (opened && usable) {
      catalog = std::move(*opened);
      return {};
    }
    Error error = opened ? usable.error() : std::move(opened).error();
    // Whatever else is at that port, another one may do. Only a password is not handed in twice.
    if (!error.native || error.native->code != 49) error.kind = ErrorKind::unavailable;
    return fail(std::move(error));
  };
  const std::string own = catalog_at(host_of(pinned_));
  std::optional<Error> why_not;
  // [MS-ADTS] 3.1.1.3.2.10. Not every controller of a forest with several domains is one.
  if (equal_folded(root_dse_.first("isGlobalCatalogReady").value_or(""), "TRUE") &&
      !options_.known->is_dead(own)) {
    auto opened = race({own}, {}, attempt, own_catalog_patience);
    if (opened) return catalog;
    if (!worth_another_server(opened.error().kind)) return fail(std::move(opened).error());
    why_not = std::move(opened).error();
  }
  auto hosts = catalogs_in_dns(forest);
  std::vector<std::string> urls;
  if (hosts)
    for (const auto& host : *hosts)
      if (!why_not || catalog_at(host) != own) urls.push_back(catalog_at(host));
  if (why_not && urls.empty()) return fail(std::move(*why_not).with_context("opening the global catalog"));
  if (!hosts) return fail(std::move(hosts).error());
  auto found = first_of(std::move(urls), {}, attempt);
  if (!found) return fail(std::move(found).error().with_context("finding a global catalogue of " + forest));
  return catalog;
}

}  // namespace gmsactl::directory
