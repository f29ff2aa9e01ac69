#include <array>
#include <charconv>

#include "engine/base/text.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap {
namespace {

struct ResultCode {
  int code;
  std::string_view name;
  ErrorKind kind;
};

// RFC 4511 appendix A, then what libldap itself reports (negative; it also uses the old positive API codes 81
// to 97).
constexpr std::array result_codes = std::to_array<ResultCode>({
    {1, "operationsError", ErrorKind::internal},
    {2, "protocolError", ErrorKind::invalid},
    {3, "timeLimitExceeded", ErrorKind::timeout},
    {4, "sizeLimitExceeded", ErrorKind::constraint},
    {7, "authMethodNotSupported", ErrorKind::unsupported},
    {8, "strongerAuthRequired", ErrorKind::unauthenticated},
    {10, "referral", ErrorKind::unsupported},
    {11, "adminLimitExceeded", ErrorKind::constraint},
    {12, "unavailableCriticalExtension", ErrorKind::unsupported},
    {13, "confidentialityRequired", ErrorKind::unauthenticated},
    {14, "saslBindInProgress", ErrorKind::internal},
    {16, "noSuchAttribute", ErrorKind::conflict},
    {17, "undefinedAttributeType", ErrorKind::constraint},
    {18, "inappropriateMatching", ErrorKind::invalid},
    {19, "constraintViolation", ErrorKind::constraint},
    {20, "attributeOrValueExists", ErrorKind::conflict},
    {21, "invalidAttributeSyntax", ErrorKind::constraint},
    {32, "noSuchObject", ErrorKind::not_found},
    {33, "aliasProblem", ErrorKind::internal},
    {34, "invalidDNSyntax", ErrorKind::invalid},
    {36, "aliasDereferencingProblem", ErrorKind::internal},
    {48, "inappropriateAuthentication", ErrorKind::unauthenticated},
    {49, "invalidCredentials", ErrorKind::unauthenticated},
    {50, "insufficientAccessRights", ErrorKind::denied},
    {51, "busy", ErrorKind::unavailable},
    {52, "unavailable", ErrorKind::unavailable},
    {53, "unwillingToPerform", ErrorKind::constraint},
    {54, "loopDetect", ErrorKind::internal},
    {64, "namingViolation", ErrorKind::constraint},
    {65, "objectClassViolation", ErrorKind::constraint},
    {66, "notAllowedOnNonLeaf", ErrorKind::constraint},
    {67, "notAllowedOnRDN", ErrorKind::constraint},
    {68, "entryAlreadyExists", ErrorKind::already_exists},
    {69, "objectClassModsProhibited", ErrorKind::constraint},
    {71, "affectsMultipleDSAs", ErrorKind::unsupported},
    {80, "other", ErrorKind::internal},
    {81, "serverDown", ErrorKind::unavailable},
    {82, "localError", ErrorKind::internal},
    {83, "encodingError", ErrorKind::invalid},
    {84, "decodingError", ErrorKind::corrupt},
    {85, "timeout", ErrorKind::timeout},
    {87, "filterError", ErrorKind::invalid},
    {91, "connectError", ErrorKind::unavailable},
    {118, "canceled", ErrorKind::cancelled},
    {-1, "serverDown", ErrorKind::unavailable},
    {-2, "localError", ErrorKind::internal},
    {-3, "encodingError", ErrorKind::invalid},
    {-4, "decodingError", ErrorKind::corrupt},
    {-5, "timeout", ErrorKind::timeout},
    {-6, "authUnknown", ErrorKind::unsupported},
    {-7, "filterError", ErrorKind::invalid},
    {-9, "paramError", ErrorKind::invalid},
    {-10, "noMemory", ErrorKind::internal},
    {-11, "connectError", ErrorKind::unavailable},
    {-12, "notSupported", ErrorKind::unsupported},
});

struct WindowsCode {
  uint32_t code;
  std::string_view meaning;
  std::optional<ErrorKind> kind;  ///< where the LDAP result alone would mislead
  std::string_view hint;
};

// Win32 errors (winerror.h) that AD puts first in its diagnostic message, as far as they say more than the
// LDAP result.
constexpr std::array windows_codes = std::to_array<WindowsCode>({
    {0x5,
     "access is denied",
     {},
     "Give the account that runs gmsactl the right on the object or its container"},
    {0x57, "the attribute is not in the schema, or the value is not of its kind", ErrorKind::constraint, ""},
    {0x522, "a required privilege is not held", ErrorKind::denied, ""},
    {0x524, "the account name is in use", ErrorKind::already_exists,
     "Choose another name, or adopt the object"},
    {0x526, "the group name is in use", ErrorKind::already_exists,
     "Choose another name, or adopt the object"},
    // Membership changes report presence and absence in the account database's words, with results 53 and 68.
    {0x528, "the member is in the group already", ErrorKind::conflict, ""},
    {0x529, "the member is not in the group", ErrorKind::conflict, ""},
    {0x561, "the member is not in the group", ErrorKind::conflict, ""},
    {0x562, "the member is in the group already", ErrorKind::conflict, ""},
    {0x202B,
     "the object is held by another server",
     {},
     "Connect to a domain controller of the object's own domain"},
    {0x202F, "a value breaks a constraint", {}, ""},
    {0x2035, "the server is unwilling to do this", {}, ""},
    {0x2071, "an object of that name exists", ErrorKind::already_exists, ""},
    {0x2077, "the attribute or object class may not be changed so", {}, ""},
    {0x207C, "an attribute is missing or not in the schema", {}, ""},
    {0x207E, "the attribute is there already", ErrorKind::conflict, ""},
    {0x2081, "the attribute holds a single value", {}, ""},
    {0x2083, "the value is there already", ErrorKind::conflict, ""},
    {0x2084, "the attribute to remove is not there", ErrorKind::conflict, ""},
    {0x2085, "the value to remove is not there", ErrorKind::conflict, ""},
    {0x2089, "the parent is not there", ErrorKind::not_found, ""},
    {0x208D, "the object is not there", ErrorKind::not_found, ""},
    {0x2098, "the access rights do not suffice", ErrorKind::denied,
     "Give the account that runs gmsactl the right on the object or its container"},
    {0x20B1, "the attribute is owned by the system", {}, ""},
    {0x20B4, "a value breaks the attribute's rules", {}, ""},
    {0x20B5, "the name refers to another object or to none", {}, ""},
    {0x20E7, "the server's rules refuse the change", {}, ""},
    {0x2113,
     "the domain's machine account quota is used up",
     {},
     "Have an administrator delegate creating objects in the container"},
    {0x2114,
     "a write needs a writable domain controller",
     {},
     "Name a domain controller that is not read-only"},
    {0x21C7, "another object of the forest has this user principal name", {}, ""},
    {0x21C8,
     "another object of the forest holds this service principal name",
     {},
     "Find the holder: ldapsearch '(servicePrincipalName=…)', or setspn -Q on Windows"},
    {0x8009000D, "no KDS root key is usable yet", ErrorKind::constraint,
     "Create one (Environment.kdsRootKey, or Add-KdsRootKey) and wait ten hours after it takes effect"},
    {0x80090346, "the channel binding of the TLS connection is missing or wrong", ErrorKind::unauthenticated,
     "A proxy between here and the domain controller that ends TLS causes this; connect directly"},
});

struct Phrase {
  std::string_view text;
  ErrorKind kind;
};

// Samba puts no extended code before these, and its result alone would mislead.
constexpr std::array samba_phrases = std::to_array<Phrase>({
    {"already exists for target GUID", ErrorKind::conflict},   // 68: the link is there
    {"already deleted for target GUID", ErrorKind::conflict},  // 53: the link was there once
    {"doesn't exist for target GUID", ErrorKind::conflict},    // 53: the link never was there
    {"was not found in the schema", ErrorKind::constraint},    // 16
    {"parent does not exist", ErrorKind::not_found},           // 80
});

struct BindReason {
  std::string_view code;  ///< after "data " in the message of an invalidCredentials
  std::string_view meaning;
  std::string_view hint;
};

constexpr std::array bind_reasons = std::to_array<BindReason>({
    {"525", "there is no such account", "Check the user name: a DN, name@domain or DOMAIN\\name"},
    {"52e", "the user name or the password is wrong", "Check the password and how it is passed in"},
    {"52f", "the account is restricted from logging on",
     "Ask the domain's administrators about its restrictions"},
    {"530", "the account may not log on at this time", "See the account's logon hours"},
    {"531", "the account may not log on from this machine", "See the account's list of workstations"},
    {"532", "the password has expired", "Set a new password"},
    {"533", "the account is disabled", "Enable the account, or use another"},
    {"701", "the account has expired", "Extend the account, or use another"},
    {"773", "the password must be changed before the first logon", "Set a new password"},
    {"775", "the account is locked out", "Unlock the account; look for a job with an old password"},
});

/// "00002071: UpdErr: …" and Samba's "0000208D: …": eight hex digits and a colon, or a bare NTSTATUS.
std::optional<uint32_t> leading_windows_code(std::string_view text) {
  if (text.size() < 9 || text[8] != ':') return std::nullopt;
  uint32_t code = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + 8, code, 16);
  if (status != std::errc() || end != text.data() + 8) return std::nullopt;
  return code;
}

