#include "providers/transport/ldap/libldap_session.h"

#include <ldap.h>
#include <openldap.h>
#include <sasl/sasl.h>
#include <sys/time.h>

#include <ctime>
#include <mutex>
#include <utility>

#include "engine/base/text.h"
#include "providers/transport/ldap/libldap_request.h"
#include "providers/transport/ldap/libldap_tls.h"
#include "providers/transport/ldap/libldap_trust.h"
#include "providers/transport/ldap/recovery.h"

namespace gmsactl::ldap {
namespace {

constexpr int minimum_ssf = 56;  // what GSSAPI reports for "confidential"; the real strength is the ticket's

timeval to_timeval(std::chrono::milliseconds time) {
  return {static_cast<time_t>(time.count() / 1000), static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

struct FreeMessage {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

/// libldap fills its global options at the first call, which is not safe in two threads at once.
void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    int version = 0;
    (void)ldap_get_option(nullptr, LDAP_OPT_PROTOCOL_VERSION, &version);
  });
}

/// Every option that ldap.conf, .ldaprc or LDAP… variables could have set otherwise.
Result<void> set_options(LDAP* handle, const ConnectOptions& options) {
  const int version = LDAP_VERSION3;
  const int none = 0;
  const int never = LDAP_DEREF_NEVER;
  const timeval timeout = to_timeval(options.connect_timeout);
  const bool set = ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_DEREF, &never) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_SIZELIMIT, &none) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_TIMELIMIT, &none) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_TIMEOUT, &timeout) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &timeout) == LDAP_OPT_SUCCESS &&
                   // The TLS handshake on our non-blocking socket spins without this, and heeds no timeout.
                   ldap_set_option(handle, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_ON) == LDAP_OPT_SUCCESS &&
                   // Reverse look-up would turn the name in the ticket into localhost or worse.
                   ldap_set_option(handle, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) == LDAP_OPT_SUCCESS;
  if (!set) return fail(ErrorKind::internal, "libldap refuses an option");
  return {};
}

Result<Message> answer(LDAP* handle, int id, std::chrono::milliseconds timeout, const std::string& doing) {
  timeval time = to_timeval(timeout);
  LDAPMessage* message = nullptr;
  const int type = ldap_result(handle, id, LDAP_MSG_ALL, &time, &message);
  if (type == 0)
    return fail(fault(Fault::no_answer, doing + ": no answer in " + std::to_string(timeout.count()) + " ms")
                    .with_hint("Check that it is an LDAP server, and not too busy"));
  if (type < 0) {
    int code = LDAP_SERVER_DOWN;
    (void)ldap_get_option(handle, LDAP_OPT_RESULT_CODE, &code);
    Error error = handle_error(handle, code).with_context(doing);
    if (code == LDAP_SERVER_DOWN)
      error.hint =
          "The server closed the connection. Check the port: 636 is for ldaps://, 389 is for ldap://";
    return fail(std::move(error));
  }
  return Message(message);
}

bool own_port(uint16_t port) { return port == 389 || port == 636 || port == 3268 || port == 3269; }

/// GSS-API needs no answers from us: the ticket says who we are.
int no_interaction(LDAP*, unsigned, void*, void* prompts) {
  for (auto* prompt = static_cast<sasl_interact_t*>(prompts); prompt->id != SASL_CB_LIST_END; ++prompt) {
    prompt->result = "";
    prompt->len = 0;
  }
  return LDAP_SUCCESS;
}

/// LDAP_SUCCESS, a result of the server, or an error of libldap; a time-out only as an Error.
Result<int> sasl_bind(LDAP* handle, const char* mechanism, const ConnectOptions& options,
                      const std::string& doing) {
  const char* chosen = nullptr;
  Message message;
  for (;;) {
    int id = 0;
    const int code = ldap_sasl_interactive_bind(handle, nullptr, mechanism, nullptr, nullptr, LDAP_SASL_QUIET,
                                                no_interaction, nullptr, message.get(), &chosen, &id);
    if (code != LDAP_SASL_BIND_IN_PROGRESS) return code;
    message = GMSACTL_TRY(answer(handle, id, options.connect_timeout, doing));
  }
}

Error explain_sasl(Error error) {
  const auto says = [&](std::string_view text) { return error.message.find(text) != std::string::npos; };
  if (error.native && error.native->code == LDAP_AUTH_UNKNOWN) {
    error.kind = ErrorKind::unsupported;
    error.hint = "Install the SASL plug-in for Kerberos: package libsasl2-modules-gssapi-mit";
  } else if (error.native && error.native->code == LDAP_LOCAL_ERROR) {
    error.kind = ErrorKind::unauthenticated;
    if (says("skew"))
      error.hint = "Set this machine's clock by the domain's: Kerberos allows 5 minutes of difference";
    if (says("expired")) error.hint = "Run kinit";
    if (says("not found in Kerberos database"))
      error.hint = "Name the server as the domain knows it, in full; set rdns = false in krb5.conf";
  }
  return error;
}

}  // namespace

