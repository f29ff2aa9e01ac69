// What an environment allows: how much one run may take away, and how seriously its built-in rules are meant.
// Declared in Environment.spec.policy; judged by engine/plan, before anything is written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"

namespace gmsactl::model {

/// Built-in rules, each about one thing that an auditor asks about.
enum class Rule {
  weak_encryption,           ///< RC4 or DES among kerberosEncryptionTypes
  unconstrained_delegation,  ///< trustedForDelegation
  broad_principal,         ///< Everyone, Authenticated Users, Domain Computers … may retrieve the password
  privileged_principal,    ///< Domain Admins and their like may
  shared_account,          ///< one account declared in two environments of a domain
  secret_in_plugin_input,  ///< a credential spec that seems to hold a password
};
inline constexpr size_t rule_count = 6;
/// "weakEncryption", as manifests spell it.
std::string_view name(Rule rule);

enum class RuleSeverity { off, warning, error };

struct Policy {
  /// Accounts and groups that one run may delete, and their share of those that gmsactl manages here. Both
  /// count.
  uint32_t max_deletes = 3;
  uint32_t max_delete_percent = 20;
  /// Of one group's members, how many may go because the manifests changed. A single one always may.
  uint32_t max_members_removed_percent = 30;
  /// Likewise of the principals that may retrieve one account's password.
  uint32_t max_readers_removed_percent = 30;
  /// Likewise of the service principal names that an account loses because it is adopted.
  uint32_t max_spns_removed_percent = 30;
  std::array<RuleSeverity, rule_count> rules{RuleSeverity::warning, RuleSeverity::warning,
                                             RuleSeverity::warning, RuleSeverity::warning,
                                             RuleSeverity::warning, RuleSeverity::warning};

  RuleSeverity severity(Rule rule) const { return rules[static_cast<size_t>(rule)]; }
  bool operator==(const Policy&) const = default;
};

/// Environment.spec.drift.ignore: a difference that somebody has accepted until a day. It is listed, and left
/// as it is.
struct AcceptedDrift {
  std::string address;  ///< a glob, "GMSA/Web*"
  std::string field;    ///< as the manifest names it; empty: every field
  std::string reason;
  std::string until;  ///< the last day on which it is accepted, "2026-12-31"
  SourceRange where;
  bool operator==(const AcceptedDrift& other) const {
    return address == other.address && field == other.field && reason == other.reason && until == other.until;
  }
};

}  // namespace gmsactl::model
