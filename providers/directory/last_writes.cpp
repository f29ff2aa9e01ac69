#include "providers/directory/last_writes.h"

#include <array>

#include "engine/base/text.h"
#include "engine/model/fields.h"
#include "engine/model/replication_metadata.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::AttributeStamp;
using model::Dn;
using model::Guid;

namespace {

constexpr char attribute_metadata[] = "msDS-ReplAttributeMetaData";
constexpr char value_metadata[] = "msDS-ReplValueMetaData";
constexpr char property_metadata[] = "replPropertyMetaData";

// Of what the marker says, under the names that the planner gives it.
constexpr std::array<std::string_view, 6> marker_fields{
    "owner", "metadata.name", "metadata.protect", "deletion", "membership", "servicePrincipalNamesMode"};

using Stamps = std::map<std::string, AttributeStamp, LessFolded>;

/// Of a linked attribute that of the value written last, be it added or removed.
void note_value(Stamps& stamps, const model::LinkValueStamp& value) {
  auto& latest = stamps[value.stamp.attribute];
  if (latest.time <= value.stamp.time) latest = value.stamp;
}

/// Stamps by attribute. XML that can't be read is as good as none: replPropertyMetaData then says the same.
/// `values_unread`: there are values of linked attributes, and none of them could be read.
Stamps stamps_of(const Entry& entry, bool& values_unread) {
  Stamps stamps;
  if (const auto* values = entry.find(attribute_metadata))
    for (const auto& value : values->values)
      if (auto stamp = model::decode_attribute_metadata(value)) stamps.emplace(stamp->attribute, *stamp);
  if (stamps.empty())
    if (const auto bytes = entry.first(property_metadata))
      if (auto decoded = model::decode_property_metadata(*bytes))
        for (auto& stamp : *decoded) stamps.emplace(stamp.attribute, stamp);
  const auto* values = entry.find(value_metadata);
  values_unread = values != nullptr && !values->values.empty();
  if (values != nullptr)
    for (const auto& value : values->values)
      if (const auto decoded = model::decode_value_metadata(value)) {
        note_value(stamps, *decoded);
        values_unread = false;
      }
  return stamps;
}

/// The same in binary, of an object whose XML could not be read.
void add_binary_values(ldap::Reader& transport, const Guid& object, Stamps& stamps) {
  const std::string binary = std::string(value_metadata) + ";binary";
  const auto entry = ldap::read(transport, guid_dn(object), {binary});
  if (!entry) return;
  for (const auto& attribute : entry->attributes)
    if (attribute.name.size() >= sizeof(value_metadata) - 1 &&
        equal_folded(std::string_view(attribute.name).substr(0, sizeof(value_metadata) - 1), value_metadata))
      for (const auto& value : attribute.values)
        if (const auto decoded = model::decode_value_metadata_blob(value)) note_value(stamps, *decoded);
}

/// DNS names of the domain controllers by their invocation ids. The id stands on a controller's nTDSDSA
/// object, the name on the server object that this is the child of ([MS-ADTS] 6.1.1.2.2.1.2.1).
Result<std::map<Guid, std::string>> controllers(ldap::Reader& transport, std::string_view configuration) {
  ldap::SearchRequest request;
  request.base = "CN=Sites," + std::string(configuration);
  request.filter = "(|(objectClass=nTDSDSA)(objectClass=server))";
  request.attributes = {"invocationId", attribute::dns_host_name};
  std::map<std::string, std::string> names;    // by Dn::key() of the server object
  std::map<std::string, Guid> invocation_ids;  // likewise
  auto found = transport.search(request, [&](Entry&& entry) {
    const auto dn = Dn::parse(entry.dn);
    if (!dn) return true;
    if (const auto name = entry.first(attribute::dns_host_name)) names.emplace(dn->key(), *name);
    if (const auto bytes = entry.first("invocationId"))
      if (const auto id = Guid::decode(*bytes)) invocation_ids.emplace(dn->parent().key(), *id);
    return true;
  });
  if (!found && found.error().kind != ErrorKind::not_found) return fail(std::move(found).error());
  std::map<Guid, std::string> by_id;
  for (const auto& [server, id] : invocation_ids)
    if (const auto name = names.find(server); name != names.end()) by_id.emplace(id, name->second);
  return by_id;
}

}  // namespace

std::vector<std::string> metadata_attributes() { return {attribute_metadata, property_metadata}; }

std::map<std::string, AttributeStamp, LessFolded> stamps_of(const Entry& entry) {
  bool values_unread = false;
  return stamps_of(entry, values_unread);
}

Result<model::LastWrites> last_writes(Session& session, std::span<const Guid> objects) {
  model::LastWrites writes;
  if (objects.empty()) return writes;
  auto& transport = session.transport();
  const auto context = session.root_dse().first("configurationNamingContext").value_or("");
  const auto servers = GMSACTL_TRY(controllers(transport, context));
  std::vector<std::string> clauses;
  for (const auto& guid : objects) clauses.push_back(clause(attribute::object_guid, guid.encode()));
  const std::string domain(session.root_dse().first("defaultNamingContext").value_or(""));
  std::map<Guid, Stamps> values_unread;  // asked for once more, after the search: a sink must not ask
  const auto note_fields = [&](const Guid& guid, const Stamps& stamps) {
    auto& of_object = writes[guid];
    const auto note = [&](std::string_view field, std::string_view name) {
      const auto stamp = stamps.find(name);
      if (stamp == stamps.end()) return;
      const auto server = servers.find(stamp->second.invocation_id);
      of_object.insert_or_assign(
          field,
          model::LastWrite{stamp->second.time, server == servers.end() ? std::string() : server->second,
                           stamp->second.version});
    };
    const auto note_rows = [&](const auto& rows) {
      for (const auto& row : rows)
        if (row.mutability != model::Mutability::rule) note(row.key, row.attribute);
    };
    note_rows(model::gmsa_fields);
    note_rows(model::group_fields);
    for (const auto field : marker_fields) note(field, session.environment().marker_attribute);
  };
  const auto take = [&](Entry&& entry) {
    const auto guid = Guid::decode(entry.first(attribute::object_guid).value_or(""));
    if (!guid) return;
    bool unread = false;
    const auto stamps = stamps_of(entry, unread);
    note_fields(*guid, stamps);
    if (unread) values_unread.insert_or_assign(*guid, stamps);
  };
  GMSACTL_TRY(search_any(transport, domain, clauses, "",
                         {attribute::object_guid, property_metadata, attribute_metadata, value_metadata},
                         take));
  for (auto& [guid, stamps] : values_unread) {
    add_binary_values(transport, guid, stamps);
    note_fields(guid, stamps);
  }
  return writes;
}

}  // namespace gmsactl::directory
