// The spec of a SpecTarget. Its type decides which fields it may have, so each type has a table of its own; a
// field of another type is named as such.
#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "engine/manifest/decode.h"
#include "engine/manifest/lists.h"
#include "engine/manifest/names.h"

namespace gmsactl::manifest {

namespace {

using model::DirectoryTarget;
using model::DockerTarget;
using model::HostTransport;
using model::KubernetesTarget;
using model::SwarmTarget;

constexpr std::array<std::string_view, 4> types{"Directory", "Docker", "Swarm", "Kubernetes"};
constexpr std::array<std::string_view, 4> directory_keys{"type", "path", "format", "bindings"};
constexpr std::array<std::string_view, 5> docker_keys{"type", "hosts", "transport", "path", "engine"};
constexpr std::array<std::string_view, 4> swarm_keys{"type", "endpoint", "tls", "services"};
constexpr std::array<std::string_view, 5> kubernetes_keys{"type", "kubeconfig", "context", "name",
                                                          "bindings"};
constexpr std::array<std::span<const std::string_view>, 4> keys_of{directory_keys, docker_keys, swarm_keys,
                                                                   kubernetes_keys};
constexpr std::array<std::string_view, 11> all_keys{"type",      "path",       "format",   "hosts",
                                                    "transport", "engine",     "endpoint", "tls",
                                                    "services",  "kubeconfig", "context"};

constexpr std::array<std::string_view, 4> formats{"docker", "kubernetes", "compose", "serviceFabric"};
constexpr std::array<std::string_view, 7> transport_keys{
    "type", "username", "port", "authentication", "identityFile", "knownHostsFile", "share"};
constexpr std::array<std::string_view, 3> transports{"local", "sftp", "smb"};
constexpr std::array<std::string_view, 4> authentications{"auto", "key", "agent", "kerberos"};
constexpr std::array<std::string_view, 4> engine_keys{"endpoint", "caFile", "certFile", "keyFile"};
constexpr std::array<std::string_view, 3> tls_keys{"caFile", "certFile", "keyFile"};
constexpr std::array<std::string_view, 2> binding_keys{"namespace", "serviceAccount"};

/// RFC 1123 label (a namespace) or, with dots, subdomain (most other names in Kubernetes).
bool is_kubernetes_name(std::string_view name, bool dots, size_t longest) {
  if (name.empty() || name.size() > longest) return false;
  const auto is_edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return is_edge(name.front()) && is_edge(name.back()) && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_edge(c) || c == '-' || (dots && c == '.');
         });
}

class SpecTargetDecoder {
 public:
  SpecTargetDecoder(const Node& spec, Reading& reading) : spec_(spec), reading_(reading) {}

  SpecTargetFields decode() {
    SpecTargetFields fields;
    const Entry* type = spec_.find("type");
    if (type == nullptr) {
      missing("spec.type", "A SpecTarget", spec_.at, "Write type: Directory, Docker, Swarm or Kubernetes.",
              reading_);
      return fields;
    }
    const auto choice = read_choice({"type", type->value}, types, reading_);
    if (!choice) return fields;
    check_type_keys(*choice);
    fields.positions = field_positions(spec_, all_keys, reading_);
    switch (*choice) {
      case 0:
        fields.spec.place = read_directory();
        break;
      case 1:
        fields.spec.place = read_docker();
        break;
      case 2:
        fields.spec.place = read_swarm();
        break;
      default:
        fields.spec.place = read_kubernetes();
    }
    return fields;
  }

 private:
  /// A key that only another type has is not misspelt.
  void check_type_keys(size_t type) {
    Node rest = spec_;
    std::erase_if(rest.entries, [&](const Entry& entry) {
      const auto has = [&](std::span<const std::string_view> keys) {
        return std::find(keys.begin(), keys.end(), entry.key) != keys.end();
      };
      if (has(keys_of[type])) return false;
      std::vector<std::string_view> owners;
      for (size_t other = 0; other < types.size(); ++other)
        if (has(keys_of[other])) owners.push_back(types[other]);
      if (owners.empty()) return false;
      reading_.error(codes::unknown_key, entry.key_at,
                     entry.key + " is a field of type " + enumerate(owners, "and") +
                         ", and this is a target of type " + std::string(types[type]) + ".",
                     "Remove it, or correct the type.");
      return true;
    });
    check_keys(rest, "the spec of a SpecTarget of type " + std::string(types[type]), keys_of[type], reading_);
  }

