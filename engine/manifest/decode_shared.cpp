#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "engine/manifest/decode.h"
#include "engine/manifest/lists.h"
#include "engine/manifest/names.h"
#include "engine/model/live.h"
#include "engine/model/sid.h"

namespace gmsactl::manifest {

namespace {

constexpr std::array<std::string_view, 1> reference_keys{"hostGroup"};

void invalid_principal(Position at, std::string detail, std::string hint, Reading& reading) {
  reading.error(codes::invalid_principal, at, std::move(detail), std::move(hint));
}

std::optional<model::PrincipalRef> read_reference(const Node& node, Reading& reading) {
  check_keys(node, "a reference to a host group", reference_keys, reading);
  const Entry* group = node.find("hostGroup");
  if (group == nullptr) {
    if (node.entries.empty())
      missing("hostGroup", "A reference", node.at, "Write {hostGroup: NAME}.", reading);
    return std::nullopt;
  }
  auto name = read_text({"hostGroup", group->value}, reading);
  if (!name) return std::nullopt;
  return model::PrincipalRef{model::PrincipalRef::Form::host_group, std::move(*name),
                             reading.range(group->value.at)};
}

/// DOMAIN\name, or a plain name.
std::optional<model::PrincipalRef> read_name(std::string text, Position at, Reading& reading) {
  using Form = model::PrincipalRef::Form;
  const auto separator = text.find('\\');
  const bool qualified = separator != std::string::npos;
  const std::string_view domain = std::string_view(text).substr(0, qualified ? separator : 0);
  const std::string_view name = std::string_view(text).substr(qualified ? separator + 1 : 0);
  if (!qualified && text.find('@') != std::string::npos) {
    invalid_principal(at, in_quotes(text) + " is a user principal name, which is not accepted.",
                      "Write DOMAIN\\name, or the account name alone.", reading);
    return std::nullopt;
  }
  if (name.empty() || (qualified && domain.empty())) {
    invalid_principal(at, in_quotes(text) + " needs a domain and a name around its backslash.",
                      "Write DOMAIN\\name.", reading);
    return std::nullopt;
  }
  auto problem = account_name_problem(name, longest_account_name);
  if (!problem && qualified) problem = account_name_problem(domain, longest_account_name);
  if (problem) {
    invalid_principal(at, in_quotes(text) + " " + *problem + ".",
                      "A principal is a name such as HOST01, {hostGroup: NAME}, DOMAIN\\name, a SID or a DN.",
                      reading);
    return std::nullopt;
  }
  return model::PrincipalRef{qualified ? Form::qualified : Form::name, std::move(text), reading.range(at)};
}

std::optional<model::PrincipalRef> read_principal(const Field& field, Reading& reading) {
  using Form = model::PrincipalRef::Form;
  const Node& node = field.value;
  if (node.is_mapping()) return read_reference(node, reading);
  if (!node.is_scalar()) {
    wrong_type(field, "a name or {hostGroup: NAME}", "", reading);
    return std::nullopt;
  }
  auto text = read_text(field, reading);
  if (!text) return std::nullopt;
  if (equal_folded(std::string_view(*text).substr(0, 4), "S-1-")) {
    const auto sid = model::Sid::parse(*text);
    if (sid) return model::PrincipalRef{Form::sid, sid->text(), reading.range(node.at)};
    invalid_principal(node.at, sentence(sid.error()), "", reading);
    return std::nullopt;
  }
  if (text->find('=') != std::string::npos) {
    const auto dn = model::Dn::parse(*text);
    if (dn) return model::PrincipalRef{Form::dn, dn->text(), reading.range(node.at)};
    invalid_principal(node.at, sentence(dn.error()), "", reading);
    return std::nullopt;
  }
  return read_name(std::move(*text), node.at, reading);
}

/// Two spellings of one principal: the `$` of a computer is optional.
std::string comparison_key(const model::PrincipalRef& principal) {
  std::string key = model::principal_key(principal);
  const bool is_name = principal.form == model::PrincipalRef::Form::name ||
                       principal.form == model::PrincipalRef::Form::qualified;
  if (is_name && key.ends_with('$')) key.pop_back();
  return key;
}

}  // namespace

FieldPositions field_positions(const Node& spec, std::span<const std::string_view> known,
                               const Reading& reading) {
  FieldPositions positions;
  positions.reserve(spec.entries.size());
  for (const Entry& entry : spec.entries) {
    const auto name = std::find(known.begin(), known.end(), entry.key);
    if (name != known.end()) positions.emplace_back(*name, reading.range(entry.key_at));
  }
  return positions;
}

std::optional<std::string> read_clearable_text(const Field& field, size_t longest, Reading& reading) {
  if (field.value.is_null()) return std::string();
  if (field.value.is_scalar() && field.value.quoted && trim(field.value.text).empty()) {
    reading.error(codes::empty_value, field.value.at, std::string(field.name) + " is an empty text.",
                  "Write null to clear it, or remove the key to leave the live value alone.");
    return std::nullopt;
  }
  auto text = read_text(field, reading);
  if (text && code_points(*text) > longest) {
    reading.error(codes::too_long, field.value.at,
                  std::string(field.name) + " has " + std::to_string(code_points(*text)) +
                      " characters, but at most " + std::to_string(longest) + " are allowed.",
                  "");
    return std::nullopt;
  }
  return text;
}

std::optional<model::Dn> read_path(const Field& field, Reading& reading) {
  const auto text = read_text(field, reading);
  if (!text) return std::nullopt;
  auto dn = model::Dn::parse(*text);
  if (dn && !dn->empty()) return std::move(*dn);
  reading.error(
      codes::invalid_path, field.value.at,
      std::string(field.name) + " must be a distinguished name." + (dn ? "" : " " + sentence(dn.error())),
      "Write a container's DN such as OU=gMSA,DC=contoso,DC=com.");
  return std::nullopt;
}

std::vector<model::PrincipalRef> read_principals(const Field& field, Reading& reading) {
  std::vector<model::PrincipalRef> principals;
  if (field.value.is_null() || !require_sequence(field, reading)) return principals;
  principals.reserve(field.value.items.size());
  DuplicateCheck duplicates(field.name, reading);
  const std::string entry_name = "An entry of " + std::string(field.name);
  for (const Node& item : field.value.items) {
    auto principal = read_principal({entry_name, item}, reading);
    if (principal && duplicates.add(comparison_key(*principal), principal->text, item.at))
      principals.push_back(std::move(*principal));
  }
  return principals;
}

}  // namespace gmsactl::manifest
