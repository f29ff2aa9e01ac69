#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/modifications.h"
#include "providers/directory/protection.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using model::LiveGmsa;
using model::LiveGroup;
using model::Outcome;
using model::RemovalChange;

namespace {

/// Equal but for the marker: an earlier attempt may have set that already.
template <class Live>
bool same_but_marker(Live a, const Live& b) {
  a.marker = b.marker;
  a.unread = b.unread;  // what did not come is not asked about a second time
  return a == b;
}

constexpr char changed[] = "somebody else changed it after it was planned, so it was not deleted";

}  // namespace

bool Writer::remove_object(const model::Change& change, const RemovalChange& detail, Steps& steps) {
  const std::string object = guid_dn(change.guid);
  const auto read = [&]() -> Result<std::variant<LiveGroup, LiveGmsa>> {
    if (std::holds_alternative<LiveGroup>(detail.live)) return GMSACTL_TRY(read_group(object));
    return GMSACTL_TRY(read_account(object));
  };
  auto now = read();
  if (!now && now.error().kind != ErrorKind::not_found) return steps.fail_with(std::move(now).error());
  if (!now) {
    steps.finish(Outcome::already_done);
    return true;
  }
  const bool same = std::visit(
      [&](const auto& planned) {
        return same_but_marker(std::get<std::decay_t<decltype(planned)>>(*now), planned);
      },
      detail.live);
  const auto marker_of_live = [](const auto& live) {
    return std::visit([](const auto& each) { return each.marker; }, live);
  };
  const auto live_marker = marker_of_live(*now);
  const bool marked = live_marker == detail.marker;
  if (!same || (!marked && live_marker != marker_of_live(detail.live))) return steps.conflict(changed);
  // Asked before the mark is set, so that nothing at all is written to what can't be deleted.
  if (const auto kept = is_protected(transport_, change.dn); kept && *kept)
    return steps.fail_with({ErrorKind::denied,
                            "it is protected from accidental deletion, so it was not deleted",
                            lift_protection(change.dn), std::nullopt});
  if (!marked) {
    // Deleting knows no compare and swap. The marker does: whoever plans with gmsactl meets it from here on.
    auto begun = swap(object, marker_modifications(live_marker, detail.marker, marker_), detail.marker);
    if (!begun) {
      if (begun.kind == Fate::refused && begun.error->kind == ErrorKind::conflict)
        return steps.conflict(changed);
      return steps.fail_with(std::move(begun), "whether it was marked as being deleted");
    }
    steps.wrote("marked as being deleted");
  }
  auto fate = transport_.carry_out(
      [&]() -> Result<void> {
        auto removed = transport_.remove(object);
        // Somebody else's doing, or ours whose answer was lost.
        if (!removed && removed.error().kind == ErrorKind::not_found) return {};
        return removed;
      },
      [&]() -> Result<bool> { return !GMSACTL_TRY(exists(object)); });
  if (fate) {
    steps.wrote("deleted " + change.guid.text());
    if (const auto* account = std::get_if<LiveGmsa>(&detail.live))
      note_freed(account->service_principal_names);
    return true;
  }
  if (fate.kind == Fate::unknown) return steps.fail_with(std::move(fate), "whether it was deleted");
  Error error = refused_removal(std::move(*fate.error), change.dn);
  // Marked by an earlier run, it was so when planned, and stays so.
  if (!marked) {
    if (swap(object, marker_modifications(detail.marker, live_marker, marker_), live_marker.value_or("")))
      steps.wrote("the mark taken back");
    else
      error.message += "; it is still marked as being deleted, which the next apply settles";
  }
  return steps.fail_with(std::move(error));
}

}  // namespace gmsactl::directory