const BindReason* bind_reason(std::string_view text) {
  constexpr std::string_view mark = ", data ";
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return nullptr;
  const auto rest = text.substr(at + mark.size());
  const auto word = rest.substr(0, rest.find_first_of(", "));
  for (const auto& reason : bind_reasons)
    if (equal_folded(reason.code, word)) return &reason;
  return nullptr;
}

std::string hex_code(uint32_t code) {
  std::array<char, 8> digits{};
  const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16);
  (void)status;
  return "0x" + std::string(digits.data(), end);
}

std::string_view hint_of(int result) {
  switch (result) {
    case 8:
      return "The server demands signing or TLS; use Kerberos, ldaps:// or StartTLS";
    case 10:
      return "The object belongs to another domain; connect to one of its domain controllers";
    case 11:
      return "The server's administrative limit was reached; ask for less at a time";
    case 12:
      return "The server does not know an extension that gmsactl needs";
    case 49:
      return "Check the user name and the password, or renew the Kerberos ticket";
    case 50:
      return "Give the account that runs gmsactl the right on the object or its container";
    case 51:
      return "Try again later";
    default:
      return {};
  }
}

/// AD ends its messages with a NUL, Samba some with a line feed.
std::string_view without_tail(std::string_view text) {
  while (!text.empty() &&
         (text.back() == '\0' || text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Error ldap_error(int result, std::string_view diagnostic_message) {
  auto text = without_tail(diagnostic_message);
  // What stays in the handle from the answer before, where this result came without one.
  if (text.starts_with("00000000:")) text = {};
  Error error;
  NativeCode native{result, "unknown", leading_windows_code(text)};
  error.kind = ErrorKind::internal;
  for (const auto& known : result_codes)
    if (known.code == result) {
      native.name = known.name;
      error.kind = known.kind;
    }
  error.hint = hint_of(result);
  std::string_view meaning;
  for (const auto& known : windows_codes)
    if (native.extended == known.code) {
      meaning = known.meaning;
      if (known.kind) error.kind = *known.kind;
      if (!known.hint.empty()) error.hint = known.hint;
    }
  for (const auto& phrase : samba_phrases)
    if (text.find(phrase.text) != std::string_view::npos) error.kind = phrase.kind;
  if (const auto* reason = result == 49 ? bind_reason(text) : nullptr) {
    meaning = reason->meaning;
    error.hint = reason->hint;
  }
  error.message = "LDAP " + std::to_string(result) + " " + native.name;
  if (native.extended || !meaning.empty()) {
    error.message += " (";
    if (native.extended) error.message += hex_code(*native.extended);
    if (native.extended && !meaning.empty()) error.message += ", ";
    error.message += std::string(meaning) + ")";
  }
  if (!text.empty()) error.message += ": " + printable(text);
  error.native = std::move(native);
  return error;
}

}  // namespace gmsactl::ldap
