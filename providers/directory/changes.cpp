#include "providers/directory/changes.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::ChangedObject;

namespace {

constexpr char show_deleted[] = "1.2.840.113556.1.4.417";  // [MS-ADTS] 3.1.1.3.4.1.14
constexpr char notification[] = "1.2.840.113556.1.4.528";  // [MS-ADTS] 3.1.1.3.4.1.9
constexpr char highest_usn[] = "highestCommittedUSN";      // [MS-ADTS] 3.1.1.3.2.8
/// Up to so many changes are asked for number by number. Samba on tdb finds each of these by an index, but
/// goes through all objects for those above a number: 70 ms of 11,000, where 100 single numbers take 2.
constexpr int64_t most_numbers = 256;
// [MS-ADTS] 6.1.1.4: where deleted objects are kept.
constexpr char deleted_objects_guid[] = "18E2EA80684F11D2B9AA00C04F79F805";

std::string domain_of(const Session& session) {
  return std::string(session.root_dse().first("defaultNamingContext").value_or(""));
}

Result<void> require_server(Session& session) {
  if (!session.transport().peer().starts_with("ldif:")) return {};
  return fail(ErrorKind::unsupported, "a directory in an LDIF file keeps no count of its changes");
}

Error not_told(std::string_view what) {
  return {ErrorKind::unsupported, "the server does not tell " + std::string(what), {}, std::nullopt};
}

Result<int64_t> committed(const Entry& root) {
  if (const auto usn = number(root, highest_usn)) return *usn;
  return fail(not_told("its highestCommittedUSN"));
}

/// What accounts and groups usually stand in. By the most derived class: a group policy is a container, too.
bool is_container(const Entry& entry) {
  static constexpr std::array<std::string_view, 5> classes{"organizationalUnit", "container", "domainDNS",
                                                           "builtinDomain", "lostAndFound"};
  const auto* found = entry.find(attribute::object_class);
  return found != nullptr && !found->values.empty() &&
         std::any_of(classes.begin(), classes.end(),
                     [&](std::string_view name) { return equal_folded(name, found->values.back()); });
}

/// Where not even the GUID may be read it may be any object, so that all are to be looked at, as after a
/// change of what they stand in.
ChangedObject decode_change(const Entry& entry, const std::string& marker, int64_t usn) {
  ChangedObject change;
  const auto guid = model::Guid::decode(entry.first(attribute::object_guid).value_or(""));
  if (!guid) {
    change.container = true;
    return change;
  }
  change.guid = *guid;
  if (const auto bytes = entry.first(attribute::object_sid))
    if (auto sid = model::Sid::decode(*bytes)) change.sid = std::move(*sid);
  change.sam_account_name = entry.first(attribute::sam_account_name).value_or("");
  if (const auto text = entry.first(marker)) change.marker = *text;
  change.deleted = equal_folded(entry.first("isDeleted").value_or(""), "TRUE");
  change.created = number(entry, "uSNCreated").value_or(0) > usn;
  change.container = is_container(entry);
  return change;
}

/// Who is bound, as far as it decides what he may read: his own SID and those of his groups. A token holds
/// others, too, that each logon has of its own.
std::string identity(const Entry& root) {
  std::set<std::string> sids;
  if (const auto* token = root.find("tokenGroups"))
    for (const auto& value : token->values) {
      const auto sid = model::Sid::decode(value);
      if (!sid || sid->authority != 5 || sid->sub_authorities.empty()) continue;
      const uint32_t kind = sid->sub_authorities.front();
      if (kind == 21 || kind == 32) sids.insert(sid->text());  // of a domain; built-in ([MS-DTYP] 2.4.2.4)
    }
  std::string all;
  for (const auto& sid : sids) all += sid + "\n";
  return sha256(all);
}

}  // namespace

Result<std::optional<int64_t>> latest_change(ldap::Reader& transport) {
  if (transport.peer().starts_with("ldif:")) return std::nullopt;
  return number(GMSACTL_TRY(ldap::read(transport, "", {highest_usn})), highest_usn);
}

Result<model::DirectoryPosition> position(Session& session) {
  GMSACTL_TRY(require_server(session));
  auto& transport = session.transport();
  const Entry root = GMSACTL_TRY(ldap::read(transport, "", {highest_usn, "currentTime", "tokenGroups"}));
  model::DirectoryPosition position;
  position.server = session.root_dse().first("dnsHostName").value_or("");
  position.server_time = filetime(root.first("currentTime").value_or(""));
  position.usn = GMSACTL_TRY(committed(root));
  position.observer = identity(root);

  const std::string settings(session.root_dse().first("dsServiceName").value_or(""));
  if (settings.empty()) return fail(not_told("its dsServiceName"));
  const Entry service = GMSACTL_TRY(ldap::read(transport, settings, {"invocationId"}));
  const auto id = model::Guid::decode(service.first("invocationId").value_or(""));
  if (!id) return fail(not_told("its invocationId"));
  position.invocation_id = *id;
  return position;
}

Result<bool> sees_deleted(Session& session) {
  const std::string container =
      std::string("<WKGUID=") + deleted_objects_guid + "," + domain_of(session) + ">";
  // Who may not read the container may still learn that it exists.
  auto entry = ldap::read(session.transport(), container, {"isDeleted"}, {{show_deleted, true, {}}});
  if (entry) return entry->find("isDeleted") != nullptr;
  if (entry.error().kind == ErrorKind::not_found || entry.error().kind == ErrorKind::denied) return false;
  return fail(std::move(entry).error());
}

Result<std::vector<ChangedObject>> changed_since(Session& session, int64_t usn, int64_t latest) {
  auto& transport = session.transport();
  const std::string& marker = session.environment().marker_attribute;
  std::map<model::Guid, ChangedObject> changes;
  const auto search = [&](std::string filter) {
    ldap::SearchRequest request;
    request.base = domain_of(session);
    request.filter = std::move(filter);
    request.attributes = {attribute::object_class,
                          attribute::object_guid,
                          attribute::object_sid,
                          attribute::sam_account_name,
                          "isDeleted",
                          "uSNCreated",
                          marker};
    request.controls = {{show_deleted, true, {}}};
    return transport.search(request, [&](Entry&& entry) {
      auto change = decode_change(entry, marker, usn);
      changes.insert_or_assign(change.guid, std::move(change));
      return true;
    });
  };
  for (int64_t asked = usn; asked < latest;) {
    if (latest - usn > most_numbers) {
      GMSACTL_TRY(search("(uSNChanged>=" + std::to_string(usn + 1) + ")"));
      break;
    }
    std::string filter = "(|";
    while (asked < latest) filter += "(uSNChanged=" + std::to_string(++asked) + ")";
    GMSACTL_TRY(search(filter + ")"));
    // What has changed again in the meantime was not found, and has a higher number by now.
    latest = GMSACTL_TRY(committed(GMSACTL_TRY(ldap::read(transport, "", {highest_usn}))));
  }
  std::vector<ChangedObject> all;
  all.reserve(changes.size());
  for (auto& [guid, change] : changes) all.push_back(std::move(change));
  return all;
}

Result<void> watch(Session& session, const std::function<void()>& on_change, std::stop_token stop) {
  ldap::SearchRequest request;
  request.base = domain_of(session);
  request.filter = "(objectClass=*)";
  request.attributes = {attribute::object_guid};
  request.controls = {{notification, true, {}}, {show_deleted, true, {}}};
  return session.transport().watch(
      request,
      [&](Entry&&) {
        on_change();
        return true;
      },
      std::move(stop));
}

}  // namespace gmsactl::directory
