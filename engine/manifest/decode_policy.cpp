// The parts of an Environment that say what a run may do, and which differences somebody has accepted.
#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "engine/manifest/decode.h"
#include "engine/manifest/names.h"
#include "engine/model/fields.h"

namespace gmsactl::manifest {

namespace {

using model::Rule;
using model::RuleSeverity;

constexpr std::array<std::string_view, 6> policy_keys{"maxDeletes",
                                                      "maxDeletePercent",
                                                      "maxMembersRemovedPercent",
                                                      "maxReadersRemovedPercent",
                                                      "maxSpnsRemovedPercent",
                                                      "rules"};
constexpr std::array<Rule, model::rule_count> rules{Rule::weak_encryption, Rule::unconstrained_delegation,
                                                    Rule::broad_principal, Rule::privileged_principal,
                                                    Rule::shared_account,  Rule::secret_in_plugin_input};
/// In RuleSeverity's order. Not "off", which YAML 1.1 takes for false.
constexpr std::array<std::string_view, 3> severities{"ignore", "warning", "error"};
constexpr std::array<std::string_view, 1> drift_keys{"ignore"};
constexpr std::array<std::string_view, 4> accepted_keys{"address", "field", "reason", "until"};

constexpr uint32_t most_deletes = 1'000'000;

void read_rules(const Node& node, model::Policy& policy, Reading& reading) {
  if (!require_mapping({"policy.rules", node}, reading)) return;
  std::array<std::string_view, rules.size()> known{};
  for (size_t i = 0; i < rules.size(); ++i) known[i] = model::name(rules[i]);
  check_keys(node, "policy.rules", known, reading);
  for (size_t i = 0; i < rules.size(); ++i)
    if (const Entry* entry = node.find(known[i]))
      if (const auto choice =
              read_choice({"policy.rules." + std::string(known[i]), entry->value}, severities, reading))
        policy.rules[static_cast<size_t>(rules[i])] = static_cast<RuleSeverity>(*choice);
}

bool is_leap(uint32_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/// "2026-12-31".
bool is_date(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00";
  if (text.size() != shape.size()) return false;
  const auto number = [&](size_t at, size_t length) {
    uint32_t value = 0;
    for (const char c : text.substr(at, length)) value = value * 10 + static_cast<uint32_t>(c - '0');
    return value;
  };
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
  constexpr std::array<uint32_t, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const uint32_t year = number(0, 4);
  const uint32_t month = number(5, 2);
  const uint32_t day = number(8, 2);
  if (year < 2000 || month < 1 || month > 12 || day < 1) return false;
  return day <= days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
}

/// A misspelled field would accept nothing and look as if it did.
void check_accepted_field(const Node& node, const model::AcceptedDrift& accepted, Reading& reading) {
  if (accepted.field.empty()) return;
  const bool of_group = accepted.address.starts_with("HostGroup/");
  const auto known = model::field_names(of_group ? model::Kind::host_group : model::Kind::gmsa);
  if (std::find(known.begin(), known.end(), accepted.field) != known.end()) return;
  std::string hint = did_you_mean(accepted.field, known);
  if (hint.empty()) hint = "Fields are " + enumerate(known, "and") + ".";
  reading.error(codes::unknown_value, node.find("field")->value.at,
                "A plan reports no field " + in_quotes(accepted.field) + " of a " +
                    (of_group ? "HostGroup" : "GMSA") + ".",
                std::move(hint));
}

std::optional<model::AcceptedDrift> read_accepted(const Node& node, Reading& reading) {
  constexpr std::string_view what = "An entry of drift.ignore";
  if (!require_mapping({what, node}, reading)) return std::nullopt;
  check_keys(node, what, accepted_keys, reading);
  model::AcceptedDrift accepted;
  accepted.where = reading.range(node.at);
  const auto take = [&](std::string_view key, std::string& to, std::string hint) {
    const Entry* entry = node.find(key);
    if (entry == nullptr) {
      if (!hint.empty()) missing(key, what, node.at, std::move(hint), reading);
      return;
    }
    if (auto text = read_text({"drift.ignore." + std::string(key), entry->value}, reading))
      to = std::move(*text);
  };
  take("address", accepted.address,
       "Write address: and what it is about, such as GMSA/WebApp01 or 'GMSA/Web*'.");
  take("field", accepted.field, "");
  take("reason", accepted.reason, "Write reason: and why the difference is accepted.");
  take("until", accepted.until,
       "Write until: and the last day on which it is accepted, such as \"2026-12-31\".");
  if (!accepted.address.empty() && !accepted.address.starts_with("GMSA/") &&
      !accepted.address.starts_with("HostGroup/"))
    reading.error(
        codes::unknown_value, node.find("address")->value.at,
        in_quotes(accepted.address) + " is no address of an account or a host group.",
        "Addresses look like GMSA/WebApp01 and HostGroup/WebApp01Hosts; * and ? stand for any text.");
  check_accepted_field(node, accepted, reading);
  if (!accepted.until.empty() && !is_date(accepted.until))
    reading.error(codes::unknown_value, node.find("until")->value.at,
                  in_quotes(accepted.until) + " is no day.", "Write it as \"2026-12-31\".");
  return accepted;
}

}  // namespace

model::Policy read_policy(const Node& node, Reading& reading) {
  model::Policy policy;
  if (!require_mapping({"policy", node}, reading)) return policy;
  check_keys(node, "policy", policy_keys, reading);
  const auto number = [&](std::string_view key, uint32_t most, uint32_t& to) {
    if (const Entry* entry = node.find(key))
      if (const auto value = read_integer({"policy." + std::string(key), entry->value}, 0, most, reading))
        to = *value;
  };
  number("maxDeletes", most_deletes, policy.max_deletes);
  number("maxDeletePercent", 100, policy.max_delete_percent);
  number("maxMembersRemovedPercent", 100, policy.max_members_removed_percent);
  number("maxReadersRemovedPercent", 100, policy.max_readers_removed_percent);
  number("maxSpnsRemovedPercent", 100, policy.max_spns_removed_percent);
  if (const Entry* entry = node.find("rules")) read_rules(entry->value, policy, reading);
  return policy;
}

std::vector<model::AcceptedDrift> read_accepted_drift(const Node& node, Reading& reading) {
  std::vector<model::AcceptedDrift> all;
  if (!require_mapping({"drift", node}, reading)) return all;
  check_keys(node, "drift", drift_keys, reading);
  const Entry* entry = node.find("ignore");
  if (entry == nullptr || !require_sequence({"drift.ignore", entry->value}, reading)) return all;
  for (const Node& item : entry->value.items)
    if (auto accepted = read_accepted(item, reading)) all.push_back(std::move(*accepted));
  return all;
}

std::optional<std::string> read_marker_attribute(const Node& node, Reading& reading) {
  // What gmsactl itself manages, or what has several values, can't hold the marker.
  constexpr std::array<std::string_view, 3> attributes{"adminDescription", "info", "comment"};
  const auto choice = read_choice({"markerAttribute", node}, attributes, reading);
  if (!choice) return std::nullopt;
  return std::string(attributes[*choice]);
}

}  // namespace gmsactl::manifest
