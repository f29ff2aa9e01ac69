#include "providers/directory/places.h"

#include <set>

#include "engine/base/text.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Absent;
using model::Dn;
using model::LiveContainer;
using model::LiveGmsa;
using model::LiveGroup;
using model::Observation;
using model::Unreadable;

namespace {

/// Up to here each place is looked at by itself; beyond, the names of all that stands in the container are
/// read.
constexpr size_t reads_limit = 16;

std::string list_hint(const std::string& container) {
  return "Grant the account that gmsactl runs as the right to list it, for example: dsacls \"" + container +
         "\" /G \"DOMAIN\\USER:LC\"";
}

Unreadable unseen(const Dn& dn) {
  return {Error{ErrorKind::denied,
                dn.text() + " exists, and this user may read too little of it to tell what it is",
                "Grant the account that gmsactl runs as the right to read all properties of it, for example: "
                "dsacls \"" +
                    dn.text() + "\" /G \"DOMAIN\\USER:GR\"",
                std::nullopt}};
}

/// possSuperiors of msDS-GroupManagedServiceAccount and group in Active Directory's schema, which the classes
/// derived from these inherit. Empty where it can be one, or where its classes are not shown.
std::string class_that_holds_nothing(const Entry& entry) {
  const auto* classes = entry.find(attribute::object_class);
  if (classes == nullptr || classes->values.empty()) return {};
  for (const auto& name : classes->values)
    for (const std::string_view holder :
         {"container", "organizationalUnit", "domainDNS", "domain", "dcObject", "builtinDomain"})
      if (equal_folded(name, holder)) return {};
  const auto& last = classes->values.back();
  return equal_folded(last, "top") ? std::string() : last;
}

Unreadable no_container(const Dn& dn, const std::string& object_class) {
  return {Error{ErrorKind::constraint,
                dn.text() + " is of the class " + object_class +
                    ", and only containers, organizational units and domains hold such objects",
                "Correct the path.", std::nullopt}};
}

Unreadable unlisted(const std::string& container) {
  return {Error{ErrorKind::denied,
                "this user may not list " + container +
                    ", or may not read its permissions, so what stands in it is not known",
                list_hint(container), std::nullopt}};
}

}  // namespace

Result<void> Places::read_containers(const std::vector<const std::vector<Wanted>*>& declared,
                                     std::map<std::string, Observation<LiveContainer>>& seen) {
  std::map<std::string, Dn> wanted;
  for (const auto* each : declared)
    for (const auto& one : *each) {
      if (one.settled) continue;
      Dn parent = one.dn.parent();
      std::string key = parent.key();
      if (!seen.contains(key)) wanted.try_emplace(std::move(key), std::move(parent));
    }
  std::map<std::string, Dn> missing;
  while (!wanted.empty()) {
    std::vector<std::string> dns;
    std::vector<const Dn*> places;
    for (const auto& [key, dn] : wanted) {
      dns.push_back(dn.text());
      places.push_back(&dn);
    }
    // By a base read: whoever may not read a container's attributes sees that it is there all the same.
    GMSACTL_TRY(read_each(
        transport_, dns, {attribute::object_guid, attribute::object_class, attribute::security_descriptor},
        [&](size_t at, Entry&& entry) {
          if (const auto name = class_that_holds_nothing(entry); !name.empty()) {
            seen.emplace(places[at]->key(), no_container(*places[at], name));
            return;
          }
          LiveContainer live;
          live.id.dn = *places[at];
          if (const auto guid = model::Guid::decode(entry.first(attribute::object_guid).value_or("")))
            live.id.guid = *guid;
          if (const auto bytes = entry.first(attribute::security_descriptor); bytes && !entry.whole)
            descriptors_.emplace(live.id.dn.key(), *bytes);
          else if (!entry.whole)
            without_descriptor_.emplace(live.id.dn.key(), live.id.dn.text());
          seen.emplace(live.id.dn.key(), std::move(live));
        },
        Visibility::without_auditing()));
    std::map<std::string, Dn> above;
    for (const auto& [key, dn] : wanted) {
      const Dn parent = dn.parent();
      if (!seen.try_emplace(key, Absent{}).second) continue;
      missing.emplace(key, dn);
      if (!parent.empty()) above.try_emplace(parent.key(), parent);
    }
    wanted = std::move(above);
    std::erase_if(wanted, [&](const auto& one) { return seen.contains(one.first); });
  }
  // What is not seen in a container that must not be listed may be there.
  for (const auto& [key, dn] : missing) {
    const auto above = seen.find(dn.parent().key());
    const auto* parent = above == seen.end() ? nullptr : std::get_if<LiveContainer>(&above->second);
    if (parent != nullptr && !GMSACTL_TRY(is_listable(above->first)))
      seen[key] = unlisted(parent->id.dn.text());
  }
  return {};
}

