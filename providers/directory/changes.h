// What a domain controller tells of its own changes: the number of the latest, the objects changed since a
// number, and a search that stays open. Internal to providers/directory; the seam's contracts are in
// engine/ports/change_feed.h.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/directory_changes.h"
#include "providers/directory/session.h"

namespace gmsactl::directory {

/// The current highestCommittedUSN; empty if the server does not report one (an LDIF file never does).
[[nodiscard]] Result<std::optional<int64_t>> latest_change(ldap::Reader& transport);
[[nodiscard]] Result<model::DirectoryPosition> position(Session& session);
[[nodiscard]] Result<bool> sees_deleted(Session& session);
[[nodiscard]] Result<std::vector<model::ChangedObject>> changed_since(Session& session, int64_t usn,
                                                                      int64_t latest);
[[nodiscard]] Result<void> watch(Session& session, const std::function<void()>& on_change,
                                 std::stop_token stop);

}  // namespace gmsactl::directory
