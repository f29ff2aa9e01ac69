#include "engine/spec/document.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/spec/json.h"

namespace gmsactl::spec {

using Format = model::DirectoryTarget::Format;
using model::CredentialSpec;

namespace {

/// A YAML double-quoted text is a JSON text, so the one library quotes both.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return escaped;
}

/// A comment is one line whatever a name holds.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

std::vector<std::string> source_lines(const DocumentSource& source) {
  return {"Made by gmsactl from GMSA/" + one_line(source.account) + " in " + one_line(source.file) +
              ", environment " + one_line(source.environment) + ".",
          "Do not edit: the next apply writes it anew."};
}

std::string yaml_header(const DocumentSource& source) {
  std::string text;
  for (const auto& line : source_lines(source)) text += "# " + line + "\n";
  return text;
}

/// "namespace-account" names a binding; what it binds to is in its labels and roleRef.
std::string metadata(const std::string& name, const std::string& name_space) {
  std::string text = "metadata:\n  name: " + quoted(name) + "\n";
  if (!name_space.empty()) text += "  namespace: " + quoted(name_space) + "\n";
  return text + "  labels:\n    app.kubernetes.io/managed-by: gmsactl\n";
}

std::string credspec_yaml(const CredentialSpec& spec) {
  std::string text = "credspec:\n  CmsPlugins:\n";
  for (const auto& plugin : spec.cms_plugins) text += "    - " + quoted(plugin) + "\n";
  text += "  DomainJoinConfig:\n";
  const auto field = [&](std::string_view key, const std::string& value) {
    text += "    " + std::string(key) + ": " + quoted(value) + "\n";
  };
  field("Sid", spec.sid);
  field("MachineAccountName", spec.machine_account_name);
  field("Guid", spec.guid);
  field("DnsTreeName", spec.dns_tree_name);
  field("DnsName", spec.dns_name);
  field("NetBiosName", spec.netbios_name);
  text += "  ActiveDirectoryConfig:\n    GroupManagedServiceAccounts:\n";
  for (const auto& account : spec.accounts)
    text += "      - Name: " + quoted(account.name) + "\n        Scope: " + quoted(account.scope) + "\n";
  if (const auto& config = spec.host_account_config) {
    text += "    HostAccountConfig:\n";
    text += "      PortableCcgVersion: " + quoted(config->portable_ccg_version) + "\n";
    text += "      PluginGUID: " + quoted(config->plugin_guid) + "\n";
    // The resource's schema knows a text here, no object.
    text += "      PluginInput: " + quoted(config->plugin_input) + "\n";
  }
  return text;
}

std::string kubernetes(const CredentialSpec& spec, const DocumentSource& source) {
  const std::string& name = source.object_name;
  std::string text = yaml_header(source) + "apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec\n" +
                     metadata(name, {}) + credspec_yaml(spec);
  const std::string role = "gmsactl-" + name;
  text += "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n" + metadata(role, {}) +
          "rules:\n  - apiGroups: [\"windows.k8s.io\"]\n    resources: [\"gmsacredentialspecs\"]\n"
          "    resourceNames: [" +
          quoted(name) + "]\n    verbs: [\"use\"]\n";
  for (const auto& binding : source.bindings)
    text += "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n" +
            metadata(role + "-" + binding.service_account, binding.name_space) +
            "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: " + quoted(role) +
            "\nsubjects:\n  - kind: ServiceAccount\n    name: " + quoted(binding.service_account) +
            "\n    namespace: " + quoted(binding.name_space) + "\n";
  return text;
}

std::string compose(const CredentialSpec& spec, const DocumentSource& source) {
  return yaml_header(source) + "# Merge it into the service that is to run as " +
         one_line(spec.machine_account_name) +
         "; the file is looked for in the\n# CredentialSpecs folder of the host.\nservices:\n  app:\n    "
         "credential_spec:\n"
         "      file: " +
         quoted(source.file_name) + "\n";
}

std::string service_fabric(const CredentialSpec& spec, const DocumentSource& source) {
  std::string text = "<!--\n";
  for (const auto& line : source_lines(source)) {
    std::string safe = line;
    for (size_t at = 0; (at = safe.find("--", at)) != std::string::npos;) safe.replace(at, 2, "- -");
    text += "  " + safe + "\n";
  }
  text += "  Put it into <Policies> of ApplicationManifest.xml, with the name of your code package.\n-->\n";
  text += "<ContainerHostPolicies CodePackageRef=\"Code\" Isolation=\"process\" Hostname=\"" +
          xml(spec.machine_account_name) + "\">\n  <SecurityOption Value=\"credentialspec=file://" +
          xml(source.file_name) + "\"/>\n</ContainerHostPolicies>\n";
  return text;
}

}  // namespace

std::string document(Format format, const CredentialSpec& spec, const DocumentSource& source) {
  switch (format) {
    case Format::docker:
      return render(spec);
    case Format::kubernetes:
      return kubernetes(spec, source);
    case Format::compose:
      return compose(spec, source);
    case Format::service_fabric:
      return service_fabric(spec, source);
  }
  return {};
}

std::string document_name(Format format, const std::string& file_name) {
  const std::string base =
      file_name.ends_with(".json") ? file_name.substr(0, file_name.size() - 5) : file_name;
  switch (format) {
    case Format::docker:
      return file_name;
    case Format::kubernetes:
      return base + ".yaml";
    case Format::compose:
      return base + ".compose.yaml";
    case Format::service_fabric:
      return base + ".xml";
  }
  return file_name;
}

}  // namespace gmsactl::spec
