// Programs that can do what no library here can, run as children: no shell, nothing asked on a terminal, and
// none left behind. Knows no program. Called by transports that talk to one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::process {

struct Command {
  std::string program;  ///< a path, or a name that is looked up in PATH
  std::vector<std::string> arguments;
  /// Name and value, added to our own variables or in place of one.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// A descriptor of ours, and the number that the child knows it by.
struct Handover {
  int ours;
  int theirs;
};

/// Killed, by its number and no other, when the value goes.
class Child {
 public:
  /// Unless handed over, its standard input is empty and what it prints goes where ours does. In a session of
  /// its own, so that Ctrl-C is ours to answer and there is no terminal to ask on. `not_found` where there is
  /// no such program.
  [[nodiscard]] static Result<Child> start(const Command& command, std::span<const Handover> handovers);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Child& operator=(Child&&) = delete;
  ~Child();

  /// Waits for its end: the exit code, or nothing where a signal ended it.
  std::optional<int> wait();

 private:
  explicit Child(pid_t pid) : pid_(pid) {}

  pid_t pid_;
};

/// Where bytes come from and go to. Of those past `limit` one is kept, as a sign, and the others are dropped.
struct Source {
  int from;
  std::string* into;
  size_t limit;
};

enum class Reading { enough, ended, late };

/// Reads from all sources until `is_enough` and nothing more waits to be read, until all of them have ended,
/// or until the time is over.
Reading read_until(std::span<const Source> sources, std::chrono::steady_clock::time_point end,
                   const std::function<bool()>& is_enough);

struct Finished {
  std::optional<int> exit_code;  ///< nothing where a signal ended it
  std::string output;
};

/// Runs the program to its end and keeps what it prints on standard output, where `handovers` say nothing of
/// it. not_found where there is no such program, timeout where it was killed because it took longer, corrupt
/// where it printed more than `limit` bytes.
[[nodiscard]] Result<Finished> run_to_end(const Command& command, std::span<const Handover> handovers,
                                          size_t limit, std::chrono::milliseconds timeout);

}  // namespace gmsactl::process
