#include "providers/transport/ldap/libldap_certificate.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <ctime>
#include <string_view>
#include <vector>

#include "engine/base/text.h"

namespace gmsactl::ldap {
namespace {

using Clock = std::chrono::steady_clock;

/// Message 1, the extended request 1.3.6.1.4.1.1466.20037 (RFC 4511 §4.14.1).
constexpr std::string_view start_tls_request =
    "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
    "1.3.6.1.4.1.1466.20037";

bool start_tls(int socket, Clock::time_point until) {
  if (send(socket, start_tls_request.data(), start_tls_request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(start_tls_request.size()))
    return false;
  // The reply is well below a packet, and the server sends nothing after it before we do.
  std::array<char, 1024> reply{};
  return wait_for(socket, POLLIN, until) && recv(socket, reply.data(), reply.size(), 0) > 0;
}

std::string date(time_t seconds) {
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// The session with what it needs, freed in the right order.
struct Probe {
  gnutls_certificate_credentials_t trust = nullptr;
  gnutls_session_t session = nullptr;
  gnutls_x509_crt_t certificate = nullptr;
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() {
    if (certificate) gnutls_x509_crt_deinit(certificate);
    if (session) gnutls_deinit(session);
    if (trust) gnutls_certificate_free_credentials(trust);
  }

  bool start(const std::string& ca_file, const std::string& host) {
    return gnutls_certificate_allocate_credentials(&trust) == 0 &&
           gnutls_certificate_set_x509_trust_file(trust, ca_file.c_str(), GNUTLS_X509_FMT_PEM) >= 0 &&
           gnutls_init(&session, GNUTLS_CLIENT) == 0 && gnutls_set_default_priority(session) == 0 &&
           gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust) == 0 &&
           gnutls_server_name_set(session, GNUTLS_NAME_DNS, host.data(), host.size()) == 0;
  }

  bool handshake(int socket, Clock::time_point until) {
    gnutls_transport_set_int(session, socket);
    for (;;) {
      const int code = gnutls_handshake(session);
      if (code == GNUTLS_E_SUCCESS) return true;
      if (gnutls_error_is_fatal(code)) return false;
      if (!wait_for(socket, gnutls_record_get_direction(session) ? POLLOUT : POLLIN, until)) return false;
    }
  }

  bool take_certificate() {
    unsigned count = 0;
    const gnutls_datum_t* shown = gnutls_certificate_get_peers(session, &count);
    return shown && count > 0 && gnutls_x509_crt_init(&certificate) == 0 &&
           gnutls_x509_crt_import(certificate, shown, GNUTLS_X509_FMT_DER) == 0;
  }

  std::string issuer() const {
    std::array<char, 512> text{};
    size_t size = text.size();
    if (gnutls_x509_crt_get_issuer_dn(certificate, text.data(), &size) != 0) return "an unnamed issuer";
    return printable(text.data());
  }

  /// DNS names and addresses in the certificate, else its subject.
  std::string names() const {
    std::string list;
    for (unsigned i = 0;; ++i) {
      std::array<char, 256> text{};
      size_t size = text.size();
      const int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, text.data(), &size, nullptr);
      if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
      if (type == GNUTLS_SAN_DNSNAME) list += (list.empty() ? "" : ", ") + printable({text.data(), size});
      std::array<char, INET6_ADDRSTRLEN> address{};
      if (type == GNUTLS_SAN_IPADDRESS &&
          inet_ntop(size == 4 ? AF_INET : AF_INET6, text.data(), address.data(), address.size()) != nullptr)
        list += (list.empty() ? "" : ", ") + std::string(address.data());
    }
    if (!list.empty()) return list;
    std::array<char, 512> text{};
    size_t size = text.size();
    return gnutls_x509_crt_get_dn(certificate, text.data(), &size) == 0 ? printable(text.data()) : "nobody";
  }
};

Error refusal(std::string message, std::string hint) {
  return Error{ErrorKind::unauthenticated, std::move(message), std::move(hint), std::nullopt};
}

Error explain(const Probe& probe, unsigned status, const Endpoint& endpoint, const std::string& ca_file) {
  if ((status & GNUTLS_CERT_EXPIRED) &&
      gnutls_x509_crt_get_expiration_time(probe.certificate) > std::time(nullptr))
    return refusal("a certificate that vouches for the server's has expired",
                   "Renew the certification authority's certificate, and update directory.tls.caFile");
  if (status & GNUTLS_CERT_EXPIRED)
    return refusal(
        "the certificate expired at " + date(gnutls_x509_crt_get_expiration_time(probe.certificate)),
        "Renew the domain controller's certificate, or check this machine's clock");
  if (status & GNUTLS_CERT_NOT_ACTIVATED)
    return refusal(
        "the certificate is valid only from " + date(gnutls_x509_crt_get_activation_time(probe.certificate)),
        "Check this machine's clock");
  if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
    return refusal(
        "the certificate is for " + probe.names() + ", not for " + endpoint.host,
        "Name the server as its certificate does; for a tunnel, have that name lead to the tunnel's end: "
        "127.0.0.1 dc01.contoso.com in /etc/hosts");
  if (status & GNUTLS_CERT_REVOKED)
    return refusal("the certificate is revoked", "Use another domain controller");
  if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
    return refusal("the certificate is issued by " + probe.issuer() + ", which " + printable(ca_file) +
                       " does not vouch for",
                   "Set directory.tls.caFile to the PEM certificate of the domain's certification authority");
  gnutls_datum_t text{};
  std::string why = "the certificate is not acceptable";
  if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == 0) {
    why = printable(trim({reinterpret_cast<const char*>(text.data), text.size}));
    gnutls_free(text.data);
  }
  return refusal(why, "Have the domain controller given a certificate that the tools of today accept");
}

}  // namespace

std::optional<Error> certificate_flaw(const Endpoint& endpoint, const ConnectOptions& options,
                                      const std::string& ca_file) {
  const auto until = Clock::now() + options.connect_timeout;
  auto socket = open_socket(endpoint, options.address, options.connect_timeout);
  if (!socket) return std::nullopt;
  if (!endpoint.ldaps && !start_tls(socket->get(), until)) return std::nullopt;
  Probe probe;
  if (!probe.start(ca_file, endpoint.host) || !probe.handshake(socket->get(), until) ||
      !probe.take_certificate())
    return std::nullopt;
  unsigned status = 0;
  if (gnutls_certificate_verify_peers3(probe.session, endpoint.host.c_str(), &status) != 0 || status == 0)
    return std::nullopt;
  return explain(probe, status, endpoint, ca_file);
}

}  // namespace gmsactl::ldap
