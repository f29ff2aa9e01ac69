#include "providers/directory/visibility.h"

#include <algorithm>
#include <array>

#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Completeness;
using model::Guid;
using model::UnreadAttribute;

namespace {

constexpr int64_t confidential = 0x80;  // searchFlags fCONFIDENTIAL, [MS-ADTS] 2.2.9

bool is_open(const UnreadAttribute& one) { return one.how == Completeness::hidden && one.why.empty(); }

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& each) { return equal_folded(each, name); });
}

/// What every account of the class has ([MS-ADSC] 2.140, systemMustContain), so that its lack says enough.
bool is_mandatory(std::string_view attribute) {
  return equal_folded(attribute, attribute::password_interval);
}

/// What Active Directory makes for its own use and shows to administrators only, in every domain. Accounts
/// and groups belong in none of it.
bool is_closed_by_default(const std::string& text, const model::Dn& domain) {
  const auto dn = model::Dn::parse(text);
  constexpr std::array<const char*, 4> closed{"System", "Keys", "NTDS Quotas", "TPM Devices"};
  return dn && std::any_of(closed.begin(), closed.end(), [&](const char* name) {
           const model::Dn place = domain.child("CN", name);
           return *dn == place || dn->is_under(place);
         });
}

std::optional<Guid> guid_of(const Entry& entry, std::string_view name) {
  const auto bytes = entry.first(name);
  const auto guid = Guid::decode(bytes.value_or(""));
  return guid ? std::optional<Guid>(*guid) : std::nullopt;
}

}  // namespace

std::vector<ldap::Control> Visibility::without_auditing() {
  // BER: SEQUENCE { INTEGER 7 }, owner, group and DACL.
  return {{"1.2.840.113556.1.4.801", true, std::string("\x30\x03\x02\x01\x07", 5)}};
}

Result<void> Visibility::learn_asker() {
  if (std::exchange(asked_, true)) return {};
  const Entry root = GMSACTL_TRY(ldap::read(transport_, "", {"tokenGroups", "schemaNamingContext"}));
  schema_dn_ = root.first("schemaNamingContext").value_or("");
  const auto* token = root.find("tokenGroups");
  if (token == nullptr) return {};
  std::set<model::Sid> sids;
  for (const auto& value : token->values)
    if (auto sid = model::Sid::decode(value)) sids.insert(std::move(*sid));
  asker_.emplace(std::move(sids));
  return {};
}

Result<void> Visibility::learn_schema(const std::set<std::string, LessFolded>& attributes) {
  std::vector<std::string> clauses;
  for (const auto& name : attributes)
    if (!schema_.contains(name)) clauses.push_back(clause("lDAPDisplayName", name));
  if (schema_dn_.empty() || clauses.empty()) return {};
  return search_any(
      transport_, schema_dn_, clauses, "",
      {"lDAPDisplayName", "schemaIDGUID", "attributeSecurityGUID", "searchFlags"}, [this](Entry&& entry) {
        const auto id = guid_of(entry, "schemaIDGUID");
        if (!id) return;
        model::AttributeSchema schema;
        schema.schema_id = *id;
        schema.property_set = guid_of(entry, "attributeSecurityGUID").value_or(Guid{});
        schema.confidential = (number(entry, "searchFlags").value_or(0) & confidential) != 0;
        schema_.insert_or_assign(std::string(entry.first("lDAPDisplayName").value_or("")), schema);
      });
}

Result<void> Visibility::read_descriptors(const std::vector<std::string>& clauses) {
  return search_any(
      transport_, domain_.text(), clauses, "", {attribute::object_guid, attribute::security_descriptor},
      [this](Entry&& entry) {
        const auto guid = guid_of(entry, attribute::object_guid);
        const auto bytes = entry.first(attribute::security_descriptor);
        if (!guid || !bytes) return;
        if (auto descriptor = model::SecurityDescriptor::decode(*bytes))
          descriptors_.insert_or_assign(*guid, std::move(*descriptor));
      },
      without_auditing());
}

Result<void> Visibility::find_absent(const std::string& attribute, const std::vector<std::string>& clauses) {
  auto& matched = absent_[attribute];
  return search_any(transport_, domain_.text(), clauses, "(!(" + attribute + "=*))", {attribute::object_guid},
                    [&](Entry&& entry) {
                      if (const auto guid = guid_of(entry, attribute::object_guid)) matched.insert(*guid);
                    });
}

bool Visibility::explains(const Doubt& doubt, const model::SecurityDescriptor& descriptor) const {
  return std::all_of(doubt.asked.begin(), doubt.asked.end(), [&](const std::string& name) {
    const auto schema = schema_.find(name);
    const bool came = std::none_of(doubt.unread->begin(), doubt.unread->end(),
                                   [&](const auto& one) { return equal_folded(one.attribute, name); });
    return !came || schema == schema_.end() || asker_->may_read(descriptor, schema->second, doubt.sid);
  });
}

