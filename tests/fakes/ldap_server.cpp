#include "tests/fakes/ldap_server.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <list>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "tests/fakes/loopback.h"

namespace gmsactl::fakes {
namespace {

constexpr const char* host = "dc.fabrikam.test";
constexpr std::string_view paged_results = "1.2.840.113556.1.4.319";

std::string tlv(uint8_t tag, const std::string& body) {
  std::string length;
  if (body.size() < 128) {
    length = static_cast<char>(body.size());
  } else {
    for (size_t rest = body.size(); rest != 0; rest >>= 8U)
      length.insert(length.begin(), static_cast<char>(rest & 0xFFU));
    length.insert(length.begin(), static_cast<char>(0x80U | length.size()));
  }
  return static_cast<char>(tag) + length + body;
}

std::string integer(uint8_t tag, int value) {
  std::string bytes;
  do bytes.insert(bytes.begin(), static_cast<char>(value & 0xFF));
  while ((value >>= 8) != 0);
  if ((bytes.front() & 0x80) != 0) bytes.insert(bytes.begin(), '\0');
  return tlv(tag, bytes);
}

std::string message(int id, uint8_t tag, const std::string& body, const std::string& controls = {}) {
  return tlv(0x30, integer(2, id) + tlv(tag, body) + (controls.empty() ? "" : tlv(0xA0, controls)));
}

struct Element {
  uint8_t tag = 0;
  std::string_view body;
};

/// The element at the front, taken off; nothing where it is not whole.
std::optional<Element> take_element(std::string_view& bytes) {
  if (bytes.size() < 2) return std::nullopt;
  size_t header = 2;
  size_t length = static_cast<uint8_t>(bytes[1]);
  if (length >= 128) {
    header += length & 0x7FU;
    if (bytes.size() < header) return std::nullopt;
    length = 0;
    for (size_t i = 2; i < header; ++i) length = length << 8U | static_cast<uint8_t>(bytes[i]);
  }
  if (bytes.size() < header + length) return std::nullopt;
  const Element element{static_cast<uint8_t>(bytes[0]), bytes.substr(header, length)};
  bytes.remove_prefix(header + length);
  return element;
}

std::vector<Element> elements(std::string_view bytes) {
  std::vector<Element> all;
  while (auto element = take_element(bytes)) all.push_back(*element);
  return all;
}

LdapRequest decode(const std::string& bytes, int connection) {
  std::string_view rest = bytes;
  const auto parts = elements(take_element(rest).value_or(Element{}).body);
  LdapRequest request;
  request.connection = connection;
  for (const char byte : parts.at(0).body) request.id = request.id << 8 | static_cast<uint8_t>(byte);
  request.operation = parts.at(1).tag;
  const auto fields = elements(parts.at(1).body);
  if (request.operation == 0x4A)
    request.base = parts[1].body;
  else if (request.operation != 0x60 && !fields.empty())
    request.base = fields[0].body;
  if (request.operation == 0x63) {
    request.scope = fields.at(1).body.at(0);
    for (const auto& attribute : elements(fields.at(7).body)) request.attributes.emplace_back(attribute.body);
  }
  if (parts.size() > 2)
    for (const auto& control : elements(parts[2].body)) {
      const auto of_it = elements(control.body);
      if (of_it.at(0).body != paged_results) continue;
      request.paged = true;
      std::string_view value = of_it.back().body;
      request.cookie = elements(take_element(value).value_or(Element{}).body).at(1).body;
    }
  return request;
}

void check(int code, const char* what) {
  if (code < 0) throw std::runtime_error(std::string(what) + ": " + gnutls_strerror(code));
}

}  // namespace

std::string ldap_entry(int id, const std::string& dn, const LdapValues& attributes) {
  std::string list;
  for (const auto& [name, values] : attributes) {
    std::string set;
    for (const auto& value : values) set += tlv(4, value);
    list += tlv(0x30, tlv(4, name) + tlv(0x31, set));
  }
  return message(id, 0x64, tlv(4, dn) + tlv(0x30, list));
}

std::string ldap_reference(int id, const std::string& url) { return message(id, 0x73, tlv(4, url)); }

std::string ldap_result(const LdapRequest& request, int code, const std::string& text,
                        const std::optional<std::string>& cookie, const std::string& referral) {
  const auto tag = request.operation == 0x4A   ? uint8_t{0x6B}
                   : request.operation == 0x63 ? uint8_t{0x65}
                                               : static_cast<uint8_t>(request.operation + 1U);
  std::string controls;
  if (cookie)
    controls =
        tlv(0x30, tlv(4, std::string(paged_results)) + tlv(4, tlv(0x30, integer(2, 0) + tlv(4, *cookie))));
  return message(
      request.id, tag,
      integer(10, code) + tlv(4, "") + tlv(4, text) + (referral.empty() ? "" : tlv(0xA3, tlv(4, referral))),
      controls);
}

std::string ldap_page(const LdapRequest& request, const std::string& base) {
  const int number = request.cookie.empty() ? 0 : std::stoi(request.cookie);
  constexpr int last = 2;
  std::string bytes;
  for (int i = 0; i < 2; ++i)
    bytes += ldap_entry(request.id, "CN=o" + std::to_string(number * 2 + i) + "," + base,
                        {{"description", {"on connection " + std::to_string(request.connection)}}});
  return bytes + ldap_result(request, 0, {}, number == last ? "" : std::to_string(number + 1));
}

std::string ldap_notice_of_disconnection(int code, const std::string& text) {
  return message(0, 0x78,
                 integer(10, code) + tlv(4, "") + tlv(4, text) + tlv(0x8A, "1.3.6.1.4.1.1466.20036"));
}

/// A certificate that signs itself, and its key.
struct LdapServer::Tls {
  gnutls_certificate_credentials_t credentials = nullptr;
  std::string pem;

