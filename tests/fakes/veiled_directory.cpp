#include "tests/fakes/veiled_directory.h"

#include <algorithm>
#include <stdexcept>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "engine/model/guid.h"
#include "engine/model/security_descriptor.h"

namespace gmsactl::fakes {

using ldap::Attribute;
using ldap::Entry;

namespace {

constexpr char schema[] = "CN=Schema,CN=Configuration,DC=contoso,DC=com";
constexpr char security_descriptor[] = "nTSecurityDescriptor";
const model::Sid authenticated_users{5, {11}};

tl::unexpected<Error> read_only() {
  return fail(ErrorKind::unsupported, "a veiled directory takes no writes");
}

/// RFC 4515 as far as it is asked here: and, or, not, presence, equality, a value that begins with something.
class Filter {
 public:
  explicit Filter(std::string_view text) : text_(text) {}

  bool matches(const Entry& entry) {
    at_ = 0;
    return evaluate(entry);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void expect(char c) {
    if (peek() != c) throw std::runtime_error("a filter that the fake does not know: " + std::string(text_));
    ++at_;
  }

  bool evaluate(const Entry& entry) {
    expect('(');
    bool result = false;
    if (peek() == '&' || peek() == '|') {
      const bool all = text_[at_++] == '&';
      result = all;
      while (peek() == '(') {
        const bool one = evaluate(entry);
        result = all ? result && one : result || one;
      }
    } else if (peek() == '!') {
      ++at_;
      result = !evaluate(entry);
    } else {
      result = item(entry);
    }
    expect(')');
    return result;
  }

  bool item(const Entry& entry) {
    const size_t equals = text_.find('=', at_);
    const std::string name(text_.substr(at_, equals - at_));
    at_ = equals + 1;
    std::string value;
    bool wild = false;
    for (; peek() != ')'; ++at_) {
      if (peek() == '*') {
        wild = true;
      } else if (peek() == '\\') {
        value += static_cast<char>(std::stoi(std::string(text_.substr(at_ + 1, 2)), nullptr, 16));
        at_ += 2;
      } else {
        value += peek();
      }
    }
    if (equal_folded(name, "distinguishedName"))
      return wild || model::dn_key(value) == model::dn_key(entry.dn);
    if (equal_folded(name, "objectClass") && wild) return true;
    const Attribute* found = entry.find(name);
    if (found == nullptr) return false;
    return std::any_of(found->values.begin(), found->values.end(), [&](const std::string& each) {
      return wild ? equal_folded(each.substr(0, value.size()), value) : equal_folded(each, value);
    });
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string parent_key(const std::string& dn) {
  const auto parsed = model::Dn::parse(dn);
  return parsed ? parsed->parent().key() : std::string();
}

bool is_in_scope(const Entry& object, const ldap::SearchRequest& request) {
  const auto dn = model::Dn::parse(object.dn);
  const auto base = model::Dn::parse(request.base);
  if (!dn || !base) return false;
  switch (request.scope) {
    case ldap::Scope::base:
      return *dn == *base;
    case ldap::Scope::one_level:
      return dn->parent() == *base;
    case ldap::Scope::subtree:
      return *dn == *base || dn->is_under(*base);
  }
  return false;
}

/// [MS-DTYP] 2.4.4.4, ACCESS_DENIED_OBJECT_ACE with an ObjectType only; without one where `about` is empty.
model::Ace denial(uint32_t mask, const std::string& about) {
  const std::string sid = authenticated_users.encode();
  const auto size = static_cast<char>(12 + about.size() + sid.size());
  std::string bytes{'\x06', '\0', size, '\0', static_cast<char>(mask), '\0', '\0', '\0'};
  bytes += std::string{about.empty() ? '\0' : '\x01', '\0', '\0', '\0'} + about + sid;
  return {6, 0, mask, authenticated_users, bytes};
}

}  // namespace

VeiledDirectory::VeiledDirectory(ldap::Reader& source, const std::string& domain,
                                 const std::vector<std::string>& attributes) {
  for (const std::string& context : {domain, "CN=Configuration," + domain}) {
    ldap::SearchRequest everything;
    everything.base = context;
    auto found = ldap::search_all(source, everything).value();
    std::move(found.begin(), found.end(), std::back_inserter(objects));
  }
  for (auto& object : objects)  // what no global catalog has
    if (model::dn_key(object.dn) == model::dn_key(domain))
      object.attributes.push_back({"pwdProperties", {"1"}});
  root_dse = ldap::read(source, "", {}).value();
  root_dse.attributes.push_back({"tokenGroups", {model::Sid{5, {21, 1, 2, 3, 1104}}.encode()}});
  std::erase_if(root_dse.attributes,
                [](const Attribute& one) { return equal_folded(one.name, "schemaNamingContext"); });
  root_dse.attributes.push_back({"schemaNamingContext", {schema}});
  objects.push_back({schema, {{"objectClass", {"top", "dMD"}}}});
  uint8_t number = 1;
  for (const auto& name : attributes) {
    model::Guid id;
    id.bytes[0] = number++;
    schema_ids_.emplace(fold(name), id.encode());
    objects.push_back({"CN=" + name + "," + schema,
                       {{"objectClass", {"top", "attributeSchema"}},
                        {"lDAPDisplayName", {name}},
                        {"schemaIDGUID", {id.encode()}}}});
  }
  for (auto& object : objects) object.whole = false;
}

Entry* VeiledDirectory::find(const std::string& dn) {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const Entry& object) {
    return model::dn_key(object.dn) == model::dn_key(dn);
  });
  return found == objects.end() ? nullptr : &*found;
}

const Entry* VeiledDirectory::find_sid(const std::string& base) const {
  const auto sid = model::Sid::parse(base.substr(5, base.size() - 6));
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const Entry& object) {
    return sid && object.first("objectSid").value_or("") == sid->encode();
  });
  return found == objects.end() ? nullptr : &*found;
}