Result<bool> Places::is_listable(const std::string& container_key) {
  const auto found = descriptors_.find(container_key);
  if (found != descriptors_.end()) return visibility_.may_list(found->second);
  const auto hidden = without_descriptor_.find(container_key);
  if (hidden == without_descriptor_.end()) return true;
  // Who sees one thing in it may list it.
  ldap::SearchRequest request;
  request.base = hidden->second;
  request.scope = ldap::Scope::one_level;
  request.attributes = {"1.1"};
  request.page_size = 1;
  bool any = false;
  const auto listed = transport_.search(request, [&](Entry&&) {
    any = true;
    return false;
  });
  if (!listed && listed.error().kind != ErrorKind::cancelled && listed.error().kind != ErrorKind::not_found)
    return fail(listed.error());
  return any;
}

Result<void> Places::find_taken(const std::vector<const Wanted*>& places, const std::string& container,
                                std::set<std::string>& taken) {
  if (places.size() <= reads_limit) {
    std::vector<std::string> dns;
    dns.reserve(places.size());
    for (const auto* one : places) dns.push_back(one->dn.text());
    return read_each(transport_, dns, {"1.1"},
                     [&](size_t at, Entry&&) { taken.insert(places[at]->dn.key()); });
  }
  // A filter that is always true ([MS-ADTS] 3.1.1.3.1.3.1): whoever may list a container sees all names in
  // it.
  ldap::SearchRequest request;
  request.base = container;
  request.scope = ldap::Scope::one_level;
  request.attributes = {"1.1"};
  auto listed = transport_.search(request, [&](Entry&& entry) {
    taken.insert(model::dn_key(entry.dn));
    return true;
  });
  if (!listed && listed.error().kind == ErrorKind::not_found) return {};
  return listed;
}

template <class Live>
Result<void> Places::look_at(const std::vector<Wanted>& wanted,
                             std::map<std::string, Observation<Live>>& observations,
                             const std::map<std::string, Observation<LiveContainer>>& containers,
                             std::map<std::string, model::Principal>& holders) {
  std::map<std::string, std::vector<const Wanted*>> by_container;
  for (const auto& one : wanted) {
    const auto found = one.settled ? observations.end() : observations.find(one.name);
    if (found == observations.end() || holders.contains(one.dn.key())) continue;
    const auto* live = std::get_if<Live>(&found->second);
    if (live == nullptr ? std::holds_alternative<Absent>(found->second) : !(live->id.dn == one.dn))
      by_container[one.dn.parent().key()].push_back(&one);
  }
  for (const auto& [key, places] : by_container) {
    const auto found = containers.find(key);
    const auto* container = found == containers.end() ? nullptr : std::get_if<LiveContainer>(&found->second);
    if (container == nullptr) continue;  // nothing can stand in it
    const std::string where = container->id.dn.text();
    if (!GMSACTL_TRY(is_listable(key))) {
      for (const auto* one : places)
        if (auto& observation = observations[one->name]; std::holds_alternative<Absent>(observation))
          observation = unlisted(where);
      continue;
    }
    std::set<std::string> taken;
    GMSACTL_TRY(find_taken(places, where, taken));
    for (const auto* one : places) {
      if (!taken.contains(one->dn.key())) continue;
      if (auto& observation = observations[one->name]; std::holds_alternative<Absent>(observation)) {
        observation = unseen(one->dn);
      } else {
        model::Principal holder;
        holder.id.dn = one->dn;
        holders.emplace(one->dn.key(), std::move(holder));
      }
    }
  }
  return {};
}

template Result<void> Places::look_at<LiveGroup>(const std::vector<Wanted>&,
                                                 std::map<std::string, Observation<LiveGroup>>&,
                                                 const std::map<std::string, Observation<LiveContainer>>&,
                                                 std::map<std::string, model::Principal>&);
template Result<void> Places::look_at<LiveGmsa>(const std::vector<Wanted>&,
                                                std::map<std::string, Observation<LiveGmsa>>&,
                                                const std::map<std::string, Observation<LiveContainer>>&,
                                                std::map<std::string, model::Principal>&);

}  // namespace gmsactl::directory
