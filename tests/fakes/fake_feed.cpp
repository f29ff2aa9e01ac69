#include "tests/fakes/fake_feed.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace gmsactl::fakes {

using model::ChangedObject;
using model::Guid;

FakeFeed::FakeFeed(FakeWorld& world) : world_(world) {
  at.server = world.facts.server;
  at.invocation_id.bytes[0] = 7;
  at.server_time = world.facts.server_time;
  at.observer = "me";
  number_changes();
}

bool FakeFeed::exists(const Guid& guid) const {
  return world_.accounts.contains(guid) || world_.groups.contains(guid) || world_.objects.contains(guid);
}

std::set<Guid> FakeFeed::members_of(const model::LiveGroup& group) const {
  std::set<Guid> members;
  const auto add = [&](const model::Identity& id) {
    if (std::any_of(group.members.begin(), group.members.end(),
                    [&](const std::string& dn) { return model::dn_key(dn) == id.dn.key(); }))
      members.insert(id.guid);
  };
  for (const auto& [guid, live] : world_.accounts) add(live.id);
  for (const auto& [guid, live] : world_.groups) add(live.id);
  for (const auto& [guid, object] : world_.objects) add(object.principal.id);
  return members;
}

void FakeFeed::note(const model::Identity& id, const std::string& sam,
                    const std::optional<std::string>& marker, const std::string& content,
                    std::set<Guid> members) {
  const auto [place, fresh] = entries_.try_emplace(id.guid);
  Entry& entry = place->second;
  // A link to an object that is gone goes with it, and nobody counts that.
  std::erase_if(entry.members, [&](const Guid& member) { return !exists(member); });
  const std::string all = id.dn.key() + "\n" + sam + "\n" + marker.value_or("(none)") + "\n" + content;
  if (!fresh && entry.content == all && entry.members == members) return;
  entry.object = {id.guid, id.sid, sam, marker, false, false, false};
  entry.content = all;
  entry.members = std::move(members);
  entry.usn = ++usn_;
  if (fresh) entry.created = entry.usn;
}

void FakeFeed::number_changes() {
  for (const auto& [guid, live] : world_.accounts)
    note(live.id, live.sam_account_name, live.marker,
         live.dns_host_name.value_or("") + "\n" + join(live.service_principal_names, ",") + "\n" +
             live.group_msa_membership.value_or("") + "\n" +
             std::to_string(live.encryption_types.value_or(0)) + "\n" +
             std::to_string(live.user_account_control) + "\n" + live.description.value_or(""),
         {});
  for (const auto& [guid, live] : world_.groups)
    note(live.id, live.sam_account_name, live.marker,
         std::to_string(live.group_type) + "\n" + live.description.value_or(""), members_of(live));
  for (const auto& [guid, object] : world_.objects)
    note(object.principal.id, object.principal.sam_account_name, std::nullopt,
         join(object.service_principal_names, ","), {});
  for (auto& [guid, entry] : entries_)
    if (!exists(guid) && !entry.object.deleted) {
      entry.object.deleted = true;
      entry.usn = ++usn_;
    }
}

Result<model::DirectoryPosition> FakeFeed::position() {
  if (no_position) return fail(*no_position);
  number_changes();
  model::DirectoryPosition position = at;
  position.usn += usn_;
  return position;
}

Result<std::vector<ChangedObject>> FakeFeed::changed_since(int64_t usn, int64_t /*latest*/) {
  ++asked;
  std::vector<ChangedObject> changes = std::exchange(more, {});
  for (const auto& [guid, entry] : entries_) {
    if (entry.usn + at.usn <= usn) continue;
    changes.push_back(entry.object);
    changes.back().created = entry.created + at.usn > usn;
  }
  return changes;
}

}  // namespace gmsactl::fakes
