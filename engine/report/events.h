// A run as a stream of events: one JSON object a line, written as things happen, so that a program can follow
// an apply and still has what happened when the run is killed. Described by schemas/events.schema.json and
// docs/reports.md. It is an EventSink, so an apply reports to it directly; what was planned is told to it by
// the caller. Thread-safe.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/ports/provider.h"
#include "engine/report/render.h"

namespace gmsactl::report {

class EventStream final : public ports::EventSink {
 public:
  /// "2026-01-31T12:00:00.250Z", called for each line.
  using Stamp = std::function<std::string()>;

  /// Writes the first line, which tells the versions.
  EventStream(std::ostream& out, Stamp stamp, const std::string& tool_version = version);
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Diagnostics, planned changes, what is unreadable, and a summary.
  void planned(Command command, const EnvironmentReport& environment);

  /// What follows is about applying this environment's plan.
  void begin(const model::Plan& plan);
  /// At most a hundred of a phase.
  void progress(std::string_view phase, size_t done, size_t total) override;
  void change_started(const model::Change& change) override;
  void change_finished(const model::Change& change, const model::ChangeResult& result) override;
  /// The changes that were never begun, those that ended otherwise than was told, since what was written
  /// could not be made durable, and a summary.
  void end(const EnvironmentReport& environment);

 private:
  void write(std::string_view type, std::string_view level, const std::string& message,
             const nlohmann::ordered_json& body);
  void result(const model::Change& change, const model::ChangeResult& result);

  std::ostream& out_;
  const Stamp stamp_;
  std::mutex mutex_;
  std::string environment_;
  std::map<model::ResourceId, model::Outcome> told_;  ///< of this environment
  std::string phase_;
  size_t percent_ = 0;
};

}  // namespace gmsactl::report
