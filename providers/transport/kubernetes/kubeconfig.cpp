#include "providers/transport/kubernetes/kubeconfig.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/text.h"
#include "providers/transport/kubernetes/exec_plugin.h"

namespace gmsactl::kubernetes {

namespace {

constexpr std::string_view pod_folder = "/var/run/secrets/kubernetes.io/serviceaccount";

Result<std::string> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream)
    return fail(ErrorKind::not_found, "the file " + path + " can't be read",
                "Check that it exists and may be read");
  return std::move(text).str();
}

std::string text_at(const YAML::Node& node, const char* key) {
  if (!node.IsMap() || !node[key] || !node[key].IsScalar()) return {};
  return node[key].Scalar();
}

/// The entry of `list` that has this name, its part `part`; undefined where there is none.
YAML::Node named(const YAML::Node& list, const std::string& name, const char* part) {
  if (list.IsSequence())
    for (const auto& entry : list)
      if (text_at(entry, "name") == name && entry.IsMap() && entry[part]) return entry[part];
  return YAML::Node(YAML::NodeType::Undefined);
}

Result<std::string> decoded(const YAML::Node& node, const char* key) {
  std::string bytes;
  if (!base64_decode(text_at(node, key), bytes))
    return fail(ErrorKind::corrupt, std::string("the kubeconfig's ") + key + " is not base64");
  return bytes;
}

std::string resolved(const std::string& folder, const std::string& path) {
  return path.empty() ? path : (std::filesystem::path(folder) / path).lexically_normal().string();
}

ExecPlugin exec_of(const YAML::Node& node, const std::string& folder) {
  ExecPlugin plugin;
  plugin.command = text_at(node, "command");
  plugin.api_version = text_at(node, "apiVersion");
  plugin.install_hint = text_at(node, "installHint");
  plugin.folder = folder;
  if (node["args"] && node["args"].IsSequence())
    for (const auto& argument : node["args"])
      if (argument.IsScalar()) plugin.arguments.push_back(argument.Scalar());
  if (node["env"] && node["env"].IsSequence())
    for (const auto& variable : node["env"])
      plugin.environment.emplace_back(text_at(variable, "name"), text_at(variable, "value"));
  return plugin;
}

Result<Login> login_of(const YAML::Node& root, const std::string& folder, const std::string& wanted) {
  if (!root.IsMap()) return fail(ErrorKind::corrupt, "the kubeconfig is no mapping");
  Login login;
  login.context = wanted.empty() ? text_at(root, "current-context") : wanted;
  if (login.context.empty())
    return fail(ErrorKind::invalid, "the kubeconfig names no current context",
                "Name one in SpecTarget.spec.context.");
  const YAML::Node context = named(root["contexts"], login.context, "context");
  if (!context.IsMap())
    return fail(ErrorKind::invalid, "the kubeconfig has no context " + printable(login.context),
                "kubectl config get-contexts lists those that there are.");
  const YAML::Node cluster = named(root["clusters"], text_at(context, "cluster"), "cluster");
  if (!cluster.IsMap() || text_at(cluster, "server").empty())
    return fail(ErrorKind::invalid,
                "the kubeconfig has no cluster " + printable(text_at(context, "cluster")) + " with a server");
  login.server = text_at(cluster, "server");
  while (login.server.ends_with('/')) login.server.pop_back();
  login.ca_file = resolved(folder, text_at(cluster, "certificate-authority"));
  login.ca_data = GMSACTL_TRY(decoded(cluster, "certificate-authority-data"));
  login.tls_server_name = text_at(cluster, "tls-server-name");
  login.insecure = text_at(cluster, "insecure-skip-tls-verify") == "true";
  const YAML::Node user = named(root["users"], text_at(context, "user"), "user");
  if (!user.IsMap()) return login;
  login.cert_file = resolved(folder, text_at(user, "client-certificate"));
  login.cert_data = GMSACTL_TRY(decoded(user, "client-certificate-data"));
  login.key_file = resolved(folder, text_at(user, "client-key"));
  login.key_data = Secret(GMSACTL_TRY(decoded(user, "client-key-data")));
  login.token = Secret(text_at(user, "token"));
  login.token_file = resolved(folder, text_at(user, "tokenFile"));
  if (user["exec"] && user["exec"].IsMap()) login.exec = exec_of(user["exec"], folder);
  return login;
}

