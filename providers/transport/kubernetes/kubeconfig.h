// How to reach and log in to a cluster: a kubeconfig as kubectl reads it, or the service account that a pod
// has. Called by providers that talk to Kubernetes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "providers/transport/http/http.h"

namespace gmsactl::kubernetes {

/// A file that exists in memory only (memfd_create(2)), for libraries that take nothing but paths. Gone with
/// the value.
class MemoryFile {
 public:
  [[nodiscard]] static Result<MemoryFile> create(const std::string& content);
  MemoryFile() = default;
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&& other) noexcept;
  ~MemoryFile();
  std::string path() const;  ///< empty where there is none

 private:
  int descriptor_ = -1;
};

/// A program that tells credentials (client.authentication.k8s.io).
struct ExecPlugin {
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string api_version;
  std::string install_hint;
  std::string folder;  ///< of the kubeconfig, for a command with a relative path
};

struct Login {
  std::string context;
  std::string server;
  std::string ca_file, ca_data;  ///< data is PEM
  std::string cert_file, cert_data;
  std::string key_file;
  Secret key_data;
  std::string tls_server_name;
  bool insecure = false;
  Secret token;
  std::string token_file;
  std::optional<ExecPlugin> exec;
};

/// `text` of one kubeconfig, relative paths in it resolved against `folder`. `context` empty: its current
/// one.
[[nodiscard]] Result<Login> parse_kubeconfig(const std::string& text, const std::string& folder,
                                             const std::string& context);

/// From `path`; where that is empty, from KUBECONFIG (the first of several that exists), ~/.kube/config or
/// the pod's service account, in this order.
[[nodiscard]] Result<Login> find_login(const std::string& path, const std::string& context);

/// What a connection needs, files in memory included.
struct Connection {
  std::unique_ptr<http::Client> client;
  std::vector<MemoryFile> files;
};
/// Runs the exec plug-in, if there is one, for at most `timeout`.
[[nodiscard]] Result<Connection> connect(Login login, std::chrono::milliseconds timeout);

}  // namespace gmsactl::kubernetes