  std::string text(const Node& node, std::string_view key, std::string_view name) {
    const Entry* entry = node.find(key);
    return entry == nullptr ? std::string() : read_text({name, entry->value}, reading_).value_or("");
  }

  DirectoryTarget read_directory() {
    DirectoryTarget target;
    if (spec_.find("path") == nullptr)
      missing("spec.path", "A SpecTarget of type Directory", spec_.at,
              "Write path: and the folder of the files.", reading_);
    target.path = text(spec_, "path", "path");
    if (const Entry* entry = spec_.find("format"))
      if (const auto format = read_choice({"format", entry->value}, formats, reading_))
        target.format = static_cast<DirectoryTarget::Format>(*format);
    target.bindings = read_bindings();
    if (const Entry* entry = spec_.find("bindings");
        entry != nullptr && target.format != DirectoryTarget::Format::kubernetes)
      reading_.error(codes::unknown_key, entry->key_at, "bindings have a meaning in format kubernetes only.",
                     "Remove them, or write format: kubernetes.");
    return target;
  }

  DockerTarget read_docker() {
    DockerTarget target;
    const Entry* hosts = spec_.find("hosts");
    const Entry* transport = spec_.find("transport");
    if (transport != nullptr) read_transport(transport->value, target.transport);
    if (hosts != nullptr)
      read_hosts(*hosts, target);
    else
      missing("spec.hosts", "A SpecTarget of type Docker", spec_.at,
              "Write hosts: [HOST01], or hosts: [{hostGroup: NAME}].", reading_);
    target.path = text(spec_, "path", "path");
    if (const Entry* path = spec_.find("path");
        path != nullptr && target.transport.type == HostTransport::Type::smb)
      check_share_path(*path, target.path);
    if (target.transport.type == HostTransport::Type::local && target.path.empty())
      missing("spec.path", "A SpecTarget with the local transport", spec_.at,
              "Write path: and the folder of credential specs on this machine.", reading_);
    if (const Entry* engine = spec_.find("engine")) read_engine(engine->value, target);
    return target;
  }

  void read_hosts(const Entry& entry, DockerTarget& target) {
    target.hosts = read_principals({"hosts", entry.value}, reading_);
    if (entry.value.is_null() || (entry.value.is_sequence() && entry.value.items.empty()))
      reading_.error(codes::empty_value, entry.value.at, "hosts is empty, so the target is nowhere.",
                     "Name hosts, or {hostGroup: NAME}.");
    for (const auto& host : target.hosts)
      if (host.form != model::PrincipalRef::Form::host_group && host.form != model::PrincipalRef::Form::name)
        reading_.error(codes::invalid_principal, Position{host.where.line, host.where.column},
                       in_quotes(host.text) + " is no host's name.",
                       "Write HOST01, host01.contoso.com or {hostGroup: NAME}.");
    if (target.transport.type == HostTransport::Type::local && target.hosts.size() > 1)
      reading_.error(codes::duplicate_entry, entry.value.at,
                     "The local transport reaches this machine only, and several hosts are named.",
                     "Name one host, or use the sftp or smb transport.");
  }

  void read_transport(const Node& node, HostTransport& transport) {
    if (!require_mapping({"transport", node}, reading_)) return;
    check_keys(node, "transport", transport_keys, reading_);
    const Entry* type_entry = node.find("type");
    if (type_entry == nullptr)
      missing("transport.type", "A transport", node.at, "Write type: local, sftp or smb.", reading_);
    const auto type = type_entry == nullptr
                          ? std::nullopt
                          : read_choice({"transport.type", type_entry->value}, transports, reading_);
    // Where it is not known, nothing is asked for that only local needs.
    transport.type = type ? static_cast<HostTransport::Type>(*type) : HostTransport::Type::sftp;
    transport.username = text(node, "username", "transport.username");
    transport.identity_file = text(node, "identityFile", "transport.identityFile");
    transport.known_hosts_file = text(node, "knownHostsFile", "transport.knownHostsFile");
    transport.share = text(node, "share", "transport.share");
    if (const Entry* entry = node.find("port"))
      transport.port =
          static_cast<int>(read_integer({"transport.port", entry->value}, 1, 65535, reading_).value_or(0));
    if (const Entry* entry = node.find("authentication"))
      if (const auto choice =
              read_choice({"transport.authentication", entry->value}, authentications, reading_))
        transport.authentication = static_cast<HostTransport::Authentication>(*choice);
    if (type) check_transport_fields(node, transport);
  }