void CloseHandle::operator()(::ldap* handle) const { ldap_unbind_ext(handle, nullptr, nullptr); }

Error handle_error(::ldap* handle, int result) {
  char* text = nullptr;
  (void)ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  const std::unique_ptr<char, decltype(&ldap_memfree)> owned(text, ldap_memfree);
  return ldap_error(result, text ? text : "");
}

Session::Session(Endpoint endpoint, const ConnectOptions& options)
    : endpoint_(std::move(endpoint)),
      options_(options),
      tickets_(options.keytab, options.username, options.progress) {}

Result<std::shared_ptr<Session>> Session::create(const std::string& url, const ConnectOptions& options) {
  Endpoint endpoint = GMSACTL_TRY(Endpoint::parse(url));
  if (!options.global_catalog) GMSACTL_TRY(refuse_global_catalog(endpoint));
  if (options.tls == Tls::ldaps && !endpoint.ldaps)
    return fail(ErrorKind::invalid,
                "TLS mode ldaps and the server " + endpoint.url() + " contradict each other",
                "Write ldaps:// or choose another mode");
  if (options.tls == Tls::start_tls && endpoint.ldaps)
    return fail(ErrorKind::invalid,
                "TLS mode startTLS and the server " + endpoint.url() + " contradict each other",
                "Write ldap:// or choose another mode");
  if (options.bind == Bind::simple && options.username.empty())
    return fail(ErrorKind::invalid, "a simple bind needs a user name");
  // RFC 4513 §5.1.2: without a password the server would answer success to anybody and treat us as anonymous.
  if (options.bind == Bind::simple && options.password.empty())
    return fail(ErrorKind::unauthenticated, "the password of " + printable(options.username) + " is empty",
                "Check the variable or the file that holds it");
  if (options.connections < 1 || options.window < 1)
    return fail(ErrorKind::invalid, "at least one connection and one request at a time are needed");
  std::shared_ptr<Session> session(new Session(std::move(endpoint), options));
  if (!options.ca_file.empty() && (session->endpoint_.ldaps || session->start_tls()))
    GMSACTL_TRY(check_ca_file(options.ca_file, std::time(nullptr)));
  return session;
}

bool Session::start_tls() const {
  return !endpoint_.ldaps && (options_.tls == Tls::start_tls || options_.bind == Bind::simple);
}

Result<Handle> Session::open() {
  start_library();
  FileDescriptor socket = GMSACTL_TRY(open_socket(endpoint_, options_.address, options_.connect_timeout));
  // A port that is not a controller's own is a tunnel's, and no KDC is at its end.
  if (options_.bind == Bind::kerberos)
    GMSACTL_TRY(tickets_.prepare(endpoint_.host, own_port(endpoint_.port) ? peer_of(socket.get()) : ""));
  LDAP* raw = nullptr;
  // Always ldap:// here: TLS is ours to start on the socket, by name and not by address.
  const Endpoint plain{false, endpoint_.host, endpoint_.port};
  const int code = ldap_init_fd(socket.get(), LDAP_PROTO_TCP, plain.url().c_str(), &raw);
  if (code != LDAP_SUCCESS) return fail(ldap_error(code, ldap_err2string(code)));
  Handle handle(raw);
  (void)socket.release();  // the handle's now
  GMSACTL_TRY(set_options(raw, options_));
  GMSACTL_TRY(secure(raw));
  GMSACTL_TRY(options_.bind == Bind::simple ? bind_simple(raw) : bind_kerberos(raw));
  GMSACTL_TRY(check_identity(raw));
  return handle;
}

Result<ControllerIdentity> Session::ask_identity(::ldap* handle) const {
  SearchRequest search;
  search.scope = Scope::base;
  search.attributes = {"dsServiceName", "dnsHostName"};
  const Send send = GMSACTL_TRY(search_request(search, 0, {}));
  const std::string doing = "asking " + endpoint_.url() + " which controller it is";
  int id = 0;
  if (const int code = send(handle, id); code != LDAP_SUCCESS)
    return fail(handle_error(handle, code).with_context(doing));
  const Message message = GMSACTL_TRY(answer(handle, id, options_.connect_timeout, doing));
  LDAPMessage* const first = ldap_first_entry(handle, message.get());
  if (first == nullptr) {
    for (auto* each = ldap_first_message(handle, message.get()); each != nullptr;
         each = ldap_next_message(handle, each))
      if (ldap_msgtype(each) == LDAP_RES_SEARCH_RESULT)
        if (auto said = decode_answer(handle, each).outcome; !said)
          return fail(std::move(said).error().with_context(doing));
    return ControllerIdentity{};
  }
  const Entry root = GMSACTL_TRY(decode_entry(handle, first));
  return ControllerIdentity{std::string(root.first("dsServiceName").value_or("")),
                            std::string(root.first("dnsHostName").value_or(""))};
}

