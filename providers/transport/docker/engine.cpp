#include "providers/transport/docker/engine.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"

namespace gmsactl::docker {

using Json = nlohmann::ordered_json;

namespace {

http::Endpoint endpoint_of(const Options& options) {
  http::Endpoint endpoint;
  endpoint.timeout = options.timeout;
  constexpr std::string_view socket = "unix://";
  constexpr std::string_view tcp = "tcp://";
  if (options.endpoint.starts_with(socket)) {
    endpoint.unix_socket = options.endpoint.substr(socket.size());
    endpoint.base_url = "http://localhost";
    return endpoint;
  }
  endpoint.base_url = "https://" + (options.endpoint.starts_with(tcp) ? options.endpoint.substr(tcp.size())
                                                                      : options.endpoint);
  endpoint.ca_file = options.ca_file;
  endpoint.cert_file = options.cert_file;
  endpoint.key_file = options.key_file;
  return endpoint;
}

Result<Json> parse(const std::string& body) {
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return fail(ErrorKind::corrupt, "the engine's reply is not JSON");
  return json;
}

/// The member, or null where there is no such thing on the way.
const Json& at(const Json& json, std::initializer_list<const char*> path) {
  static const Json nothing;
  const Json* here = &json;
  for (const char* key : path) {
    if (!here->is_object()) return nothing;
    const auto found = here->find(key);
    if (found == here->end()) return nothing;
    here = &*found;
  }
  return *here;
}

std::string text_at(const Json& json, std::initializer_list<const char*> path) {
  const Json& value = at(json, path);
  return value.is_string() ? value.get<std::string>() : std::string();
}

Labels labels_at(const Json& json, std::initializer_list<const char*> path) {
  Labels labels;
  const Json& value = at(json, path);
  if (value.is_object())
    for (const auto& [key, label] : value.items())
      if (label.is_string()) labels[key] = label.get<std::string>();
  return labels;
}

Result<Service> service_of(const Json& json) {
  Service service;
  service.id = text_at(json, {"ID"});
  service.name = text_at(json, {"Spec", "Name"});
  service.labels = labels_at(json, {"Spec", "Labels"});
  const Json& index = at(json, {"Version", "Index"});
  if (service.id.empty() || service.name.empty() || !index.is_number_unsigned())
    return fail(ErrorKind::corrupt, "the engine lists a service without id, name or version");
  service.version = index.get<uint64_t>();
  service.credential_config =
      text_at(json, {"Spec", "TaskTemplate", "ContainerSpec", "Privileges", "CredentialSpec", "Config"});
  service.spec = json["Spec"].dump(-1, ' ', false, Json::error_handler_t::replace);
  return service;
}

/// The number at the beginning of `text`, which is cut off together with it; `otherwise` where there is none.
int take_number(std::string_view& text, int otherwise) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return otherwise;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

/// From "Windows Server 2019 Datacenter Version 1809 (OS Build 17763.1817)", else from "10.0.17763".
void read_build(const Json& info, EngineInfo& result) {
  constexpr std::string_view marker = "(OS Build ";
  constexpr std::string_view major = "10.0.";
  const std::string system = text_at(info, {"OperatingSystem"});
  const std::string version = text_at(info, {"OSVersion"});
  std::string_view text = system;
  if (const size_t at = text.find(marker); at != std::string_view::npos) {
    text.remove_prefix(at + marker.size());
    result.build = std::max(0, take_number(text, 0));
    if (result.build > 0 && text.starts_with('.')) {
      text.remove_prefix(1);
      result.revision = std::max(-1, take_number(text, -1));
    }
  }
  text = version;
  if (result.build > 0 || !text.starts_with(major)) return;
  text.remove_prefix(major.size());
  result.build = std::max(0, take_number(text, 0));
}

Error refusal(const http::Response& response, const std::string& place) {
  const Json json = Json::parse(response.body, nullptr, false);
  std::string words = printable(text_at(json, {"message"}));
  if (words.empty()) words = "HTTP status " + std::to_string(response.status);
  Error error{ErrorKind::internal, place + ": " + words, {}, NativeCode{response.status, "HTTP", {}}};
  switch (response.status) {
    case 400:
      // The engine has no status of its own for either.
      error.kind = words.find("in use") != std::string::npos            ? ErrorKind::conflict
                   : words.find("out of sequence") != std::string::npos ? ErrorKind::conflict
                                                                        : ErrorKind::constraint;
      break;
    case 401:
    case 403:
      error.kind = ErrorKind::denied;
      break;
    case 404:
      error.kind = ErrorKind::not_found;
      break;
    case 409:
      error.kind = ErrorKind::already_exists;
      break;
    case 503:
      error.kind = ErrorKind::unsupported;
      error.hint = "Name a manager of the swarm: docker node ls tells which there are";
      break;
    default:
      if (words.find("out of sequence") != std::string::npos) error.kind = ErrorKind::conflict;
  }
  return error;
}

}  // namespace

Engine::Engine(const Options& options)
    : place_("Docker at " + without_credentials(options.endpoint)), client_(endpoint_of(options)) {}

Result<http::Response> Engine::call(const std::string& method, const std::string& path,
                                    const std::string& body) {
  const std::string prefix = "/v" + GMSACTL_TRY(api_version());
  auto response =
      GMSACTL_TRY(client_.send({method, prefix + path, body.empty() ? "" : "application/json", body, {}}));
  if (response.status >= 300) return fail(refusal(response, place_));
  return response;
}

Result<std::string> Engine::api_version() {
  const std::lock_guard lock(mutex_);
  if (!api_version_.empty()) return api_version_;
  const auto response = GMSACTL_TRY(client_.send({"GET", "/version", "", "", {}}));
  if (response.status >= 300) return fail(refusal(response, place_));
  const std::string version = text_at(GMSACTL_TRY(parse(response.body)), {"ApiVersion"});
  const auto parts = split(version, '.');
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() < 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (parts.size() != 2 || !is_number(parts[0]) || !is_number(parts[1]))
    return fail(ErrorKind::corrupt, place_ + " tells no version of its API");
  if (parts[0] == "1" && std::stoi(std::string(parts[1])) < 30)
    return fail(ErrorKind::unsupported, place_ + " speaks API " + version + ", and configs need 1.30",
                "Update the engine");
  return api_version_ = version;
}

Result<EngineInfo> Engine::info() {
  // Without a version of the API, since any will do, and the oldest engines are those that most is known
  // about.
  const auto response = GMSACTL_TRY(client_.send({"GET", "/info", "", "", {}}));
  if (response.status >= 300) return fail(refusal(response, place_));
  return parse_info(response.body);
}

Result<void> Engine::check_manager() {
  const auto response = GMSACTL_TRY(call("GET", "/info", {}));
  const Json info = GMSACTL_TRY(parse(response.body));
  const Json& manager = at(info, {"Swarm", "ControlAvailable"});
  if (manager.is_boolean() && manager.get<bool>()) return {};
  const std::string state = text_at(info, {"Swarm", "LocalNodeState"});
  return fail(ErrorKind::unsupported,
              place_ + (state == "active" ? " is a worker of its swarm, not a manager" : " is in no swarm"),
              state == "active" ? "Name a manager's endpoint: docker node ls, on one, tells which there are"
                                : "Start one with docker swarm init, or name another endpoint");
}

Result<std::vector<Config>> Engine::configs() {
  return parse_configs(GMSACTL_TRY(call("GET", "/configs", {})).body);
}

Result<std::vector<Service>> Engine::services() {
  return parse_services(GMSACTL_TRY(call("GET", "/services", {})).body);
}

Result<Service> Engine::service(const std::string& id) {
  const auto response = GMSACTL_TRY(call("GET", "/services/" + http::encode(id), {}));
  return service_of(GMSACTL_TRY(parse(response.body)));
}

Result<std::string> Engine::create_config(const Config& config) {
  Json body;
  body["Name"] = config.name;
  body["Labels"] = config.labels;
  body["Data"] = base64_encode(config.data);
  const auto response = GMSACTL_TRY(call("POST", "/configs/create", body.dump()));
  std::string id = text_at(GMSACTL_TRY(parse(response.body)), {"ID"});
  if (id.empty()) return fail(ErrorKind::corrupt, place_ + " made a config and does not say its id");
  return id;
}

Result<void> Engine::remove_config(const std::string& id) {
  GMSACTL_TRY(call("DELETE", "/configs/" + http::encode(id), {}));
  return {};
}

Result<void> Engine::use_config(const Service& service, const Config& config) {
  const std::string spec = GMSACTL_TRY(with_config(service.spec, config.id, config.name));
  GMSACTL_TRY(call(
      "POST", "/services/" + http::encode(service.id) + "/update?version=" + std::to_string(service.version),
      spec));
  return {};
}

Result<EngineInfo> parse_info(const std::string& body) {
  const Json json = GMSACTL_TRY(parse(body));
  EngineInfo info;
  info.os_type = fold(text_at(json, {"OSType"}));
  info.data_root = text_at(json, {"DockerRootDir"});
  if (info.os_type.empty()) return fail(ErrorKind::corrupt, "the engine does not say what it runs on");
  if (info.os_type != "windows") return info;
  info.isolation = fold(text_at(json, {"Isolation"}));
  read_build(json, info);
  // The one runtime of Windows that is containerd's; newer engines name its socket as well.
  info.uses_containerd = text_at(json, {"DefaultRuntime"}).starts_with("io.containerd.") ||
                         !text_at(json, {"Containerd", "Address"}).empty();
  return info;
}

Result<std::vector<Config>> parse_configs(const std::string& body) {
  const Json json = GMSACTL_TRY(parse(body));
  if (!json.is_array()) return fail(ErrorKind::corrupt, "the engine's list of configs is no list");
  std::vector<Config> configs;
  for (const Json& entry : json) {
    Config config{
        text_at(entry, {"ID"}), text_at(entry, {"Spec", "Name"}), labels_at(entry, {"Spec", "Labels"}), {}};
    if (config.id.empty() || config.name.empty())
      return fail(ErrorKind::corrupt, "the engine lists a config without id or name");
    if (!base64_decode(text_at(entry, {"Spec", "Data"}), config.data))
      return fail(ErrorKind::corrupt, "the data of config " + printable(config.name) + " is not base64");
    configs.push_back(std::move(config));
  }
  return configs;
}

Result<std::vector<Service>> parse_services(const std::string& body) {
  const Json json = GMSACTL_TRY(parse(body));
  if (!json.is_array()) return fail(ErrorKind::corrupt, "the engine's list of services is no list");
  std::vector<Service> services;
  for (const Json& entry : json) services.push_back(GMSACTL_TRY(service_of(entry)));
  return services;
}

Result<std::string> with_config(const std::string& spec, const std::string& id, const std::string& name) {
  Json json = GMSACTL_TRY(parse(spec));
  if (!at(json, {"TaskTemplate", "ContainerSpec"}).is_object())
    return fail(ErrorKind::unsupported, "the service runs no container");
  Json& container = json["TaskTemplate"]["ContainerSpec"];
  const std::string former = text_at(container, {"Privileges", "CredentialSpec", "Config"});
  if (!container["Privileges"].is_object()) container["Privileges"] = Json::object();
  container["Privileges"]["CredentialSpec"] = {{"Config", id}};
  // A config that is a credential spec is listed among the service's configs too, with a target of its own.
  Json configs = Json::array();
  if (at(container, {"Configs"}).is_array())
    for (const Json& entry : container["Configs"]) {
      const bool is_former = text_at(entry, {"ConfigID"}) == former && at(entry, {"Runtime"}).is_object();
      if (!is_former) configs.push_back(entry);
    }
  Json reference;
  reference["Runtime"] = Json::object();
  reference["ConfigID"] = id;
  reference["ConfigName"] = name;
  configs.push_back(std::move(reference));
  container["Configs"] = std::move(configs);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gmsactl::docker
