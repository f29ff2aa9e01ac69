#include "providers/transport/ldap/recovery.h"

#include <algorithm>
#include <utility>

namespace gmsactl::ldap {
namespace {

using enum ErrorKind;
using enum Recovery;

constexpr std::string_view grant_right =
    "Give the account that runs gmsactl the right on the object or its container";
constexpr std::string_view try_later = "Try again later, or name another domain controller with --server";

constexpr ResultMeaning results[] = {
    {-12, "notSupported", unsupported},
    {-11, "connectError", unavailable, anew},
    {-10, "noMemory", internal},
    {-9, "paramError", invalid},
    {-7, "filterError", invalid},
    {-6, "authUnknown", unsupported},
    {-5, "timeout", timeout, anew},
    {-4, "decodingError", corrupt, anew},
    {-3, "encodingError", invalid},
    {-2, "localError", internal},
    {-1, "serverDown", unavailable, anew},
    {1, "operationsError", internal},
    {2, "protocolError", invalid},
    {3, "timeLimitExceeded", timeout, later,
     "The server ran out of time for it; try again when it is less busy"},
    {4, "sizeLimitExceeded", constraint, none,
     "The server refuses answers of this size; raise its MaxPageSize"},
    {7, "authMethodNotSupported", unsupported},
    {8, "strongerAuthRequired", unauthenticated, anew,
     "The server demands signing or TLS; use Kerberos, ldaps:// or StartTLS"},
    {10, "referral", unsupported, none,
     "The object belongs to another domain; connect to one of its domain controllers"},
    {11, "adminLimitExceeded", constraint, none,
     "The server's administrative limit was reached; ask for less at a time"},
    {12, "unavailableCriticalExtension", unsupported, none,
     "The server does not support an extension that gmsactl needs"},
    {13, "confidentialityRequired", unauthenticated},
    {14, "saslBindInProgress", internal, anew},
    {16, "noSuchAttribute", conflict},
    {17, "undefinedAttributeType", constraint},
    {18, "inappropriateMatching", invalid},
    {19, "constraintViolation", constraint},
    {20, "attributeOrValueExists", conflict},
    {21, "invalidAttributeSyntax", constraint},
    {32, "noSuchObject", not_found},
    {33, "aliasProblem", internal},
    {34, "invalidDNSyntax", invalid},
    {36, "aliasDereferencingProblem", internal},
    {48, "inappropriateAuthentication", unauthenticated},
    {49, "invalidCredentials", unauthenticated, none,
     "Check the user name and the password, or renew the Kerberos ticket"},
    {50, "insufficientAccessRights", denied, none, grant_right},
    {51, "busy", unavailable, later, try_later},
    {52, "unavailable", unavailable, anew, try_later},
    {53, "unwillingToPerform", constraint},
    {54, "loopDetect", internal},
    {64, "namingViolation", constraint},
    {65, "objectClassViolation", constraint},
    {66, "notAllowedOnNonLeaf", constraint},
    {67, "notAllowedOnRDN", constraint},
    {68, "entryAlreadyExists", already_exists},
    {69, "objectClassModsProhibited", constraint},
    {71, "affectsMultipleDSAs", unsupported},
    {80, "other", internal},
    {81, "serverDown", unavailable, anew},
    {82, "localError", internal},
    {83, "encodingError", invalid},
    {84, "decodingError", corrupt, anew},
    {85, "timeout", timeout, anew},
    {87, "filterError", invalid},
    {91, "connectError", unavailable, anew},
    {118, "canceled", cancelled},
};

constexpr std::string_view other_name = "Choose another name, or adopt the object";
constexpr std::string_view own_domain = "Connect to a domain controller of the object's own domain";
constexpr std::string_view group_scope =
    "See which scopes can be members of which: a global group takes accounts and global groups of its own "
    "domain, a "
    "universal group no domain-local ones";

constexpr WindowsMeaning windows[] = {
    {0x5, "access is denied", denied, {}, grant_right},
    {0x57,
     "the attribute is not in the schema, or the value is not of its kind",
     constraint,
     {},
     {},
     {16, 17, 19, 21}},
    {0x4DC, "the connection is no longer bound", unavailable, anew,
     "Run gmsactl again; if this stays, renew the Kerberos ticket, and see what ends sessions between here "
     "and the "
     "domain controller"},
    {0x522,
     "a required privilege is not held",
     denied,
     {},
     "Delegation settings need the user right \"Enable computer and user accounts to be trusted for "
     "delegation\" on "
     "the domain controllers"},
    {0x523, "the account name is not valid", constraint},
    {0x524, "the account name is in use", already_exists, {}, other_name},
    {0x526, "the group name is in use", already_exists, {}, other_name},
    // Membership changes report presence and absence in the account database's words, with results 53 and 68.
    {0x528, "the member is in the group already", conflict},
    {0x529, "the member is not in the group", conflict},
    {0x561, "the member is not in the group", conflict},
    {0x562, "the member is in the group already", conflict},
    {0x563, "the name is in use", already_exists, {}, other_name},
    {0x56B, "the member does not exist"},
    {0x56C, "an object of this kind cannot be a member", constraint},
    {0x6BA, "another server that the domain controller needs does not answer", unavailable, anew, try_later},
    {0x200A, "the value is not there", conflict},
    {0x200B, "the value is not of the attribute's kind"},
    {0x200C, "the attribute is not in the schema", constraint},
    {0x200D, "the value is there already", conflict},
    {0x200E, "the domain controller is busy", unavailable, later, try_later},
    {0x200F, "the directory service is not available", unavailable, anew, try_later},
    {0x2010, "the domain controller has no identifiers for new accounts", unavailable, later,
     "Check that the RID master answers: dcdiag /test:ridmanager"},
    {0x2011, "the domain has no identifiers left for new accounts"},
    {0x2014, "the object class does not allow this"},
    {0x2015, "there are objects below it"},
    {0x2019, "the domain controller reaches no global catalog", unavailable, anew, try_later},
    {0x2020, "the directory service could not do it"},
    {0x2022, "the time limit was exceeded", timeout, later},
    {0x2023, "the size limit was exceeded"},
    {0x2024, "an administrative limit was exceeded"},
    {0x2028, "stronger authentication is required"},
    {0x202B, "the object is held by another server", {}, {}, own_domain},
    {0x202F, "a value breaks a constraint"},
    {0x2030, "the object is not there", not_found},
    {0x2035, "the server is unwilling to do this"},
    {0x2037, "the name is not allowed there"},
    {0x2071, "an object of that name exists", already_exists},
    {0x2077, "the attribute or object class may not be changed so"},
    {0x207B, "an object class is missing"},
    {0x207C, "a required attribute is missing"},
    {0x207D, "the object class does not have the attribute"},
    {0x207E, "the attribute is there already", conflict},
    {0x2081, "the attribute holds a single value"},
    {0x2082, "the value is too long or out of range"},
    {0x2083, "the value is there already", conflict},
    {0x2084, "the attribute to remove is not there", conflict},
    {0x2085, "the value to remove is not there", conflict},
    {0x2089, "the parent is not there", not_found},
    {0x208C, "there are objects below it"},
    {0x208D, "the object is not there", not_found},
    {0x208F, "the name is not a valid DN"},
    {0x2093, "the object is being removed"},
    {0x2098, "the access rights do not suffice", denied, {}, grant_right},
    {0x2099, "the container cannot hold objects of this class"},
    {0x209A, "the attribute is owned by the account database"},
    {0x20AC, "the directory service is shutting down", unavailable, anew, try_later},
    {0x20AF, "the controller with the operations master role does not answer", unavailable, anew, try_later},
    {0x20B1, "the attribute is owned by the system"},
    {0x20B4, "the object classes do not fit together"},
    {0x20B5, "the name refers to another object or to none"},
    {0x20CE, "the object cannot be deleted"},
    {0x20D9, "the domain controller's database refused", unavailable, later, try_later},
    {0x20E1,
     "the global catalog could not confirm the member",
     constraint,
     {},
     "Check that the member exists in its own domain and that a global catalog answers"},
    {0x20E7, "the server's rules refuse the change"},
    {0x20F6, "the domain controller is busy replicating", unavailable, later, try_later},
    {0x2141, "the group type is not valid", constraint},
    {0x2142, "a global group cannot be nested here", constraint, {}, group_scope},
    {0x2143, "a domain-local group cannot be nested here", constraint, {}, group_scope},
    {0x2144, "a global group cannot have a domain-local member", constraint, {}, group_scope},
    {0x2145, "a global group cannot have a universal member", constraint, {}, group_scope},
    {0x2146, "a universal group cannot have a domain-local member", constraint, {}, group_scope},
    {0x2147, "a global group cannot have a member of another domain", constraint, {}, group_scope},
    {0x2148,
     "a domain-local group cannot have a domain-local member of another domain",
     constraint,
     {},
     group_scope},
    {0x2149, "the group is the primary group of accounts", constraint},
    {0x2163, "a global catalog is required", unavailable, anew, try_later},
    {0x2164, "only domain-local groups can have domain-local members", constraint, {}, group_scope},
    {0x2165,
     "a universal group cannot have a member of a domain outside the forest",
     constraint,
     {},
     group_scope},
    {0x216A, "the name cannot be part of a service principal name", constraint},
    {0x216D,
     "the domain's machine account quota is used up",
     {},
     {},
     "Have an administrator delegate creating objects in the container"},
    {0x217D, "the domain controller ran out of version store", unavailable, later, try_later},
    {0x2182, "an account group cannot have a universal member", constraint, {}, group_scope},
    {0x218B, "the domain controller serves as many requests as it can", unavailable, later, try_later},
    {0x21A7, "objects in the System container may not be changed so", constraint},
    {0x21A8, "the domain controller dropped the connection: answers were not read fast enough", unavailable,
     anew},
    {0x21AC,
     "a read-only domain controller does not hold the secrets",
     unsupported,
     {},
     "Name a domain controller that is not read-only"},
    {0x21AD, "no writable domain controller was found", unavailable, anew,
     "Name a domain controller that is not read-only"},
    {0x21C7,
     "another object of the forest holds this service principal name",
     {},
     {},
     "Find the holder: ldapsearch '(servicePrincipalName=…)', or setspn -Q on Windows"},
    {0x21C8, "another object of the forest has this user principal name"},
    {0x8009000D,
     "no KDS root key is usable yet",
     constraint,
     {},
     "Create one (Environment.kdsRootKey, or Add-KdsRootKey) and wait ten hours after it takes effect"},
    {0x80090346,
     "the channel binding of the TLS connection is missing or wrong",
     unauthenticated,
     {},
     "A proxy between here and the domain controller that ends TLS causes this; connect directly"},
};

constexpr std::string_view run_again =
    "Run gmsactl again; if this stays, name another domain controller with --server";

constexpr FaultMeaning faults[] = {
    {Fault::connection_refused, unavailable, anew, ""},
    {Fault::connection_lost, unavailable, anew, ""},
    {Fault::no_answer, timeout, anew, "Try again, or with a longer --timeout"},
    {Fault::lost_between_pages, unavailable, anew, ""},
    {Fault::undecodable, corrupt, anew, "Check that the address is a domain controller's LDAP port"},
    {Fault::page_cookie_refused, unavailable, anew, run_again},
    {Fault::incomplete_values, corrupt, anew, run_again},
    {Fault::moved_underneath, unavailable, anew, run_again},
    {Fault::another_controller, unavailable, anew,
     "Name one domain controller with --server or in directory.servers, not an alias or a load balancer"},
};

template <class Table, class Code>
auto* find(const Table& table, Code code) {
  const auto* const found =
      std::ranges::lower_bound(table, code, {}, [](const auto& each) { return each.code; });
  return found != std::end(table) && found->code == code ? found : nullptr;
}

}  // namespace

std::span<const ResultMeaning> result_meanings() { return results; }
std::span<const WindowsMeaning> windows_meanings() { return windows; }
std::span<const FaultMeaning> fault_meanings() { return faults; }

const ResultMeaning* result_meaning(int result) { return find(results, result); }

const WindowsMeaning* windows_meaning(uint32_t code, int result) {
  const auto* const found = find(windows, code);
  if (found == nullptr || found->only_with_results.front() == 0) return found;
  const bool applies = std::ranges::find(found->only_with_results, result) != found->only_with_results.end();
  return applies ? found : nullptr;
}

Error as_fault(Fault fault, Error error) {
  const auto* const row = std::ranges::find(faults, fault, &FaultMeaning::fault);
  error.kind = row->kind;
  error.recovery = row->recovery;
  if (error.hint.empty()) error.hint = row->hint;
  return error;
}

Error fault(Fault fault, std::string message) {
  Error error;
  error.message = std::move(message);
  return as_fault(fault, std::move(error));
}

bool refuses_cookie(const Error& error) {
  if (!error.native) return false;
  const int result = error.native->code;
  return result == 2 || result == 12 || result == 53;
}

std::optional<std::chrono::milliseconds> pause_before_retry(Recovery recovery, int tries,
                                                            std::chrono::milliseconds unit) {
  // A new connection is worth a try at once. A server that is busy needs time, but nobody waits long for one
  // that stays so.
  static constexpr std::array at_once{0, 1};
  static constexpr std::array patient{1, 2, 4, 8};
  const auto pause = [&](const auto& units) -> std::optional<std::chrono::milliseconds> {
    const auto i = static_cast<size_t>(tries - 1);
    if (i >= units.size()) return std::nullopt;
    return units[i] * unit;
  };
  switch (recovery) {
    case Recovery::none:
      return std::nullopt;
    case Recovery::anew:
      return pause(at_once);
    case Recovery::later:
      return pause(patient);
  }
  return std::nullopt;
}

}  // namespace gmsactl::ldap