/// Two controllers have two states of one directory, and each is a little behind the other.
Result<void> Session::check_identity(::ldap* handle) {
  auto here = ask_identity(handle);
  const std::lock_guard lock(mutex_);
  if (!std::exchange(opened_, true)) {
    // What keeps the first one from saying so is found by whoever reads from it. One that is lost already has
    // told nothing, and the next one is the first.
    if (here) first_ = std::move(*here);
    if (!here && here.error().recovery == Recovery::anew) opened_ = false;
    return {};
  }
  if (!here) return fail(as_fault(Fault::connection_lost, std::move(here).error()));
  if (first_ && !here->differs_from(*first_)) return {};
  const std::string before = first_ ? printable(first_->name()) : "one that did not say which it is";
  return fail(fault(Fault::another_controller, endpoint_.url() + " led to " + before +
                                                   " at first, and now leads to " + printable(here->name())));
}

Result<void> Session::secure(::ldap* handle) const {
  if (!endpoint_.ldaps && !start_tls()) return {};
  GMSACTL_TRY(configure_tls(handle, endpoint_.host, options_.ca_file));
  if (endpoint_.ldaps) return install_tls(handle, endpoint_, options_);
  int id = 0;
  const std::string doing = "StartTLS with " + endpoint_.url();
  int code = ldap_start_tls(handle, nullptr, nullptr, &id);
  if (code != LDAP_SUCCESS) return fail(handle_error(handle, code).with_context(doing));
  const Message message = GMSACTL_TRY(answer(handle, id, options_.connect_timeout, doing));
  int result = LDAP_OTHER;
  code = ldap_parse_result(handle, message.get(), &result, nullptr, nullptr, nullptr, nullptr, 0);
  if (code != LDAP_SUCCESS) return fail(handle_error(handle, code).with_context(doing));
  if (result != LDAP_SUCCESS)
    return fail(handle_error(handle, result)
                    .with_context(doing)
                    .with_hint("The server offers no StartTLS (has it a certificate?); try ldaps://"));
  return install_tls(handle, endpoint_, options_);
}

Result<void> Session::bind_simple(::ldap* handle) const {
  const std::string doing = "binding to " + endpoint_.url() + " as " + printable(options_.username);
  // The one place where a password leaves: never without TLS, whatever the code above does.
  if (ldap_tls_inplace(handle) == 0)
    return fail(ErrorKind::internal, doing + ": the connection is not protected");
  const std::string& password = options_.password.expose();
  berval credentials{password.size(), const_cast<char*>(password.data())};
  int id = 0;
  int code = ldap_sasl_bind(handle, options_.username.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr,
                            nullptr, &id);
  if (code != LDAP_SUCCESS) return fail(handle_error(handle, code).with_context(doing));
  const Message message = GMSACTL_TRY(answer(handle, id, options_.connect_timeout, doing));
  int result = LDAP_OTHER;
  char* text = nullptr;
  code = ldap_parse_result(handle, message.get(), &result, nullptr, &text, nullptr, nullptr, 0);
  const std::unique_ptr<char, decltype(&ldap_memfree)> owned(text, ldap_memfree);
  if (code == LDAP_SUCCESS && result == LDAP_SUCCESS) return {};
  return fail(ldap_error(code != LDAP_SUCCESS ? code : result, text ? text : "").with_context(doing));
}

Result<void> Session::bind_kerberos(::ldap* handle) const {
  const bool tls = ldap_tls_inplace(handle) != 0;
  // AD refuses a second protection inside TLS; there the channel binding ties the ticket to the certificate
  // instead.
  ber_len_t least = tls ? 0 : minimum_ssf;
  ber_len_t most = tls ? 0 : 0x7FFFFFFF;
  const int binding = LDAP_OPT_X_SASL_CBINDING_TLS_ENDPOINT;
  if (ldap_set_option(handle, LDAP_OPT_X_SASL_SSF_MIN, &least) != LDAP_OPT_SUCCESS ||
      ldap_set_option(handle, LDAP_OPT_X_SASL_SSF_MAX, &most) != LDAP_OPT_SUCCESS ||
      (tls && ldap_set_option(handle, LDAP_OPT_X_SASL_CBINDING, &binding) != LDAP_OPT_SUCCESS))
    return fail(ErrorKind::internal, "libldap refuses a security option");
  const std::string doing = "Kerberos bind to " + endpoint_.url();
  int code = GMSACTL_TRY(sasl_bind(handle, "GSS-SPNEGO", options_, doing));
  if (code == LDAP_AUTH_UNKNOWN || code == LDAP_AUTH_METHOD_NOT_SUPPORTED)
    code = GMSACTL_TRY(sasl_bind(handle, "GSSAPI", options_, doing));
  if (code != LDAP_SUCCESS) return fail(explain_sasl(handle_error(handle, code)).with_context(doing));
  ber_len_t strength = 0;
  (void)ldap_get_option(handle, LDAP_OPT_X_SASL_SSF, &strength);
  if (!tls && strength < minimum_ssf)
    return fail(ErrorKind::unauthenticated, doing + ": the server agreed to no encryption",
                "Use ldaps://, or allow signing and sealing on the domain controller");
  return {};
}

}  // namespace gmsactl::ldap
