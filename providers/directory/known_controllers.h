// What one run has learned about domain controllers, shared by its environments: which do not answer, so that
// nobody waits for them twice, which was chosen for a domain, and which credentials were refused.
// Thread-safe. Made by engine/cli, one a run.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/error.h"

namespace gmsactl::directory {

class KnownControllers {
 public:
  /// A server is taken for dead for this long, so that `watch` comes back to one that was only restarted.
  static constexpr auto dead_for = std::chrono::minutes(5);

  void set_dead(const std::string& url);
  bool is_dead(const std::string& url) const;
  void set_alive(const std::string& url);

  /// `domain` is folded.
  void choose(const std::string& domain, const std::string& url);
  /// Empty where none has been.
  std::string chosen(const std::string& domain) const;

  /// `who` is a user with what proves it, as one text. Each refusal counts towards locking the account.
  void refuse(const std::string& who, Error why);
  std::optional<Error> refusal(const std::string& who) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> dead_;
  std::map<std::string, std::string> chosen_;
  std::map<std::string, Error> refused_;
};

}  // namespace gmsactl::directory