  void check_transport_fields(const Node& node, const HostTransport& transport) {
    using Type = HostTransport::Type;
    const std::string_view ours = transports[static_cast<size_t>(transport.type)];
    const auto belongs = [&](std::string_view key, const std::vector<Type>& to, std::string_view hint) {
      const Entry* entry = node.find(key);
      if (entry == nullptr || std::find(to.begin(), to.end(), transport.type) != to.end()) return;
      std::vector<std::string_view> owners(to.size());
      std::transform(to.begin(), to.end(), owners.begin(),
                     [](Type type) { return transports[static_cast<size_t>(type)]; });
      reading_.error(codes::unknown_key, entry->key_at,
                     "transport." + std::string(key) + " belongs to the " + enumerate(owners, "and") +
                         (owners.size() == 1 ? " transport" : " transports") + ", and this is " +
                         std::string(ours) + ".",
                     std::string(hint));
    };
    belongs("username", {Type::sftp},
            transport.type == Type::smb ? "Remove it: the Kerberos ticket says who logs in." : "Remove it.");
    for (const std::string_view key : {"identityFile", "knownHostsFile", "authentication"})
      belongs(key, {Type::sftp}, "Remove it.");
    belongs("port", {Type::sftp, Type::smb}, "Remove it.");
    belongs("share", {Type::smb}, "Remove it.");
  }

  /// The path on a share has no drive, which is what a path on a Windows host begins with elsewhere.
  void check_share_path(const Entry& entry, const std::string& path) {
    if (path.find_first_of("\"*<>?|:") == std::string::npos) return;
    reading_.error(codes::invalid_path, entry.value.at, in_quotes(path) + " is no path on a share.",
                   "Write it without the drive, ProgramData\\docker\\CredentialSpecs, and the drive as "
                   "transport.share: C$.");
  }

  void read_engine(const Node& node, DockerTarget& target) {
    if (!require_mapping({"engine", node}, reading_)) return;
    check_keys(node, "engine", engine_keys, reading_);
    const Entry* endpoint = node.find("endpoint");
    if (endpoint == nullptr) {
      missing("engine.endpoint", "An engine", node.at, "Write endpoint: tcp://{host}:2376.", reading_);
      return;
    }
    target.engine = text(node, "endpoint", "engine.endpoint");
    check_endpoint(target.engine, endpoint->value.at);
    target.engine_ca_file = text(node, "caFile", "engine.caFile");
    target.engine_cert_file = text(node, "certFile", "engine.certFile");
    target.engine_key_file = text(node, "keyFile", "engine.keyFile");
    require_certificates(node, "engine", target.engine, target.engine_cert_file, target.engine_key_file,
                         endpoint->value.at);
  }

  void check_endpoint(const std::string& endpoint, Position at) {
    if (endpoint.starts_with("tcp://") && endpoint.find('@') != std::string::npos) {
      reading_.error(codes::invalid_server, at,
                     in_quotes(without_credentials(endpoint)) + " has a user name in it.",
                     "Write tcp://HOST:2376; who asks is proven by certFile and keyFile.");
      return;
    }
    if (endpoint.empty() || endpoint.starts_with("unix:///") || endpoint.starts_with("tcp://")) return;
    reading_.error(codes::invalid_server, at, in_quotes(endpoint) + " is no endpoint of a Docker Engine.",
                   "Write unix:///var/run/docker.sock or tcp://HOST:2376.");
  }

  /// An engine that takes commands from anybody who reaches its port is root for anybody.
  void require_certificates(const Node& node, const std::string& where, const std::string& endpoint,
                            const std::string& cert, const std::string& key, Position at) {
    if (!endpoint.starts_with("tcp://") || (!cert.empty() && !key.empty())) return;
    if (has_errors(reading_.diagnostics()) && node.entries.empty()) return;
    reading_.error(codes::authentication, at,
                   "An engine reached by tcp:// needs a client certificate: " + where + ".certFile and " +
                       where + ".keyFile.",
                   "Give both, and caFile where the engine's certificate is not of a public authority.");
  }