Result<Login> pod_login() {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr)
    return fail(ErrorKind::not_found, "there is no kubeconfig",
                "Name one in SpecTarget.spec.kubeconfig or KUBECONFIG, or run in a pod");
  Login login;
  login.context = "pod";
  const std::string name = host;
  login.server = "https://" + (name.find(':') != std::string::npos ? "[" + name + "]" : name) + ":" + port;
  login.ca_file = std::string(pod_folder) + "/ca.crt";
  login.token_file = std::string(pod_folder) + "/token";
  return login;
}

}  // namespace

Result<MemoryFile> MemoryFile::create(const std::string& content) {
  MemoryFile file;
  file.descriptor_ = memfd_create("gmsactl", MFD_CLOEXEC);
  if (file.descriptor_ < 0) return fail(ErrorKind::internal, "no file can be made in memory");
  for (size_t done = 0; done < content.size();) {
    const ssize_t put = write(file.descriptor_, content.data() + done, content.size() - done);
    if (put <= 0) return fail(ErrorKind::internal, "a file in memory can't be written");
    done += static_cast<size_t>(put);
  }
  return file;
}
MemoryFile::MemoryFile(MemoryFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
MemoryFile& MemoryFile::operator=(MemoryFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) close(descriptor_);
}
std::string MemoryFile::path() const {
  return descriptor_ < 0 ? std::string() : "/proc/self/fd/" + std::to_string(descriptor_);
}

Result<Login> parse_kubeconfig(const std::string& text, const std::string& folder,
                               const std::string& context) {
  try {
    return login_of(YAML::Load(text), folder, context);
  } catch (const YAML::Exception& error) {
    return fail(ErrorKind::corrupt, "the kubeconfig is not YAML: line " +
                                        std::to_string(error.mark.line + 1) + ", column " +
                                        std::to_string(error.mark.column + 1));
  }
}

Result<Login> find_login(const std::string& path, const std::string& context) {
  std::string found = path;
  if (found.empty())
    if (const char* variable = std::getenv("KUBECONFIG"))
      for (const auto part : split(variable, ':'))
        if (found.empty() && !part.empty() && std::filesystem::exists(part)) found = part;
  if (const char* home = std::getenv("HOME"); found.empty() && home != nullptr) {
    const std::string usual = std::string(home) + "/.kube/config";
    if (std::filesystem::exists(usual)) found = usual;
  }
  if (found.empty()) return pod_login();
  const std::string text = GMSACTL_TRY(read_file(found));
  auto login = parse_kubeconfig(text, std::filesystem::path(found).parent_path().string(), context);
  if (!login) return fail(std::move(login).error().with_context(found));
  return login;
}

Result<Connection> connect(Login login, std::chrono::milliseconds timeout) {
  if (login.exec) GMSACTL_TRY(run_exec_plugin(*login.exec, login, timeout));
  Connection connection;
  http::Endpoint endpoint;
  endpoint.base_url = login.server;
  endpoint.timeout = timeout;
  endpoint.tls_server_name = login.tls_server_name;
  endpoint.verify = !login.insecure;
  const auto file_for = [&](const std::string& data, const std::string& file) -> Result<std::string> {
    if (data.empty()) return file;
    connection.files.push_back(GMSACTL_TRY(MemoryFile::create(data)));
    return connection.files.back().path();
  };
  endpoint.ca_file = GMSACTL_TRY(file_for(login.ca_data, login.ca_file));
  endpoint.cert_file = GMSACTL_TRY(file_for(login.cert_data, login.cert_file));
  endpoint.key_file = GMSACTL_TRY(file_for(login.key_data.expose(), login.key_file));
  endpoint.bearer_token = login.token;
  // A file's token is renewed by whoever writes it, so it goes before one that stands in the kubeconfig.
  if (!login.token_file.empty())
    endpoint.bearer_token = Secret(std::string(trim(GMSACTL_TRY(read_file(login.token_file)))));
  connection.client = std::make_unique<http::Client>(std::move(endpoint));
  return connection;
}

}  // namespace gmsactl::kubernetes
