// What went wrong with one operation, as a value. A person's mistake in a manifest is a Diagnostic instead
// (many at once, with a position); a bug of ours is an assertion. Retry policy and exit codes read the kind
// and nothing else, so the kind is the contract and the message is for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gmsactl {

enum class ErrorKind {
  invalid,    ///< the request itself is wrong; the same request never succeeds
  not_found,  ///< the addressed object does not exist (not: could not be read, see unavailable and denied)
  already_exists,   ///< the name or value is taken
  conflict,         ///< the live value is not the one that was expected: somebody else changed it
  unauthenticated,  ///< we could not prove who we are: wrong password, expired ticket, untrusted certificate
  denied,           ///< we are known and may not do this
  unavailable,  ///< no answer: connection refused, lost or server shutting down; the outcome of a write is
                ///< unknown
  timeout,      ///< no answer in time; the outcome of a write is unknown
  unsupported,  ///< the other side can't do this at all
  constraint,   ///< the server's own rules refuse the value: schema, uniqueness, quota, unwilling to perform
  cancelled,    ///< we were told to stop
  corrupt,      ///< bytes from outside do not decode
  internal,     ///< a library failed in a way that no input explains
};
std::string_view name(ErrorKind kind);

/// The other side's own result, for people who look it up and for code that must tell two refusals apart.
struct NativeCode {
  int code = 0;      ///< LDAP result code (RFC 4511 §4.1.9, negative for libldap's own) or errno
  std::string name;  ///< "entryAlreadyExists"
  std::optional<uint32_t> extended;  ///< Windows error, the leading hex number of AD's diagnostic message
  bool operator==(const NativeCode&) const = default;
};

/// What is worth trying after a read that failed. Decided by the one table of the transport
/// (providers/transport/ldap/recovery.h); a write never follows it.
enum class Recovery : uint8_t {
  none,   ///< the same again would fail the same way
  anew,   ///< from the beginning, on a new connection; at another server where none has been written to
  later,  ///< the server asks for patience: wait, then from the beginning
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  ///< one sentence without a full stop; context is put before it, outermost first
  std::string hint;     ///< what to do next, may be empty
  std::optional<NativeCode> native;
  bool not_sent = false;  ///< the request never left, so whatever the kind is, nothing came of it
  Recovery recovery = Recovery::none;

  /// "reading account web01$: " + message.
  Error with_context(std::string_view context) &&;
  Error with_hint(std::string text) &&;
  bool operator==(const Error&) const = default;
};

/// Whether the request may have been carried out although no answer came.
constexpr bool outcome_unknown(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::timeout;
}
inline bool outcome_unknown(const Error& error) { return !error.not_sent && outcome_unknown(error.kind); }

}  // namespace gmsactl
