#include "providers/transport/ldap/ldif_completion.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/text.h"
#include "providers/transport/ldap/ldif_rules.h"

namespace gmsactl::ldap::ldif {

namespace {

static_assert(attribute::count <= 64, "the known attributes of an object are kept as bits of one word");

uint64_t present_bits(const Values& values) {
  uint64_t bits = 0;
  for (const Value& value : values)
    if (value.id < attribute::count) bits |= uint64_t{1} << value.id;
  return bits;
}
bool has(uint64_t bits, AttributeId id) { return (bits >> id & 1U) != 0; }

uint64_t fnv(std::string_view text, uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash ^ hash >> 29U;
}

/// [MS-DTYP] 2.4.2.4, so that a policy on Domain Computers also works in a file without SIDs.
constexpr std::array<std::pair<std::string_view, uint32_t>, 11> well_known_rids{{
    {"Administrator", 500},
    {"Guest", 501},
    {"krbtgt", 502},
    {"Domain Admins", 512},
    {"Domain Users", 513},
    {"Domain Guests", 514},
    {"Domain Computers", 515},
    {"Domain Controllers", 516},
    {"Schema Admins", 518},
    {"Enterprise Admins", 519},
    {"Group Policy Creator Owners", 520},
}};

}  // namespace

model::Guid guid_of_dn(std::string_view key) {
  model::Guid guid;
  const uint64_t halves[] = {fnv(key, 14695981039346656037U), fnv(key, 0x9E3779B97F4A7C15U)};
  for (size_t i = 0; i < 16; ++i)
    guid.bytes[i] = static_cast<uint8_t>(halves[i / 8] >> (8 * (i % 8)) & 0xFFU);
  guid.bytes[7] = static_cast<uint8_t>((guid.bytes[7] & 0x0FU) | 0x80U);
  guid.bytes[8] = static_cast<uint8_t>((guid.bytes[8] & 0x3FU) | 0x80U);
  return guid;
}

Result<void> Completion::run() {
  for (Object& object : directory_.objects_) expand_classes(object);
  GMSACTL_TRY(find_contexts());
  synthesise_domain();
  synthesise_configuration();
  synthesise_parents();
  find_domain_sid();
  complete_identities();
  find_naming_contexts();
  return {};
}

void Completion::expand_classes(Object& object) {
  const auto values = values_of(object.values, attribute::object_class);
  size_t longest = 0;
  for (const Value& value : values) {
    auto [found, fresh] = classes_.try_emplace(value.text, nullptr);
    if (fresh) found->second = find_class(value.text);
    if (found->second == nullptr) continue;
    if (values.size() > 1 && object.type != nullptr && derives_from(*object.type, found->second->name))
      continue;
    const size_t length = class_chain(*found->second).size();
    if (length > longest) {
      longest = length;
      object.type = found->second;
    }
  }
  if (object.type == nullptr || values.size() >= longest) return;
  std::vector<std::string_view> texts = class_chain(*object.type);
  for (const Value& value : values)
    if (std::none_of(texts.begin(), texts.end(),
                     [&](std::string_view text) { return equal_folded(text, value.text); }))
      texts.push_back(value.text);
  set_values_of(object.values, attribute::object_class, texts);
}

Result<void> Completion::find_contexts() {
  const auto& root = directory_.root_dse_.values;
  const auto context = [&](std::string_view name) {
    return std::string(first_of(root, directory_.attributes_.intern(name)).value_or(""));
  };
  std::string domain = context("defaultNamingContext");
  std::string configuration = context("configurationNamingContext");
  const Object* head = nullptr;
  for (const Object& object : directory_.objects_) {
    if (object.type == nullptr) continue;
    const bool shorter = head == nullptr || object.key.size() < head->key.size();
    if (shorter && object.key.starts_with("dc=") && derives_from(*object.type, "domain")) head = &object;
    if (configuration.empty() && object.type->name == "configuration") configuration = object.dn;
  }
  if (domain.empty() && head != nullptr) domain = head->dn;
  for (size_t i = 0; domain.empty() && i < directory_.objects_.size(); ++i) {
    std::string_view dn = directory_.objects_[i].dn;
    while (!dn.empty() && !equal_folded(dn.substr(0, 3), "dc=")) dn.remove_prefix(parent_offset(dn));
    domain = dn;
  }
  const auto parsed = model::Dn::parse(domain);
  if (!parsed || parsed->empty())
    return fail(ErrorKind::invalid, "no entry is in a domain (DC=…), so there is no directory to read",
                "begin the file with the domain: 'dn: DC=contoso,DC=com' and 'objectClass: domainDNS'");
  directory_.domain_dn_ = domain;
  directory_.configuration_dn_ = configuration.empty() ? "CN=Configuration," + domain : configuration;
  return {};
}

void Completion::find_domain_sid() {
  auto& domain_sid = directory_.domain_sid_;
  const auto head = directory_.find(directory_.domain_dn_);
  const auto sid =
      model::Sid::decode(first_of(directory_.objects_[*head].values, attribute::object_sid).value_or(""));
  if (sid && sid->is_domain()) {
    domain_sid = *sid;
    return;
  }
  for (const Object& object : directory_.objects_) {
    if (object.type == nullptr || !object.type->principal) continue;
    std::string_view domain = object.key;  // a file may hold objects of several
    while (!domain.empty() && !domain.starts_with("dc=")) domain.remove_prefix(parent_offset(domain));
    if (domain != directory_.objects_[*head].key) continue;
    const auto own = model::Sid::decode(first_of(object.values, attribute::object_sid).value_or(""));
    if (!own || !own->domain().is_domain()) continue;
    domain_sid = own->domain();
    break;
  }
  if (domain_sid.empty()) {
    const uint64_t a = fnv(directory_.objects_[*head].key, 14695981039346656037U);
    const uint64_t b = fnv(directory_.objects_[*head].key, a);
    domain_sid = {5,
                  {21, static_cast<uint32_t>(a), static_cast<uint32_t>(a >> 32U), static_cast<uint32_t>(b)}};
  }
  give(*head, attribute::object_sid, domain_sid.encode());
}

void Completion::find_naming_contexts() {
  auto& contexts = directory_.naming_contexts_;
  contexts = {model::dn_key(directory_.domain_dn_), model::dn_key(directory_.configuration_dn_),
              model::dn_key("CN=Schema," + directory_.configuration_dn_)};
  for (const Object& object : directory_.objects_) {
    if (object.type == nullptr || object.type->name != "crossRef") continue;
    if (const auto name = first_of(object.values, attribute::nc_name))
      contexts.push_back(model::dn_key(*name));
  }
  std::sort(contexts.begin(), contexts.end());
  contexts.erase(std::unique(contexts.begin(), contexts.end()), contexts.end());
}

void Completion::complete_identities() {
  for (Object& object : directory_.objects_) {
    const uint64_t present = present_bits(object.values);
    complete_names(object, present);
    if (!has(present, attribute::object_guid))
      object.values.push_back({keep(guid_of_dn(object.key).encode()), attribute::object_guid, true});
    if (object.type == nullptr) continue;
    if (!has(present, attribute::object_category))
      object.values.push_back({directory_.category_dn(*object.type), attribute::object_category, true});
    if (object.type->principal) complete_principal(object, present);
  }
}

void Completion::complete_names(Object& object, uint64_t present) {
  if (!has(present, attribute::distinguished_name))
    object.values.push_back({object.dn, attribute::distinguished_name, true});
  const size_t equals = object.key.find('=');
  const AttributeId rdn = directory_.attributes_.intern(object.key.substr(0, equals));
  const bool has_rdn = rdn < attribute::count ? has(present, rdn) : first_of(object.values, rdn).has_value();
  if (has_rdn && has(present, attribute::name)) return;
  const auto dn = model::Dn::parse(object.dn);
  if (!dn || dn->empty()) return;
  const auto value = keep(dn->leaf().value);
  if (!has_rdn) object.values.push_back({value, rdn, true});
  if (!has(present, attribute::name)) object.values.push_back({value, attribute::name, true});
}

void Completion::complete_principal(Object& object, uint64_t present) {
  const auto derive = [&](AttributeId id, std::string_view text) {
    if (!has(present, id)) object.values.push_back({keep(text), id, true});
  };
  const bool group = object.type->name == "group";
  const bool computer = derives_from(*object.type, "computer");
  const std::string common_name(first_of(object.values, attribute::cn).value_or(""));
  derive(attribute::sam_account_name, computer ? common_name + "$" : common_name);
  if (group) {
    derive(attribute::group_type, "-2147483646");  // Global and security, the schema's default
    derive(attribute::sam_account_type,
           account_type_of_group(first_of(object.values, attribute::group_type).value_or("")));
  } else {
    derive(attribute::user_account_control, computer ? "4096" : "512");
    const auto control = first_of(object.values, attribute::user_account_control).value_or("");
    derive(attribute::sam_account_type, account_type_of_user(control));
    derive(attribute::primary_group_id, primary_group_of(control));
  }
  if (has(present, attribute::object_sid)) return;
  const auto account = first_of(object.values, attribute::sam_account_name).value_or("");
  const auto sid = directory_.domain_sid_.with_rid(unused_rid(account));
  object.values.push_back({keep(sid.encode()), attribute::object_sid, true});
}

uint32_t Completion::unused_rid(std::string_view account) {
  if (!rids_read_) {
    rids_read_ = true;
    for (const Object& object : directory_.objects_) {
      const auto sid = model::Sid::decode(first_of(object.values, attribute::object_sid).value_or(""));
      if (sid && !sid->sub_authorities.empty() && sid->domain() == directory_.domain_sid_)
        used_rids_.insert(sid->sub_authorities.back());
    }
  }
  for (const auto& [name, rid] : well_known_rids)
    if (equal_folded(name, account) && used_rids_.insert(rid).second) return rid;
  uint32_t rid = first_made_up_rid;
  // In the order of the file: the last one given out is where the search for a free one goes on.
  rid = std::max(rid, next_rid_);
  while (!used_rids_.insert(rid).second) ++rid;
  next_rid_ = rid + 1;
  return rid;
}

}  // namespace gmsactl::ldap::ldif
