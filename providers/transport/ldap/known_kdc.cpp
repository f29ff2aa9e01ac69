#include "providers/transport/ldap/known_kdc.h"

#include <poll.h>
#include <profile.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "engine/base/text.h"
#include "providers/transport/ldap/libldap_endpoint.h"

namespace gmsactl::ldap {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto connect_patience = std::chrono::seconds(1);
constexpr auto answer_patience = std::chrono::seconds(10);
constexpr size_t longest_reply = 1 << 20;

Result<void> send_all(int socket, std::string_view bytes, Clock::time_point until) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      return fail(ErrorKind::unavailable, std::system_category().message(errno));
    } else if (!wait_for(socket, POLLOUT, until)) {
      return fail(ErrorKind::timeout, "no answer");
    }
  }
  return {};
}

Result<std::string> receive(int socket, size_t size, Clock::time_point until) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    if (!wait_for(socket, POLLIN, until)) return fail(ErrorKind::timeout, "no answer");
    const auto got = recv(socket, bytes.data() + have, size - have, 0);
    if (got > 0)
      have += static_cast<size_t>(got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
      return fail(ErrorKind::unavailable, "the connection was closed");
  }
  return bytes;
}

/// Whether whoever wrote krb5.conf says where the KDCs of the realm are.
bool configured(krb5_context context, const std::string& realm) {
  profile_t profile = nullptr;
  if (krb5_get_profile(context, &profile) != 0) return false;
  const std::array<const char*, 4> names{"realms", realm.c_str(), "kdc", nullptr};
  char** values = nullptr;
  const bool found = profile_get_values(profile, names.data(), &values) == 0;
  if (found) profile_free_list(values);
  profile_release(profile);
  return found;
}

/// KDC_ERR_PREAUTH_FAILED and KDC_ERR_CLIENT_REVOKED (RFC 4120 section 7.5.9).
bool is_refusal(krb5_context context, const krb5_data& reply) {
  constexpr char krb_error = 0x7E;
  if (reply.length == 0 || reply.data[0] != krb_error) return false;
  krb5_error* error = nullptr;
  if (krb5_rd_error(context, &reply, &error) != 0) return false;
  const bool is = error->error == 24 || error->error == 18;
  krb5_free_error(context, error);
  return is;
}

}  // namespace

Result<std::string> ask_kdc(const std::string& address, std::string_view message,
                            std::chrono::milliseconds connect_timeout,
                            std::chrono::milliseconds answer_timeout, uint16_t port) {
  const FileDescriptor socket =
      GMSACTL_TRY(open_socket(Endpoint{false, address, port}, address, connect_timeout));
  const auto until = Clock::now() + answer_timeout;
  std::string framed;
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(message.size() >> shift & 0xFF);
  framed += message;
  GMSACTL_TRY(send_all(socket.get(), framed, until));
  const std::string header = GMSACTL_TRY(receive(socket.get(), 4, until));
  size_t size = 0;
  for (const char byte : header) size = size << 8 | static_cast<unsigned char>(byte);
  if (size == 0 || size > longest_reply) return fail(ErrorKind::corrupt, "it does not speak Kerberos");
  return receive(socket.get(), size, until);
}

void KnownKdc::serve(krb5_context context) { krb5_set_kdc_send_hook(context, &KnownKdc::send, this); }

void KnownKdc::is_at(const std::string& host, const std::string& address) {
  if (host == host_ && address == given_) return;  // whether it answers is known
  host_ = host;
  given_ = address;
  const auto dot = host.find('.');
  realm_ = dot == std::string::npos ? "" : host.substr(dot + 1);
  address_ = address;
}

bool KnownKdc::may_ask(krb5_context context, const krb5_data& realm) {
  const std::string name(realm.data, realm.length);
  return !address_.empty() && !realm_.empty() && equal_folded(name, realm_) && !configured(context, name);
}

krb5_error_code KnownKdc::send(krb5_context context, void* self, const krb5_data* realm,
                               const krb5_data* message, krb5_data**, krb5_data** reply) {
  auto& kdc = *static_cast<KnownKdc*>(self);
  if (!kdc.may_ask(context, *realm)) return 0;
  if (kdc.refused_) return KRB5_KDC_UNREACH;
  auto answer = ask_kdc(kdc.address_, {message->data, message->length}, connect_patience, answer_patience);
  if (!answer) {
    kdc.address_.clear();  // not asked, and not waited for, again
    return 0;
  }
  krb5_data bytes{};
  bytes.data = answer->data();
  bytes.length = static_cast<unsigned>(answer->size());
  kdc.refused_ = is_refusal(context, bytes);
  return krb5_copy_data(context, &bytes, reply);
}

}  // namespace gmsactl::ldap
