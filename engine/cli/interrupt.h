// SIGINT and SIGTERM. While nothing is being written the program ends at once; while something is, the first
// signal lets what is under way finish and begins nothing new, a second one ends the program. A command that
// runs until it is interrupted ends in order at the first.
#pragma once

#include <stop_token>

namespace gmsactl::cli {

/// Before any other thread starts, so that all of them leave these signals to the one that waits for them.
void watch_signals();
/// Requested by the first signal.
std::stop_token stop_requested();

/// While one of these lives, what is under way is finished.
class Writing {
 public:
  Writing();
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
};

/// While one of these lives, an interruption is how the command is meant to end.
class Endless {
 public:
  Endless();
  ~Endless();
  Endless(const Endless&) = delete;
  Endless& operator=(const Endless&) = delete;
};

}  // namespace gmsactl::cli