  SwarmTarget read_swarm() {
    SwarmTarget target;
    const Entry* endpoint = spec_.find("endpoint");
    if (endpoint != nullptr) {
      target.endpoint = text(spec_, "endpoint", "endpoint");
      check_endpoint(target.endpoint, endpoint->value.at);
    }
    if (const Entry* tls = spec_.find("tls");
        tls != nullptr && require_mapping({"tls", tls->value}, reading_)) {
      check_keys(tls->value, "tls", tls_keys, reading_);
      target.ca_file = text(tls->value, "caFile", "tls.caFile");
      target.cert_file = text(tls->value, "certFile", "tls.certFile");
      target.key_file = text(tls->value, "keyFile", "tls.keyFile");
    }
    if (endpoint != nullptr)
      require_certificates(spec_, "tls", target.endpoint, target.cert_file, target.key_file,
                           endpoint->value.at);
    if (const Entry* services = spec_.find("services"); services != nullptr && !services->value.is_null()) {
      if (!require_sequence({"services", services->value}, reading_)) return target;
      DuplicateCheck duplicates("services", reading_);
      for (const Node& item : services->value.items)
        if (auto name = read_text({"An entry of services", item}, reading_);
            name && duplicates.add(*name, *name, item.at))
          target.services.push_back(std::move(*name));
    }
    return target;
  }

  KubernetesTarget read_kubernetes() {
    KubernetesTarget target;
    target.kubeconfig = text(spec_, "kubeconfig", "kubeconfig");
    target.context = text(spec_, "context", "context");
    if (const Entry* name = spec_.find("name")) {
      target.name = text(spec_, "name", "name");
      check_kubernetes_name(target.name, "name", true, 253, name->value.at);
    }
    target.bindings = read_bindings();
    return target;
  }

  std::vector<model::ServiceAccountBinding> read_bindings() {
    std::vector<model::ServiceAccountBinding> list;
    const Entry* bindings = spec_.find("bindings");
    if (bindings == nullptr || bindings->value.is_null()) return list;
    if (!require_sequence({"bindings", bindings->value}, reading_)) return list;
    DuplicateCheck duplicates("bindings", reading_);
    for (const Node& item : bindings->value.items)
      if (auto binding = read_binding(item))
        if (const std::string shown = binding->name_space + "/" + binding->service_account;
            duplicates.add(shown, shown, item.at))
          list.push_back(std::move(*binding));
    return list;
  }

  std::optional<model::ServiceAccountBinding> read_binding(const Node& item) {
    if (!require_mapping({"An entry of bindings", item}, reading_)) return std::nullopt;
    check_keys(item, "an entry of bindings", binding_keys, reading_);
    for (const std::string_view key : binding_keys)
      if (item.find(key) == nullptr) {
        missing(key, "An entry of bindings", item.at, "Write {namespace: NAME, serviceAccount: NAME}.",
                reading_);
        return std::nullopt;
      }
    model::ServiceAccountBinding binding{text(item, "namespace", "namespace"),
                                         text(item, "serviceAccount", "serviceAccount")};
    check_kubernetes_name(binding.name_space, "namespace", false, 63, item.find("namespace")->value.at);
    check_kubernetes_name(binding.service_account, "serviceAccount", true, 253,
                          item.find("serviceAccount")->value.at);
    return binding;
  }

  void check_kubernetes_name(const std::string& name, std::string_view what, bool dots, size_t longest,
                             Position at) {
    if (name.empty() || is_kubernetes_name(name, dots, longest)) return;  // an empty one was reported
    reading_.error(codes::invalid_name, at,
                   "The " + std::string(what) + " " + in_quotes(name) + " is no name that Kubernetes takes.",
                   "Write lower-case letters, digits and hyphens" +
                       std::string(dots ? ", and dots between them" : "") + ", at most " +
                       std::to_string(longest) + " characters.");
  }

  const Node& spec_;
  Reading& reading_;
};

}  // namespace

SpecTargetFields decode_spec_target(const Node& spec, Reading& reading) {
  return SpecTargetDecoder(spec, reading).decode();
}

void resolve_paths(model::SpecTarget& target, const SourceFile& file) {
  const auto resolve = [&](std::string& path) {
    if (!path.empty()) path = resolved_path(file, path);
  };
  struct Visitor {
    const decltype(resolve)& each;
    void operator()(DirectoryTarget& one) const { each(one.path); }
    void operator()(DockerTarget& one) const {
      if (one.transport.type == HostTransport::Type::local) each(one.path);
      each(one.transport.identity_file);
      each(one.transport.known_hosts_file);
      each(one.engine_ca_file);
      each(one.engine_cert_file);
      each(one.engine_key_file);
    }
    void operator()(SwarmTarget& one) const {
      each(one.ca_file);
      each(one.cert_file);
      each(one.key_file);
    }
    void operator()(KubernetesTarget& one) const { each(one.kubeconfig); }
  };
  std::visit(Visitor{resolve}, target.place);
}

}  // namespace gmsactl::manifest
