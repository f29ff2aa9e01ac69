#include "providers/transport/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/text.h"
#include "providers/transport/process/descriptor.h"

namespace gmsactl::process {

namespace {

/// Above all numbers that a child knows a descriptor by, so that moving one there overwrites none still to be
/// moved.
constexpr int out_of_the_way = 64;

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() { posix_spawnattr_init(&attributes_); }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// We block and ignore signals that a child should die of.
void set_apart(posix_spawnattr_t* attributes) {
  sigset_t none;
  sigset_t ours;
  sigemptyset(&none);
  sigemptyset(&ours);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&ours, signal);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &ours);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const std::string_view name = variable.substr(0, variable.find('='));
    const bool replaced = std::any_of(command.environment.begin(), command.environment.end(),
                                      [&](const auto& added) { return added.first == name; });
    if (!replaced) variables.emplace_back(variable);
  }
  for (const auto& [name, value] : command.environment) variables.emplace_back(name + '=').append(value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list(texts.size() + 1);  // ends with a null pointer
  std::transform(texts.begin(), texts.end(), list.begin(), [](std::string& text) { return text.data(); });
  return list;
}

}  // namespace

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorKind::internal, std::string("no pipe can be made: ") + std::strerror(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<Child> Child::start(const Command& command, std::span<const Handover> handovers) {
  FileActions actions;
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  std::vector<Descriptor> moved;
  for (const auto& [ours, theirs] : handovers) {
    moved.emplace_back(fcntl(ours, F_DUPFD_CLOEXEC, out_of_the_way));
    if (moved.back().get() < 0)
      return fail(ErrorKind::internal, std::string("no file descriptor is left: ") + std::strerror(errno),
                  "Raise the limit (ulimit -n), or lower --parallelism");
    posix_spawn_file_actions_adddup2(actions.get(), moved.back().get(), theirs);
  }
  Attributes attributes;
  set_apart(attributes.get());
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  auto variables = environment_of(command);
  pid_t pid = 0;
  const int failure = posix_spawnp(&pid, command.program.c_str(), actions.get(), attributes.get(),
                                   pointers(words).data(), pointers(variables).data());
  if (failure != 0)
    return fail(failure == ENOENT ? ErrorKind::not_found : ErrorKind::internal,
                printable(command.program) + " can't be run: " + std::strerror(failure));
  return Child(pid);
}

Child::~Child() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  (void)wait();
}

std::optional<int> Child::wait() {
  int status = 0;
  const pid_t pid = std::exchange(pid_, 0);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

Reading read_until(std::span<const Source> sources, std::chrono::steady_clock::time_point end,
                   const std::function<bool()>& is_enough) {
  std::vector<pollfd> waiting;
  for (const auto& source : sources) waiting.push_back({source.from, POLLIN, 0});
  std::array<char, 65536> buffer{};
  for (;;) {
    const bool enough = is_enough();
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return enough ? Reading::enough : Reading::late;
    const int patience = enough ? 0 : static_cast<int>(std::min<long long>(left, 3'600'000));
    const int ready = poll(waiting.data(), waiting.size(), patience);
    if (ready < 0 && errno != EINTR) return Reading::ended;
    if (ready == 0 && enough) return Reading::enough;
    for (size_t i = 0; ready > 0 && i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      const ssize_t got = read(waiting[i].fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        waiting[i].fd = -1;  // poll passes over it
        continue;
      }
      std::string& into = *sources[i].into;
      const size_t room = sources[i].limit + 1 - std::min(into.size(), sources[i].limit + 1);
      into.append(buffer.data(), std::min(static_cast<size_t>(got), room));
    }
    if (std::all_of(waiting.begin(), waiting.end(), [](const pollfd& each) { return each.fd < 0; }))
      return Reading::ended;
  }
}

Result<Finished> run_to_end(const Command& command, std::span<const Handover> handovers, size_t limit,
                            std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  auto out = GMSACTL_TRY(make_pipe());
  std::vector<Handover> all(handovers.begin(), handovers.end());
  all.push_back({out.write.get(), STDOUT_FILENO});
  auto child = GMSACTL_TRY(Child::start(command, all));
  out.write.reset();
  Finished finished;
  const std::array sources{Source{out.read.get(), &finished.output, limit}};
  if (read_until(sources, end, [] { return false; }) == Reading::late)
    return fail(ErrorKind::timeout, printable(command.program) + " did not end in time");
  if (finished.output.size() > limit)
    return fail(ErrorKind::corrupt, printable(command.program) + " printed too much");
  finished.exit_code = child.wait();
  return finished;
}

}  // namespace gmsactl::process
