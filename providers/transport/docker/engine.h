// The Docker Engine API as far as configs and services of a swarm (1.30 and later, of 2017) and the machine
// itself go. Knows no gMSA; called by the Swarm and the Docker target.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/http/http.h"

namespace gmsactl::docker {

using Labels = std::map<std::string, std::string>;

struct Config {
  std::string id;
  std::string name;
  Labels labels;
  std::string data;
};

struct Service {
  std::string id;
  std::string name;
  Labels labels;
  uint64_t version = 0;           ///< what an update must name: compare and swap
  std::string credential_config;  ///< id of the config that is its credential spec, or empty
  std::string spec;  ///< the whole ServiceSpec as JSON, for an update that keeps what it does not know
};

/// The machine that an engine runs on, as the engine tells it. A Windows engine does not tell its
/// containerd's version.
struct EngineInfo {
  std::string os_type;    ///< "windows" or "linux"
  std::string data_root;  ///< "C:\\ProgramData\\docker"
  std::string isolation;  ///< Windows: how containers are isolated by default, "process" or "hyperv"
  int build = 0;          ///< Windows: 17763; 0 where it is not told
  int revision = -1;      ///< Windows: 1817 of build 17763.1817; -1 where it is not told
  bool uses_containerd = false;
  bool operator==(const EngineInfo&) const = default;
};

struct Options {
  std::string endpoint;  ///< "unix:///var/run/docker.sock" or "tcp://host:2376", then with TLS
  std::string ca_file, cert_file, key_file;
  std::chrono::milliseconds timeout{120'000};
};

/// Thread-safe.
class Engine {
 public:
  explicit Engine(const Options& options);

  const std::string& place() const { return place_; }

  [[nodiscard]] Result<EngineInfo> info();

  /// `unsupported`, with what to do, where the engine is no manager of a swarm. All that follow expect one.
  [[nodiscard]] Result<void> check_manager();
  [[nodiscard]] Result<std::vector<Config>> configs();
  [[nodiscard]] Result<std::vector<Service>> services();
  [[nodiscard]] Result<Service> service(const std::string& id);
  /// The new config's id. `already_exists` where the name is taken.
  [[nodiscard]] Result<std::string> create_config(const Config& config);
  /// `conflict` where a service uses it.
  [[nodiscard]] Result<void> remove_config(const std::string& id);
  /// Makes `config` the credential spec of the service, and nothing else different. `conflict` where the
  /// service has changed since it was read.
  [[nodiscard]] Result<void> use_config(const Service& service, const Config& config);

 private:
  Result<http::Response> call(const std::string& method, const std::string& path, const std::string& body);
  Result<std::string> api_version();

  std::string place_;
  http::Client client_;
  std::mutex mutex_;
  std::string
      api_version_;  // the engine's own, since old and new ones have none in common; guarded by mutex_
};

/// From replies of the API; anything may be in them. Exposed for tests and fuzzing.
[[nodiscard]] Result<EngineInfo> parse_info(const std::string& body);
[[nodiscard]] Result<std::vector<Config>> parse_configs(const std::string& body);
[[nodiscard]] Result<std::vector<Service>> parse_services(const std::string& body);
/// The ServiceSpec with another credential spec: what becomes of `spec`.
[[nodiscard]] Result<std::string> with_config(const std::string& spec, const std::string& id,
                                              const std::string& name);

}  // namespace gmsactl::docker
