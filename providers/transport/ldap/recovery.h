// The one table of what went wrong with an LDAP request: for each LDAP result, each Windows error in a
// diagnostic message and each fault of the transport its kind, what is worth trying after a read, and what to
// tell people. ldap_error.cpp makes Errors from it, libldap_transport.cpp carries the recovery out for reads,
// and a Session uses it to move on to another controller. A write never follows it: only its caller knows
// whether it is still right.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace gmsactl::ldap {

/// RFC 4511 appendix A, then what libldap itself reports (negative, or the old API's 81 to 97).
struct ResultMeaning {
  int code;
  std::string_view name;
  ErrorKind kind;
  Recovery recovery = Recovery::none;
  std::string_view hint = {};
};

/// A Win32 error ([MS-ERREF] 2.2; names are in win32_names.h), NTSTATUS or HRESULT that Active Directory puts
/// first in its diagnostic message, as far as it says more than the LDAP result.
struct WindowsMeaning {
  uint32_t code;
  std::string_view meaning;
  std::optional<ErrorKind> kind = {};         ///< where the LDAP result alone would mislead
  std::optional<Recovery> recovery = {};      ///< likewise
  std::string_view hint = {};                 ///< empty: that of the result
  std::array<int, 4> only_with_results = {};  ///< zeros: with any
};

/// What goes wrong without an LDAP result.
enum class Fault : uint8_t {
  connection_refused,   ///< no connection could be opened
  connection_lost,      ///< a connection broke, or the server closed it
  no_answer,            ///< nothing came in time
  lost_between_pages,   ///< the connection that a page's cookie belongs to is gone
  undecodable,          ///< bytes that are no LDAP
  page_cookie_refused,  ///< the server no longer knows the result that it gave the cookie for
  incomplete_values,    ///< a part of an attribute's values, and no way to the others
  moved_underneath,     ///< the object changed or went while its values were read
  another_controller,   ///< a further connection to the same name ends at another controller
};

struct FaultMeaning {
  Fault fault;
  ErrorKind kind;
  Recovery recovery;
  std::string_view hint;
};

/// Each sorted by code, each code once.
std::span<const ResultMeaning> result_meanings();
std::span<const WindowsMeaning> windows_meanings();
std::span<const FaultMeaning> fault_meanings();

/// Null for what the table does not have.
const ResultMeaning* result_meaning(int result);
/// Null as well where the code means nothing special with this result: 0x57 comes with a time limit, a
/// refused control and a wrong attribute alike.
const WindowsMeaning* windows_meaning(uint32_t code, int result);

Error fault(Fault fault, std::string message);
/// Sets the fault's kind and recovery on an error that says what happened already.
Error as_fault(Fault fault, Error error);

/// Whether a result that answers a further page's request refuses its cookie. Windows says 12 or 53 with
/// "00000057 … Error processing control" when the result is no longer kept ([MS-ADTS] 3.1.1.3.4.1.1); others
/// say 2.
bool refuses_cookie(const Error& error);

/// How long to wait before a read that failed so is tried again, after `tries` of them, in multiples of
/// `unit`; nothing: give up.
std::optional<std::chrono::milliseconds> pause_before_retry(Recovery recovery, int tries,
                                                            std::chrono::milliseconds unit);

}  // namespace gmsactl::ldap
