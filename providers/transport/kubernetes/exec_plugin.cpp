#include "providers/transport/kubernetes/exec_plugin.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"

namespace gmsactl::kubernetes {

namespace {

constexpr size_t longest_output = size_t{1} << 20;

struct Pipe {
  int read = -1;
  int write = -1;
  ~Pipe() {
    if (read >= 0) close(read);
    if (write >= 0) close(write);
  }
};

std::vector<std::string> environment_of(const ExecPlugin& plugin) {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  for (const auto& [name, value] : plugin.environment) variables.push_back(name + "=" + value);
  const nlohmann::json info{
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  variables.push_back("KUBERNETES_EXEC_INFO=" + info.dump());
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// The program's output until it ends; nothing where it takes too long or prints too much.
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

Result<std::string> run(const ExecPlugin& plugin, std::chrono::milliseconds timeout) {
  std::string command = plugin.command;
  // As kubectl does it: a path is relative to the kubeconfig, a bare name is looked up in PATH.
  if (command.find('/') != std::string::npos && !command.starts_with('/'))
    command = plugin.folder + "/" + command;
  Pipe out;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorKind::internal, "no pipe can be made");
  out.read = ends[0];
  out.write = ends[1];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  std::vector<std::string> words{command};
  words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());
  auto variables = environment_of(plugin);
  pid_t pid = 0;
  const int spawned = posix_spawnp(&pid, command.c_str(), &actions, nullptr, pointers(words).data(),
                                   pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0)
    return fail(
        ErrorKind::unauthenticated,
        "the credential plug-in " + printable(plugin.command) + " can't be run: " + std::strerror(spawned),
        plugin.install_hint);
  close(std::exchange(out.write, -1));
  auto output = read_all(out.read, timeout);
  if (!output) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!output)
    return fail(ErrorKind::timeout,
                "the credential plug-in " + printable(plugin.command) + " did not end in time");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(ErrorKind::unauthenticated, "the credential plug-in " + printable(plugin.command) + " failed",
                "What it has to say stands above.");
  return std::move(*output);
}

}  // namespace

Result<void> run_exec_plugin(const ExecPlugin& plugin, Login& login, std::chrono::milliseconds timeout) {
  const std::string output = GMSACTL_TRY(run(plugin, timeout));
  const auto json = nlohmann::json::parse(output, nullptr, false);
  const auto status = json.is_object() ? json.find("status") : json.end();
  if (!json.is_object() || status == json.end() || !status->is_object())
    return fail(ErrorKind::corrupt,
                "the credential plug-in " + printable(plugin.command) + " printed no ExecCredential");
  const auto text = [&](const char* key) {
    const auto found = status->find(key);
    return found != status->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (auto token = text("token"); !token.empty()) login.token = Secret(std::move(token));
  if (auto certificate = text("clientCertificateData"); !certificate.empty()) {
    login.cert_data = std::move(certificate);
    login.key_data = Secret(text("clientKeyData"));
  }
  if (login.token.empty() && login.cert_data.empty())
    return fail(ErrorKind::unauthenticated, "the credential plug-in " + printable(plugin.command) +
                                                " gave neither a token nor a certificate");
  return {};
}

}  // namespace gmsactl::kubernetes
