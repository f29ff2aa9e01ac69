#include "engine/report/watch_events.h"

#include <gmsactl/version.h>

#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/report/drift_text.h"
#include "engine/report/json_values.h"

namespace gmsactl::report {

namespace {

constexpr std::string_view field_indent = "    ";

std::string sentence(const WatchEvents::Moment& moment, std::string_view text) {
  return moment.time + " " + printable(moment.environment) + ": " + std::string(text) + "\n";
}

std::string line(std::string_view type, const WatchEvents::Moment& moment, const Json& more) {
  Json event;
  event["type"] = type;
  event["time"] = moment.time;
  event["environment"] = moment.environment;
  event.update(more);
  return line_text(event);
}

Json counts_json(const DriftCounts& counts) {
  return {{"drifted", counts.drifted}, {"pending", counts.pending},      {"both", counts.both},
          {"new", counts.fresh},       {"unknown", counts.unknown},      {"accepted", counts.accepted},
          {"inSync", counts.in_sync},  {"unreadable", counts.unreadable}};
}

}  // namespace

std::string WatchEvents::opening() const {
  if (format_ == Format::text) return {};
  return line_text({{"type", "version"}, {"formatVersion", format_version}, {"tool", tool_json(version)}});
}

std::string WatchEvents::watching(const Moment& moment, const model::Plan& plan) const {
  const auto counts = count_drift(plan);
  if (format_ == Format::text)
    return sentence(moment, "watching " + printable(plan.domain) + " at " + printable(plan.server) + ". " +
                                drift_counts_text(counts));
  return line("watching", moment,
              {{"domain", plan.domain}, {"server", plan.server}, {"counts", counts_json(counts)}});
}

std::string WatchEvents::different(const Moment& moment, const model::Change& change) const {
  if (format_ == Format::jsonl) return line("different", moment, {{"change", change_json(change)}});
  std::string text = sentence(moment, printable(model::address(change.id)) + " " + drift_line(change));
  if (change.action == model::Action::create) return text;
  for (const auto& field : change.fields) text += std::string(field_indent) + drift_line(field) + "\n";
  return text;
}

std::string WatchEvents::in_sync(const Moment& moment, const model::ResourceId& id) const {
  if (format_ == Format::jsonl) return line("inSync", moment, {{"address", model::address(id)}});
  return sentence(moment, printable(model::address(id)) + " is in sync again");
}

std::string WatchEvents::unreadable(const Moment& moment, const model::UnreadableResource& resource) const {
  if (format_ == Format::jsonl)
    return line("unreadable", moment,
                {{"address", model::address(resource.id)}, {"error", error_json(resource.why)}});
  return sentence(
      moment, printable(model::address(resource.id)) + " can't be read: " + printable(resource.why.message));
}

std::string WatchEvents::counts(const Moment& moment, const model::Plan& plan) const {
  const auto counts = count_drift(plan);
  if (format_ == Format::jsonl) return line("counts", moment, {{"counts", counts_json(counts)}});
  return sentence(moment, drift_counts_text(counts));
}

std::string WatchEvents::lost(const Moment& moment, const Error& why) const {
  if (format_ == Format::jsonl) return line("lost", moment, {{"error", error_json(why)}});
  return sentence(moment, "connection lost: " + printable(why.message));
}

}  // namespace gmsactl::report
