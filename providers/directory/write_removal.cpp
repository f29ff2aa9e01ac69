#include "providers/directory/decode.h"
#include "providers/directory/modifications.h"
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
  return a == b;
}

Error changed() {
  return {ErrorKind::conflict, "somebody else changed it after it was planned, so it was not deleted",
          "Plan again and review the difference.", std::nullopt};
}

}  // namespace

bool Writer::remove_object(const model::Change& change, const RemovalChange& detail, Steps& steps) {
  const std::string object = guid_dn(change.guid);
  const auto read = [&]() -> Result<std::variant<LiveGroup, LiveGmsa>> {
    if (std::holds_alternative<LiveGroup>(detail.live)) return GMSACTL_TRY(read_group(object));
    return GMSACTL_TRY(read_account(object));
  };
  const auto gone = [&](const Error& error) { return error.kind == ErrorKind::not_found; };
  auto now = read();
  if (!now && !gone(now.error())) return steps.fail_with(std::move(now).error());
  if (!now) {
    steps.finish(Outcome::already_done);
    return true;
  }
  const bool same = std::visit(
      [&](const auto& planned) {
        return same_but_marker(std::get<std::decay_t<decltype(planned)>>(*now), planned);
      },
      detail.live);
  const auto marker_of = [](const auto& live) {
    return std::visit([](const auto& each) { return each.marker; }, live);
  };
  const auto live_marker = marker_of(*now);
  const bool marked = live_marker == detail.marker;
  if (!same || (!marked && live_marker != marker_of(detail.live)))
    return steps.fail_with(changed(), Outcome::conflict);
  if (!marked) {
    // Deleting knows no compare and swap. The marker does: whoever plans with gmsactl meets it from here on.
    auto begun = transport_.modify(object, marker_modifications(live_marker, detail.marker, marker_));
    if (!begun && begun.error().kind == ErrorKind::conflict)
      return steps.fail_with(changed(), Outcome::conflict);
    if (!begun) return steps.fail_with(std::move(begun).error());
    steps.wrote("marked as being deleted");
  }
  auto removed = transport_.remove(object);
  if (!removed) {
    auto after = outcome_unknown(removed.error()) ? read() : std::move(now);
    if (after || !gone(after.error()))
      return steps.fail_with(std::move(removed).error(), after ? Outcome::failed : Outcome::unknown);
  }
  steps.wrote("deleted " + change.guid.text());
  return true;
}

}  // namespace gmsactl::directory
