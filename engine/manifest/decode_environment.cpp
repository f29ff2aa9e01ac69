#include <algorithm>
#include <array>
#include <filesystem>

#include "engine/base/text.h"
#include "engine/manifest/decode.h"
#include "engine/manifest/lists.h"
#include "engine/manifest/names.h"
#include "engine/manifest/naming_context.h"
#include "engine/manifest/server_url.h"
#include "engine/model/site.h"

namespace gmsactl::manifest {

namespace {

constexpr std::array<std::string_view, 11> keys{
    "domain",    "owner",      "directory", "accountsPath", "hostGroupsPath", "createPaths",
    "variables", "kdsRootKey", "policy",    "drift",        "markerAttribute"};
constexpr std::array<std::string_view, 6> directory_keys{"servers",  "site",         "authentication",
                                                         "username", "passwordFrom", "tls"};
constexpr std::array<std::string_view, 2> tls_keys{"mode", "caFile"};
constexpr std::array<std::string_view, 2> kds_keys{"create", "effective"};
constexpr std::array<std::string_view, 2> password_keys{"env", "file"};

constexpr std::array<std::string_view, 2> authentications{"kerberos", "simple"};
constexpr std::array<std::string_view, 3> tls_modes{"auto", "startTLS", "ldaps"};
constexpr std::array<std::string_view, 2> effective_times{"after10h", "immediately"};

constexpr size_t longest_owner = 64;
constexpr std::string_view password_hint =
    "Write passwordFrom: {env: NAME} or passwordFrom: {file: PATH}, and change this password.";

class EnvironmentDecoder {
 public:
  EnvironmentDecoder(const Document& document, Reading& reading, Variables& variables,
                     std::vector<SourceRange>& secrets)
      : document_(document),
        spec_(document.spec),
        reading_(reading),
        variables_(variables),
        secrets_(secrets) {}

  model::Environment decode() {
    environment_.name = document_.metadata.name;
    environment_.declared_at = document_.declared_at();
    environment_.field_positions = field_positions(spec_, keys, reading_);
    check_keys(spec_, "the spec of an Environment", keys, reading_);
    // What later fields may refer to comes first, wherever it stands.
    if (const Entry* entry = spec_.find("variables")) read_variables(*entry);
    read_domain();
    read_owner();
    if (const Entry* entry = spec_.find("directory")) read_directory(entry->value);
    if (const Entry* entry = spec_.find("accountsPath"))
      environment_.accounts_path = read_domain_path(*entry);
    if (const Entry* entry = spec_.find("hostGroupsPath"))
      environment_.host_groups_path = read_domain_path(*entry);
    if (const Entry* entry = spec_.find("createPaths"))
      environment_.create_paths = read_boolean({"createPaths", entry->value}, reading_).value_or(false);
    if (const Entry* entry = spec_.find("kdsRootKey")) read_kds_root_key(entry->value);
    if (const Entry* entry = spec_.find("policy")) environment_.policy = read_policy(entry->value, reading_);
    if (const Entry* entry = spec_.find("drift"))
      environment_.accepted_drift = read_accepted_drift(entry->value, reading_);
    if (const Entry* entry = spec_.find("markerAttribute"))
      environment_.marker_attribute =
          read_marker_attribute(entry->value, reading_).value_or(environment_.marker_attribute);
    return std::move(environment_);
  }

 private:
  void read_variables(const Entry& entry) {
    if (!require_mapping({"variables", entry.value}, reading_)) return;
    for (const Entry& variable : entry.value.entries) {
      if (!valid_variable_name(variable.key)) {
        reading_.error(codes::invalid_variable, variable.key_at,
                       "The variable name " + in_quotes(variable.key) +
                           " must be made of letters, digits, _ and -, and begin with a letter or _.",
                       "");
      } else if (variable.key == "environment" || variable.key == "domain") {
        reading_.error(codes::invalid_variable, variable.key_at,
                       "The variable " + variable.key + " is built in.", "Choose another name.");
      }
      auto value = read_variable_value(variable);
      if (value) environment_.variables.emplace(variable.key, std::move(*value));
    }
    for (const auto& [name, value] : environment_.variables) variables_.values.emplace(name, value);
  }

  std::optional<std::string> read_variable_value(const Entry& variable) {
    // An empty text is a sensible value for a variable: a suffix that one environment does not have.
    if (variable.value.is_scalar() && variable.value.quoted && variable.value.text.empty())
      return std::string();
    auto value = read_literal_text({"The variable " + in_quotes(variable.key), variable.value}, reading_);
    if (value && value->find("${") != std::string::npos) {
      reading_.error(codes::invalid_variable, variable.value.at,
                     "The value of the variable " + in_quotes(variable.key) + " refers to a variable.",
                     "Write the value out; variables are not expanded twice.");
      return std::nullopt;
    }
    return value;
  }

