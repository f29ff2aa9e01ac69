#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
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

constexpr std::string_view principal_forms =
    "A principal is a name such as HOST01, {hostGroup: NAME}, DOMAIN\\name, name@dns.domain, a SID or a DN.";

/// What is wrong with a name, or with one in another domain.
std::optional<std::string> name_problem(std::string_view text, bool qualified, bool at_domain) {
  const auto [domain, name] = qualified ? model::qualified_name(text) : model::QualifiedName{{}, text};
  if (name.empty() || (qualified && domain.empty()))
    return "needs a name and a domain around its " + std::string(at_domain ? "@" : "backslash");
  if (at_domain && name.find('/') != std::string_view::npos)
    return "is a service principal name, which names no principal for sure";
  if (auto problem = account_name_problem(name, longest_account_name)) return problem;
  if (at_domain) return dns_name_problem(domain);
  return qualified ? account_name_problem(domain, longest_account_name) : std::nullopt;
}

/// DOMAIN\name, name@dns.domain, or a plain name.
std::optional<model::PrincipalRef> read_name(std::string text, Position at, Reading& reading) {
  using Form = model::PrincipalRef::Form;
  const bool has_slash = text.find('\\') != std::string::npos;
  const bool at_domain = !has_slash && text.find('@') != std::string::npos;
  const bool qualified = has_slash || at_domain;
  if (const auto problem = name_problem(text, qualified, at_domain)) {
    invalid_principal(at, in_quotes(text) + " " + *problem + ".", std::string(principal_forms), reading);
    return std::nullopt;
  }
  return model::PrincipalRef{qualified ? Form::qualified : Form::name, std::move(text), reading.range(at)};
}

/// In any of its values, unescaped.
std::optional<std::string> hidden_in(const model::Dn& dn) {
  for (const auto& rdn : dn.rdns())
    if (auto problem = hidden_character_problem(rdn.value))
      return in_quotes(rdn.value) + " in it " + *problem + ".";
  return std::nullopt;
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
    const auto hidden = dn ? hidden_in(*dn) : std::nullopt;
    if (dn && !hidden) return model::PrincipalRef{Form::dn, dn->text(), reading.range(node.at)};
    invalid_principal(node.at, hidden ? "A DN must not hide anything: " + *hidden : sentence(dn.error()), "",
                      reading);
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

namespace {

/// Text for people may have lines, and joiners within emoji and within words of some scripts.
bool belongs_in_prose(char32_t code) {
  return code == '\t' || code == '\n' || code == '\r' || code == 0x200C || code == 0x200D ||
         (code >= 0xFE00 && code <= 0xFE0F);
}

void warn_of_hidden(const Field& field, std::string_view text, Reading& reading) {
  size_t before = 0;
  for (;;) {
    auto hidden = first_hidden_character(text);
    if (!hidden) return;
    if (!belongs_in_prose(hidden->code)) {
      hidden->position += before;
      reading.warning(codes::hidden_character, field.value.at,
                      std::string(field.name) + " contains " + describe(*hidden) + " at character " +
                          std::to_string(hidden->position) + ", which nobody sees.",
                      "Remove it unless it is meant.");
      return;
    }
    before += hidden->position;
    for (size_t passed = 0; passed < hidden->position; ++passed) {
      size_t length = 1;
      while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
      text.remove_prefix(length);
    }
  }
}

}  // namespace

std::optional<std::string> read_clearable_text(const Field& field, size_t longest, Reading& reading) {
  if (field.value.is_null()) return std::string();
  if (field.value.is_scalar() && field.value.quoted && trim(field.value.text).empty()) {
    reading.error(codes::empty_value, field.value.at, std::string(field.name) + " is an empty text.",
                  "Write null to clear it, or remove the key to leave the live value alone.");
    return std::nullopt;
  }
  auto text = read_text(field, reading);
  if (!text) return std::nullopt;
  if (const auto problem = length_problem(*text, longest)) {
    reading.error(codes::too_long, field.value.at, std::string(field.name) + " " + *problem + ".", "");
    return std::nullopt;
  }
  warn_of_hidden(field, *text, reading);
  return text;
}

std::optional<model::Dn> read_path(const Field& field, Reading& reading) {
  const auto text = read_text(field, reading);
  if (!text) return std::nullopt;
  auto dn = model::Dn::parse(*text);
  if (dn && !dn->empty()) {
    const auto hidden = hidden_in(*dn);
    if (!hidden) return std::move(*dn);
    reading.error(codes::invalid_path, field.value.at,
                  std::string(field.name) + " must not hide anything: " + *hidden, "Type it anew.");
    return std::nullopt;
  }
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