bool VeiledDirectory::is_seen(const Entry& object, const ldap::SearchRequest& request) const {
  constexpr std::string_view show_deleted = "1.2.840.113556.1.4.417";
  if (object.find("isDeleted") != nullptr &&
      std::none_of(request.controls.begin(), request.controls.end(),
                   [&](const ldap::Control& one) { return one.oid == show_deleted; }))
    return false;
  return !unlisted.contains(parent_key(object.dn));
}

std::string VeiledDirectory::descriptor(const std::string& key) const {
  std::vector<model::Ace> aces;
  if (blind.contains(key)) aces.push_back(denial(0x10, {}));
  if (unlisted.contains(key)) aces.push_back(denial(0x04, {}));
  for (const auto& [dn, name] : hidden)
    if (const auto id = schema_ids_.find(name); dn == key && id != schema_ids_.end())
      aces.push_back(denial(0x10, id->second));
  return model::SecurityDescriptor::encode_readers({{authenticated_users}}, aces);
}

Entry VeiledDirectory::as_seen(const Entry& object) const {
  Entry seen{object.dn, {}};
  const std::string key = model::dn_key(object.dn);
  if (!secret.contains(key)) seen.attributes.push_back({security_descriptor, {descriptor(key)}});
  if (blind.contains(key)) return seen;
  for (const auto& attribute : object.attributes) {
    if (hidden.contains({key, fold(attribute.name)})) continue;
    seen.attributes.push_back(attribute);
    if (attribute.values.size() < 2 || !in_part.contains({key, fold(attribute.name)})) continue;
    auto& part = seen.attributes.back();
    part.name += ";range=0-0";
    part.values.resize(1);
  }
  return seen;
}

Result<void> VeiledDirectory::search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) {
  std::vector<Entry> answer;
  bool cut = false;
  {
    const std::lock_guard lock(mutex_);
    cut = ++searches_ == failing;
    if (before_search) before_search(searches_);
    if (request.base.empty() && request.scope == ldap::Scope::base) {
      answer.push_back(root_dse);
    } else {
      const bool by_sid = request.base.starts_with("<SID=");
      const Entry* base = by_sid ? find_sid(request.base) : find(request.base);
      if (base == nullptr || !is_seen(*base, request))
        return fail(ErrorKind::not_found, "no such object " + request.base);
      Filter filter(request.filter);
      for (const auto& object : objects) {
        if (!(by_sid ? &object == base : is_in_scope(object, request)) || !is_seen(object, request)) continue;
        Entry seen = as_seen(object);
        if (!filter.matches(seen)) continue;
        const bool all = request.attributes.empty();
        std::erase_if(seen.attributes, [&](const Attribute& one) {
          const std::string name = one.name.substr(0, one.name.find(';'));
          return all ? name == security_descriptor
                     : std::none_of(request.attributes.begin(), request.attributes.end(),
                                    [&](const std::string& asked) { return equal_folded(asked, name); });
        });
        answer.push_back(std::move(seen));
      }
    }
    if (cut) answer.resize(answer.size() / 2);
    counters_.searches.fetch_add(1);
    counters_.entries.fetch_add(answer.size());
  }
  for (auto& entry : answer)
    if (!sink(std::move(entry))) return fail(ErrorKind::cancelled, "the search was stopped");
  if (cut) return fail(ErrorKind::denied, "the search was cut off");
  return {};
}

Result<void> VeiledDirectory::watch(const ldap::SearchRequest&, const ldap::EntrySink&, std::stop_token) {
  return fail(ErrorKind::unsupported, "a veiled directory cannot be watched");
}
Result<void> VeiledDirectory::add(const std::string&, const std::vector<Attribute>&) { return read_only(); }
Result<void> VeiledDirectory::modify(const std::string&, const std::vector<ldap::Modification>&) {
  return read_only();
}
Result<void> VeiledDirectory::rename(const std::string&, const std::string&, const std::string&) {
  return read_only();
}
Result<void> VeiledDirectory::remove(const std::string&) { return read_only(); }

}  // namespace gmsactl::fakes
