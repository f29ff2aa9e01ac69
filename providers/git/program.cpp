#include "providers/git/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace gmsactl::git {

namespace {

constexpr size_t longest_output = size_t{1} << 20;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { shut(); }
  int number() const { return number_; }
  void shut() {
    if (number_ >= 0) close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

/// Until the program ends; nothing where that takes too long or it prints too much.
std::optional<std::string> read_all(int from, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  std::string output;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd waiting{from, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got == 0) return output;
    if (got < 0) return std::nullopt;
    output.append(buffer.data(), static_cast<size_t>(got));
    if (output.size() > longest_output) return std::nullopt;
  }
}

}  // namespace

Result<Finished> run_program(std::vector<std::string> words, const std::string& input,
                             std::chrono::milliseconds timeout) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorKind::internal, "no pipe can be made");
  const Descriptor output(ends[0]);
  Descriptor output_of_program(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_of_program.number(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int failure = posix_spawnp(&pid, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    return fail(failure == ENOENT ? ErrorKind::not_found : ErrorKind::internal,
                words.front() + " can't be run: " + std::strerror(failure));
  output_of_program.shut();
  auto printed = read_all(output.number(), timeout);
  if (!printed) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!printed) return fail(ErrorKind::timeout, words.front() + " did not end in time");
  return Finished{WIFEXITED(status) && WEXITSTATUS(status) == 0, std::move(*printed)};
}

}  // namespace gmsactl::git