  void read_domain() {
    const Entry* entry = spec_.find("domain");
    if (entry == nullptr) {
      missing("spec.domain", "An Environment", spec_.at, "Write domain: and the DNS name of the AD domain.",
              reading_);
      return;
    }
    const auto text = read_text({"domain", entry->value}, reading_);
    if (!text) return;
    if (const auto problem = dns_name_problem(*text))
      reading_.error(codes::invalid_dns_name, entry->value.at,
                     "The domain " + in_quotes(*text) + " " + *problem + ".",
                     "Write its DNS name, such as contoso.com.");
    else
      environment_.domain = fold(*text);
    variables_.values.emplace("domain", environment_.domain);
  }

  void read_owner() {
    const Entry* entry = spec_.find("owner");
    if (entry == nullptr) {
      missing("spec.owner", "An Environment", spec_.at,
              "Write owner: and a name of this repository or team. It marks what gmsactl manages.", reading_);
      return;
    }
    auto text = read_text({"owner", entry->value}, reading_);
    if (!text) return;
    if (hidden_character_problem(*text) || length_problem(*text, longest_owner)) {
      reading_.error(
          codes::invalid_name, entry->value.at,
          "The owner must be at most " + std::to_string(longest_owner) + " characters that can be seen.", "");
    }
    environment_.owner = std::move(*text);
  }

  std::optional<model::Dn> read_domain_path(const Entry& entry) {
    auto path = read_path({entry.key, entry.value}, reading_);
    if (!path || environment_.domain.empty()) return path;
    const auto domain = model::Dn::of_domain(environment_.domain);
    if (!path->is_under(domain) && *path != domain)
      reading_.error(codes::path_outside_domain, entry.value.at,
                     entry.key + " is not in the domain " + environment_.domain + ".",
                     "It must end in " + domain.text() + ".");
    else if (const auto problem = other_naming_context(*path, domain))
      reading_.error(codes::path_outside_domain, entry.value.at, entry.key + " " + *problem + ".",
                     "Write a container or an organizational unit of the domain.");
    return path;
  }

  void read_directory(const Node& node) {
    if (!require_mapping({"directory", node}, reading_)) return;
    if (const Entry* password = node.find("password")) {
      reading_.error(codes::literal_password, password->key_at,
                     "A password does not belong in a file that is shared and kept in version control.",
                     std::string(password_hint));
      conceal(password->value.at);
      Node rest = node;
      std::erase_if(rest.entries, [](const Entry& entry) { return entry.key == "password"; });
      check_keys(rest, "directory", directory_keys, reading_);
    } else {
      check_keys(node, "directory", directory_keys, reading_);
    }
    if (const Entry* entry = node.find("servers")) read_servers(*entry);
    if (const Entry* entry = node.find("site")) read_site(*entry);
    if (const Entry* entry = node.find("authentication"))
      if (const auto choice =
              read_choice({"directory.authentication", entry->value}, authentications, reading_))
        environment_.authentication = static_cast<model::Authentication>(*choice);
    if (const Entry* entry = node.find("username"))
      environment_.username = read_text({"directory.username", entry->value}, reading_).value_or("");
    if (const Entry* entry = node.find("passwordFrom")) read_password_source(*entry);
    if (const Entry* entry = node.find("tls")) read_tls(entry->value);
    check_authentication(node);
  }

  void conceal(Position at) { secrets_.push_back(reading_.range(at)); }

  void check_authentication(const Node& directory) {
    const Entry* authentication = directory.find("authentication");
    if (environment_.authentication == model::Authentication::simple) {
      for (const std::string_view key : {"username", "passwordFrom"})
        if (directory.find(key) == nullptr)
          reading_.error(codes::authentication, authentication->value.at,
                         "Authentication simple needs directory." + std::string(key) + ".", "");
      return;
    }
    for (const std::string_view key : {"username", "passwordFrom"})
      if (const Entry* entry = directory.find(key))
        reading_.error(codes::authentication, entry->key_at,
                       "directory." + std::string(key) +
                           " has no effect with kerberos, which uses the ticket cache or a keytab.",
                       "Remove it, or write authentication: simple.");
  }

  void read_servers(const Entry& entry) {
    const Field field{"directory.servers", entry.value};
    if (!require_sequence(field, reading_)) return;
    DuplicateCheck duplicates(field.name, reading_);
    bool has_file = false;
    for (const Node& item : entry.value.items) {
      auto text = read_text({"An entry of directory.servers", item}, reading_);
      if (!text) continue;
      if (const auto problem = server_problem(*text)) {
        reading_.error(
            codes::invalid_server, item.at, in_quotes(without_credentials(*text)) + " " + *problem + ".",
            "Write ldap://HOST, ldaps://HOST, with :PORT where it is not the usual one, or ldif:PATH.");
        continue;
      }
      if (!duplicates.add(*text, *text, item.at)) continue;
      if (text->starts_with(ldif_scheme)) {
        has_file = true;
        *text = std::string(ldif_scheme) + resolved_path(*document_.file, text->substr(ldif_scheme.size()));
      }
      environment_.servers.push_back({std::move(*text), reading_.range(item.at)});
    }
    if (has_file && entry.value.items.size() > 1)
      reading_.error(codes::invalid_server, entry.value.at,
                     "A directory in an LDIF file can't stand in for other servers.",
                     "Give the ldif: entry alone.");
  }

