#include "providers/transport/kubernetes/exec_plugin.h"

#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "providers/transport/process/child.h"
#include "providers/transport/process/descriptor.h"

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
  const std::string what = "the credential plug-in " + printable(plugin.command);
  auto out = GMSACTL_TRY(process::make_pipe());
  const std::array handovers{process::Handover{out.write.get(), STDOUT_FILENO}};
  auto child = process::Child::start(command_of(plugin), handovers);
  if (!child)
    return fail(ErrorKind::unauthenticated, "the credential plug-in " + child.error().message,
                plugin.install_hint);
  out.write.reset();
  std::string output;
  const std::array sources{process::Source{out.read.get(), &output, longest_output}};
  const auto end = std::chrono::steady_clock::now() + timeout;
  if (process::read_until(sources, end, [] { return false; }) == process::Reading::late)
    return fail(ErrorKind::timeout, what + " did not end in time");
  if (output.size() > longest_output) return fail(ErrorKind::corrupt, what + " printed too much");
  if (child->wait() != 0)
    return fail(ErrorKind::unauthenticated, what + " failed", "What it has to say stands above.");
  return output;
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
