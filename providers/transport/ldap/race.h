// Which of many LDAP servers answer, asked at the same time: those that drop packets or accept and then stay
// silent cost nobody their time-outs. The better ones have a head start. Nobody is bound and no password is
// sent. Called by providers/directory to choose a controller.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::ldap {

struct Candidate {
  std::string url;                     ///< ldap://host[:port] or ldaps://…
  std::vector<std::string> addresses;  ///< IP addresses; none: it fails at once
};

struct RaceOptions {
  std::string domain;  ///< not empty: controllers are also pinged by UDP, and read-only ones left out
  std::chrono::milliseconds head_start{400};  ///< of the first before the second
  std::chrono::milliseconds stagger{20};      ///< between any two after it
  std::chrono::milliseconds timeout{10'000};  ///< of one server
  /// Called about once a second where it takes longer than that: how many have answered of how many.
  std::function<void(size_t answered, size_t asked)> waiting = {};
};

class Race {
 public:
  /// In the order of preference.
  Race(std::vector<Candidate> candidates, RaceOptions options);
  ~Race();
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  struct Winner {
    size_t candidate = 0;
    std::string address;
  };
  /// The next that answers, each candidate once; nothing when none is left. Blocks.
  std::optional<Winner> next();
  /// Why a candidate did not answer; nothing for one that did or that is still asked.
  std::optional<Error> failure(size_t candidate) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gmsactl::ldap