  void read_site(const Entry& entry) {
    const auto text = read_text({"directory.site", entry.value}, reading_);
    if (!text) return;
    if (const auto problem = model::site_name_problem(*text)) {
      reading_.error(codes::invalid_server, entry.value.at,
                     "directory.site " + in_quotes(*text) +
                         " is not the name of an Active Directory site: it " + *problem + ".",
                     "Write the name alone, such as Default-First-Site-Name.");
      return;
    }
    environment_.site = *text;
  }

  void read_password_source(const Entry& entry) {
    if (entry.value.is_scalar()) {
      conceal(entry.value.at);
      reading_.error(codes::literal_password, entry.key_at,
                     "passwordFrom says where the password is kept, and does not hold it.",
                     std::string(password_hint));
      return;
    }
    if (!require_mapping({"directory.passwordFrom", entry.value}, reading_)) return;
    // {value: hunter2} is a likely mistake.
    for (const Entry& member : entry.value.entries)
      if (member.key != "env" && member.key != "file") conceal(member.value.at);
    check_keys(entry.value, "directory.passwordFrom", password_keys, reading_);
    const Entry* variable = entry.value.find("env");
    const Entry* file = entry.value.find("file");
    if (variable == nullptr && file == nullptr && !entry.value.entries.empty())
      return;  // unknown keys, reported above
    if ((variable == nullptr) == (file == nullptr)) {
      reading_.error(codes::authentication, entry.key_at,
                     "directory.passwordFrom must have either env or file.",
                     "Write {env: NAME} or {file: PATH}.");
      return;
    }
    const Entry& source = variable != nullptr ? *variable : *file;
    auto text = read_text({"directory.passwordFrom." + source.key, source.value}, reading_);
    if (!text) return;
    using Kind = model::SecretSource::Kind;
    environment_.password_from = variable != nullptr
                                     ? model::SecretSource{Kind::environment_variable, std::move(*text)}
                                     : model::SecretSource{Kind::file, resolved_path(*document_.file, *text)};
  }

  void read_tls(const Node& node) {
    if (!require_mapping({"directory.tls", node}, reading_)) return;
    check_keys(node, "directory.tls", tls_keys, reading_);
    if (const Entry* entry = node.find("mode"))
      if (const auto mode = read_choice({"directory.tls.mode", entry->value}, tls_modes, reading_))
        environment_.tls_mode = static_cast<model::TlsMode>(*mode);
    if (const Entry* entry = node.find("caFile"))
      if (const auto text = read_text({"directory.tls.caFile", entry->value}, reading_))
        environment_.tls_ca_file = resolved_path(*document_.file, *text);
  }

  void read_kds_root_key(const Node& node) {
    if (!require_mapping({"kdsRootKey", node}, reading_)) return;
    check_keys(node, "kdsRootKey", kds_keys, reading_);
    if (const Entry* entry = node.find("create"))
      environment_.create_kds_root_key =
          read_boolean({"kdsRootKey.create", entry->value}, reading_).value_or(false);
    if (const Entry* entry = node.find("effective"))
      environment_.kds_root_key_effective_immediately =
          read_choice({"kdsRootKey.effective", entry->value}, effective_times, reading_) == size_t{1};
  }

  const Document& document_;
  const Node& spec_;
  Reading& reading_;
  Variables& variables_;
  std::vector<SourceRange>& secrets_;
  model::Environment environment_;
};

}  // namespace

std::string resolved_path(const SourceFile& file, const std::string& path) {
  return (std::filesystem::path(file.folder) / path).lexically_normal().generic_string();
}

model::Environment decode_environment(const Document& document, Diagnostics& diagnostics,
                                      std::vector<SourceRange>& secrets) {
  Variables variables;
  variables.known = true;
  variables.environment = document.metadata.name;
  variables.values.emplace("environment", document.metadata.name);
  Reading reading(document.file->name, variables, diagnostics);
  reading.set_address(document.address());
  return EnvironmentDecoder(document, reading, variables, secrets).decode();
}

Variables variables_of(const model::Environment& environment) {
  Variables variables;
  variables.known = true;
  variables.environment = environment.name;
  for (const auto& [name, value] : environment.variables) variables.values.emplace(name, value);
  variables.values.emplace("environment", environment.name);
  variables.values.emplace("domain", environment.domain);
  return variables;
}

}  // namespace gmsactl::manifest