  Tls() {
    gnutls_x509_privkey_t key = nullptr;
    gnutls_x509_crt_t certificate = nullptr;
    check(gnutls_x509_privkey_init(&key), "key");
    check(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                                       0),
          "key");
    check(gnutls_x509_crt_init(&certificate), "certificate");
    const char serial = 1;
    const auto now = time(nullptr);
    check(gnutls_x509_crt_set_version(certificate, 3), "version");
    check(gnutls_x509_crt_set_serial(certificate, &serial, 1), "serial");
    check(gnutls_x509_crt_set_activation_time(certificate, now - 3600), "time");
    check(gnutls_x509_crt_set_expiration_time(certificate, now + 86'400), "time");
    check(gnutls_x509_crt_set_dn(certificate, "CN=dc.fabrikam.test", nullptr), "name");
    check(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, host,
                                               static_cast<unsigned>(std::string_view(host).size()),
                                               GNUTLS_FSAN_SET),
          "name");
    check(gnutls_x509_crt_set_basic_constraints(certificate, 1, -1), "constraints");
    check(gnutls_x509_crt_set_key(certificate, key), "key");
    check(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), "signature");
    gnutls_datum_t text{};
    check(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text), "export");
    pem.assign(reinterpret_cast<const char*>(text.data), text.size);
    gnutls_free(text.data);
    check(gnutls_certificate_allocate_credentials(&credentials), "credentials");
    check(gnutls_certificate_set_x509_key(credentials, &certificate, 1, key), "credentials");
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
  }
  ~Tls() { gnutls_certificate_free_credentials(credentials); }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
};

struct LdapServer::Client {
  int socket;
  int number;
  gnutls_session_t session = nullptr;
  std::string received = {};
  bool greeted = false;

  Client(int descriptor, int count, gnutls_certificate_credentials_t credentials)
      : socket(descriptor), number(count) {
    check(gnutls_init(&session, GNUTLS_SERVER), "session");
    check(gnutls_set_default_priority(session), "session");
    check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "session");
    gnutls_transport_set_int(session, socket);
  }
  ~Client() {
    gnutls_deinit(session);
    close(socket);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
};