std::string Visibility::why_hidden(const Doubt& doubt, const std::string& attribute) const {
  if (is_mandatory(attribute)) return "every such account has it, and the server does not show it";
  const auto matched = absent_.find(attribute);
  if (matched == absent_.end() || !matched->second.contains(doubt.guid))
    return "the server does not show it, and does not say that it has no value";
  if (!asker_)
    return "the server does not say in which groups this user is, so whether it is hidden is not known";
  if (schema_.empty()) return "the schema is not readable, so whether it is hidden is not known";
  const auto schema = schema_.find(attribute);
  if (schema == schema_.end()) return {};  // nothing can have it
  const auto descriptor = descriptors_.find(doubt.guid);
  if (descriptor == descriptors_.end())
    return "the object's permissions are not readable, so whether it is hidden is not known";
  if (asker_->may_read(descriptor->second, schema->second, doubt.sid)) return {};
  if (!explains(doubt, descriptor->second))
    return "the object's permissions are more than could be worked out, so whether it is hidden is not known";
  return "this user may not read it";
}

Result<void> Visibility::settle(std::vector<Doubt>& doubts) {
  std::vector<std::string> objects;
  std::map<std::string, std::vector<std::string>, LessFolded> open;
  std::set<std::string, LessFolded> names;
  for (const auto& doubt : doubts) {
    const std::string which = clause(attribute::object_guid, doubt.guid.encode());
    bool any = false;
    for (const auto& one : *doubt.unread) {
      if (!is_open(one) || !contains(doubt.matters, one.attribute) || is_mandatory(one.attribute)) continue;
      open[one.attribute].push_back(which);
      any = true;
    }
    if (!any) continue;
    objects.push_back(which);
    names.insert(doubt.asked.begin(), doubt.asked.end());
  }
  if (!objects.empty()) {
    GMSACTL_TRY(learn_asker());
    GMSACTL_TRY(learn_schema(names));
    GMSACTL_TRY(read_descriptors(objects));
    for (const auto& [name, clauses] : open) GMSACTL_TRY(find_absent(name, clauses));
  }
  for (auto& doubt : doubts) {
    std::vector<UnreadAttribute> left;
    for (auto& one : *doubt.unread) {
      const bool asked = is_open(one) && contains(doubt.matters, one.attribute);
      if (asked) one.why = why_hidden(doubt, one.attribute);
      if (!asked || !one.why.empty()) left.push_back(one);
    }
    *doubt.unread = std::move(left);
  }
  return {};
}

Result<bool> Visibility::may_list(const std::string& descriptor) {
  const auto decoded = model::SecurityDescriptor::decode(descriptor);
  if (!decoded) return true;
  GMSACTL_TRY(learn_asker());
  return !asker_ || asker_->may_list(*decoded);
}

std::optional<Error> Visibility::why_unlisted(const Entry& container) const {
  const std::string dn = printable(container.dn);
  const auto bytes = container.first(attribute::security_descriptor);
  const auto descriptor = model::SecurityDescriptor::decode(bytes.value_or(""));
  if (bytes && descriptor && asker_->may_list(*descriptor)) return std::nullopt;
  return Error{
      ErrorKind::denied,
      bytes && descriptor ? "this user may not list " + dn : "the permissions of " + dn + " are not readable",
      "Grant the account that gmsactl runs as the rights to list and read it, for example: dsacls \"" + dn +
          "\" /G \"DOMAIN\\USER:GR\". Or remove what is gone by hand.",
      std::nullopt};
}

Result<std::optional<Error>> Visibility::find_blind_spot() {
  const auto head = GMSACTL_TRY(ldap::read(transport_, domain_.text(), {attribute::object_class}));
  if (head.whole) return std::nullopt;  // a file has no other side
  GMSACTL_TRY(learn_asker());
  if (!asker_)
    return Error{ErrorKind::unsupported, "the server does not say in which groups this user is",
                 "Use a domain controller that does, or remove what is gone by hand.", std::nullopt};
  std::optional<Error> blind;
  // What computers, users, groups and managed accounts may stand in ([MS-ADSC], possSuperiors).
  ldap::SearchRequest request;
  request.base = domain_.text();
  request.filter =
      "(|(objectClass=container)(objectClass=organizationalUnit)(objectClass=builtinDomain)"
      "(objectClass=domainDNS)(objectClass=lostAndFound)(objectClass=msDS-AzAdminManager)"
      "(objectClass=msDS-AzApplication)(objectClass=msDS-AzScope))";
  request.attributes = {attribute::security_descriptor};
  request.controls = without_auditing();
  bool any = false;
  GMSACTL_TRY(transport_.search(request, [&](Entry&& entry) {
    any |= model::dn_key(entry.dn) == domain_.key();
    if (!blind && !is_closed_by_default(entry.dn, domain_)) blind = why_unlisted(entry);
    return true;
  }));
  if (blind) return blind;
  if (!any) return why_unlisted({domain_.text(), {}});
  // Of which kind an object is, is not readable everywhere, and then no filter finds it by that.
  request.filter = "(objectClass=*)";
  request.attributes = {attribute::object_class};
  request.controls.clear();
  std::vector<std::string> unknown;
  GMSACTL_TRY(transport_.search(request, [&](Entry&& entry) {
    if (entry.find(attribute::object_class) == nullptr && !is_closed_by_default(entry.dn, domain_))
      unknown.push_back(std::move(entry.dn));
    return true;
  }));
  GMSACTL_TRY(read_each(
      transport_, unknown, {attribute::security_descriptor},
      [&](size_t, Entry&& entry) {
        if (!blind) blind = why_unlisted(entry);
      },
      without_auditing()));
  return blind;
}

}  // namespace gmsactl::directory
