#include "providers/conformance/bench.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/text.h"

namespace gmsactl::conformance {

std::string answer(const Result<void>& result) {
  if (result) return "accepted";
  const auto& error = result.error();
  if (!error.native) return "refused: " + printable(error.message);
  std::string text = "refused: LDAP " + std::to_string(error.native->code) + " " + error.native->name;
  if (error.native->extended) {
    std::array<char, 8> digits{};
    const auto [end, status] =
        std::to_chars(digits.data(), digits.data() + digits.size(), *error.native->extended, 16);
    (void)status;
    text += ", 0x" + std::string(digits.data(), end);
  }
  return text;
}

// --- Trial
// --------------------------------------------------------------------------------------------------

void Trial::worsen(Verdict verdict) {
  // A difference that was seen stands, whatever comes after it.
  if (finding_.verdict == Verdict::different) return;
  if (verdict == Verdict::different || finding_.verdict == Verdict::as_assumed) finding_.verdict = verdict;
}

bool Trial::ended_by(const std::string& what, const Error& error) {
  if (outcome_unknown(error.kind)) {
    lost_ = error;
    worsen(Verdict::not_tried);
  } else if (error.kind == ErrorKind::denied) {
    worsen(Verdict::not_allowed);
  } else {
    return false;
  }
  note(what + ": " + printable(error.message));
  return true;
}

void Trial::expect(bool holds, std::string text) {
  note((holds ? "" : "NOT AS ASSUMED: ") + std::move(text));
  if (!holds) worsen(Verdict::different);
}

bool Trial::done(const std::string& what, const Result<void>& result) {
  if (!result && ended_by(what, result.error())) return false;
  expect(result.has_value(), what + ": " + answer(result));
  return result.has_value();
}

bool Trial::refused(const std::string& what, const Result<void>& result,
                    std::initializer_list<ErrorKind> kinds) {
  const bool fits = !result && std::find(kinds.begin(), kinds.end(), result.error().kind) != kinds.end();
  if (!fits && !result && ended_by(what, result.error())) return false;
  expect(fits, what + ": " + answer(result));
  return fits;
}

void Trial::observed(const std::string& what, const Result<void>& result) {
  if (!result && outcome_unknown(result.error().kind) && ended_by(what, result.error())) return;
  note(what + ": " + answer(result));
}

bool Trial::needs(const std::string& what, const Result<void>& result) {
  if (result) return true;
  if (!ended_by(what, result.error())) not_tried(what + ": " + printable(result.error().message));
  return false;
}

void Trial::not_tried(std::string why) {
  note(std::move(why));
  worsen(Verdict::not_tried);
}

// --- Bench
// --------------------------------------------------------------------------------------------------

Bench::Bench(ldap::Transport& transport, const Entry& root_dse, std::string tag, Connect connect)
    : directory_(transport), root_dse_(root_dse), tag_(std::move(tag)), connect_(std::move(connect)) {
  if (auto dn = model::Dn::parse(root_dse.first("defaultNamingContext").value_or(""))) domain_ = *dn;
  if (auto dn = model::Dn::parse(root_dse.first("configurationNamingContext").value_or("")))
    configuration_ = *dn;
  samba_ = root_dse.first("vendorName").value_or("").starts_with("Samba");
}

std::string Bench::dns_domain() const {
  std::string name;
  for (const auto& rdn : domain_.rdns()) name += (name.empty() ? "" : ".") + rdn.value;
  return name;
}

std::string Bench::unique(std::string_view prefix) {
  return std::string(prefix) + tag_ + std::to_string(++count_);
}

std::optional<std::string> Bench::made(Trial& trial, const std::string& dn,
                                       const std::vector<Attribute>& attributes) {
  if (!trial.needs("making " + dn, directory_.add(dn, attributes))) return std::nullopt;
  return dn;
}

std::optional<std::string> Bench::container(Trial& trial, const std::string& name) {
  return made(trial, unit_->child("OU", name).text(), {{"objectClass", {"organizationalUnit"}}});
}

std::optional<std::string> Bench::group(Trial& trial, const std::string& name, const std::string& type) {
  return made(trial, below(name),
              {{"objectClass", {"group"}}, {"sAMAccountName", {name}}, {"groupType", {type}}});
}

std::vector<Attribute> Bench::account_attributes(const std::string& name, const std::string& dns_domain,
                                                 std::vector<Attribute> more) {
  std::vector<Attribute> attributes{{"objectClass", {"msDS-GroupManagedServiceAccount"}},
                                    {"sAMAccountName", {name + "$"}},
                                    {"dNSHostName", {name + "." + dns_domain}},
                                    {"userAccountControl", {"4096"}},
                                    {"msDS-ManagedPasswordInterval", {"30"}}};
  for (auto& attribute : more) {
    std::erase_if(attributes,
                  [&](const Attribute& other) { return equal_folded(other.name, attribute.name); });
    if (!attribute.values.empty()) attributes.push_back(std::move(attribute));
  }
  return attributes;
}

std::optional<std::string> Bench::account(Trial& trial, const std::string& name,
                                          std::vector<Attribute> more) {
  return made(trial, below(name), account_attributes(name, dns_domain(), std::move(more)));
}

std::vector<std::string> Bench::values(const std::string& dn, const std::string& attribute) {
  const auto entry = ldap::read(directory_, dn, {attribute});
  if (!entry) return {};
  const auto* found = entry->find(attribute);
  if (found == nullptr) return {};
  auto values = found->values;
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace gmsactl::conformance
