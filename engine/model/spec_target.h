// Places that credential specs are delivered to, as manifests declare them. Made by engine/manifest; read by
// engine/plan and by the one file in providers/credentialspec that knows the type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/model/principal_ref.h"

namespace gmsactl::model {

/// Who may use the specs in Kubernetes.
struct ServiceAccountBinding {
  std::string name_space;
  std::string service_account;
  auto operator<=>(const ServiceAccountBinding&) const = default;
};

/// Files in a local folder: a GitOps repository, a mounted share.
struct DirectoryTarget {
  enum class Format { docker, kubernetes, compose, service_fabric };
  std::string path;  ///< resolved against the manifest's folder
  Format format = Format::docker;
  std::vector<ServiceAccountBinding> bindings;  ///< for Format::kubernetes
  bool operator==(const DirectoryTarget&) const = default;
};
std::string_view name(
    DirectoryTarget::Format format);  ///< "docker", "kubernetes", "compose", "serviceFabric"

/// How the files of a Docker host are reached.
struct HostTransport {
  enum class Type { local, sftp, smb };
  /// For sftp. automatic: Kerberos, then the agent, then keys.
  enum class Authentication { automatic, key, agent, kerberos };
  Type type = Type::local;
  Authentication authentication = Authentication::automatic;
  std::string username;          ///< sftp; empty: the current user's
  int port = 0;                  ///< 0: the protocol's own
  std::string identity_file;     ///< sftp: private key; resolved; empty: the usual ones of ~/.ssh
  std::string known_hosts_file;  ///< sftp; resolved; empty: ~/.ssh/known_hosts
  std::string share;             ///< smb; empty: that of the data root's drive, "C$"
  bool operator==(const HostTransport&) const = default;
};

/// The CredentialSpecs folder of Docker hosts.
struct DockerTarget {
  std::vector<PrincipalRef>
      hosts;  ///< HOST01, a DNS name, or {hostGroup: NAME}: its computers, nested ones too
  HostTransport transport;
  /// The folder, as the transport sees it; `{host}` stands for the host's short name. Empty: CredentialSpecs
  /// below the data root that the engine tells, else C:\ProgramData\docker\CredentialSpecs.
  std::string path;
  /// Docker Engine API of each host, "tcp://{host}:2376", where `{host}` stands for its DNS name; empty: not
  /// asked.
  std::string engine;
  std::string engine_ca_file, engine_cert_file, engine_key_file;  ///< resolved
  bool operator==(const DockerTarget&) const = default;
};

struct SwarmTarget {
  std::string endpoint = "unix:///var/run/docker.sock";  ///< or tcp://HOST:PORT, then with TLS
  std::string ca_file, cert_file, key_file;              ///< resolved
  std::vector<std::string> services;  ///< moved to the new config besides those labelled gmsactl.account=NAME
  bool operator==(const SwarmTarget&) const = default;
};

struct KubernetesTarget {
  std::string
      kubeconfig;       ///< resolved; empty: KUBECONFIG, ~/.kube/config, then the pod's own service account
  std::string context;  ///< empty: the current one
  std::string name;     ///< of the GMSACredentialSpec; empty: the account's sAMAccountName in lower case
  std::vector<ServiceAccountBinding> bindings;
  bool operator==(const KubernetesTarget&) const = default;
};

struct SpecTarget {
  std::variant<DirectoryTarget, DockerTarget, SwarmTarget, KubernetesTarget> place;
  bool operator==(const SpecTarget&) const = default;
};
std::string_view type_name(const SpecTarget& target);  ///< "Directory", "Docker", "Swarm", "Kubernetes"

/// A host of a Docker target. `name` is what its address shows, "HOST01" in
/// CredentialSpec/docker/WebApp01@HOST01.
struct SpecHost {
  std::string name;     ///< without $; of a target that has one place only, empty
  std::string address;  ///< what to connect to: a DNS name
  auto operator<=>(const SpecHost&) const = default;
};

}  // namespace gmsactl::model