LdapServer::LdapServer(Answer answer, HostName host)
    : answer_(std::move(answer)),
      host_(host ? std::move(host) : [](int) { return std::string("dc01.fabrikam.test"); }),
      tls_(std::make_unique<Tls>()),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  std::string name = "/tmp/gmsactl-ca-XXXXXX";
  const int file = mkstemp(name.data());
  (void)!write(file, tls_->pem.data(), tls_->pem.size());
  close(file);
  ca_file_ = name;
  port_ = listen_on_loopback(listener_);
  thread_ = std::thread([this] { serve(); });
}

LdapServer::~LdapServer() {
  const uint64_t one = 1;
  (void)!write(stop_, &one, sizeof one);
  thread_.join();
  close(stop_);
  close(listener_);
  unlink(ca_file_.c_str());
}

std::string LdapServer::url() const { return "ldaps://" + std::string(host) + ":" + std::to_string(port_); }

ldap::ConnectOptions LdapServer::options() const {
  ldap::ConnectOptions options;
  options.bind = ldap::Bind::simple;
  options.username = "admin@fabrikam.test";
  options.password = Secret("not a real one");
  options.ca_file = ca_file_;
  options.address = "127.0.0.1";
  options.connections = 1;
  options.retry_pause = std::chrono::milliseconds(1);
  options.request_timeout = std::chrono::seconds(20);
  return options;
}

void LdapServer::serve() {
  std::list<Client> clients;
  for (;;) {
    std::vector<pollfd> waiting{{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& client : clients) waiting.push_back({client.socket, POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), -1) < 0 || waiting[0].revents != 0) return;
    size_t i = 2;
    for (auto client = clients.begin(); client != clients.end(); ++i) {
      const bool keep = waiting[i].revents == 0 || take(*client);
      client = keep ? std::next(client) : clients.erase(client);
    }
    if (waiting[1].revents == 0) continue;
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) clients.emplace_back(descriptor, ++connections_, tls_->credentials);
  }
}

/// False when the client is to go.
bool LdapServer::take(Client& client) {
  if (!client.greeted) {
    int code = GNUTLS_E_AGAIN;
    while ((code = gnutls_handshake(client.session)) < 0)
      if (gnutls_error_is_fatal(code) != 0) return false;
    client.greeted = true;
    return true;
  }
  do {
    std::array<char, 16'384> buffer{};
    const auto count = gnutls_record_recv(client.session, buffer.data(), buffer.size());
    if (count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED) continue;
    if (count <= 0) return false;
    client.received.append(buffer.data(), static_cast<size_t>(count));
  } while (gnutls_record_check_pending(client.session) > 0);
  for (;;) {
    std::string_view rest = client.received;
    if (!take_element(rest)) return true;
    const std::string whole = client.received.substr(0, client.received.size() - rest.size());
    client.received.erase(0, whole.size());
    if (!answer(client, whole)) return false;
  }
}

LdapServer::Reply LdapServer::reply_to(const LdapRequest& request) const {
  constexpr uint8_t bind = 0x60;
  constexpr uint8_t search = 0x63;
  if (request.operation == bind) return {ldap_result(request)};
  const std::vector<std::string> identity{"dsServiceName", "dnsHostName"};
  if (request.operation != search || !request.base.empty() || request.attributes != identity)
    return answer_(request);
  return {ldap_entry(request.id, "", {{"dnsHostName", {host_(request.connection)}}}) + ldap_result(request)};
}

bool LdapServer::answer(Client& client, const std::string& message) {
  const LdapRequest request = decode(message, client.number);
  if (request.operation == 0x42) return false;  // unbind
  if (request.operation == 0x50) return true;   // abandon
  const Reply reply = reply_to(request);
  for (std::string_view bytes = reply.bytes; !bytes.empty();) {
    const auto sent = gnutls_record_send(client.session, bytes.data(), bytes.size());
    if (sent < 0 && gnutls_error_is_fatal(static_cast<int>(sent)) != 0) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return !reply.close;
}

}  // namespace gmsactl::fakes
