// What watch prints, event by event: lines for people, or one JSON document a line (docs/drift.md). Each text
// ends with a line feed.
#pragma once

#include <string>

#include "engine/model/plan.h"

namespace gmsactl::report {

class WatchEvents {
 public:
  enum class Format { text, jsonl };
  explicit WatchEvents(Format format) : format_(format) {}

  /// When, "2026-01-31T12:00:00Z", and in which environment.
  struct Moment {
    std::string time;
    std::string environment;
  };

  /// The first of a stream; nothing in text.
  std::string opening() const;
  /// After everything was looked at, and from here on changes are told.
  std::string watching(const Moment& moment, const model::Plan& plan) const;
  std::string different(const Moment& moment, const model::Change& change) const;
  std::string in_sync(const Moment& moment, const model::ResourceId& id) const;
  std::string unreadable(const Moment& moment, const model::UnreadableResource& resource) const;
  /// How many of each there are now.
  std::string counts(const Moment& moment, const model::Plan& plan) const;
  /// The connection; everything is looked at again once there is another one.
  std::string lost(const Moment& moment, const Error& why) const;

 private:
  Format format_;
};

}  // namespace gmsactl::report
