#include "providers/transport/kubernetes/exec_plugin.h"

#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "providers/transport/process/child.h"

namespace gmsactl::kubernetes {

namespace {

constexpr size_t longest_output = size_t{1} << 20;

process::Command command_of(const ExecPlugin& plugin) {
  process::Command command{plugin.command, plugin.arguments, plugin.environment};
  // As kubectl does it: a path is relative to the kubeconfig, a bare name is looked up in PATH.
  if (command.program.find('/') != std::string::npos && !command.program.starts_with('/'))
    command.program = plugin.folder + "/" + command.program;
  const nlohmann::json info{
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  command.environment.emplace_back("KUBERNETES_EXEC_INFO", info.dump());
  return command;
}

Result<std::string> run(const ExecPlugin& plugin, std::chrono::milliseconds timeout) {
  auto finished = process::run_to_end(command_of(plugin), {}, longest_output, timeout);
  if (!finished) {
    auto error = std::move(finished).error();
    error.message.insert(0, "the credential plug-in ");
    if (error.kind != ErrorKind::timeout && error.kind != ErrorKind::corrupt) {
      error.kind = ErrorKind::unauthenticated;
      error.hint = plugin.install_hint;
    }
    return fail(std::move(error));
  }
  if (finished->exit_code != 0)
    return fail(ErrorKind::unauthenticated, "the credential plug-in " + printable(plugin.command) + " failed",
                "What it has to say stands above.");
  return std::move(finished->output);
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
