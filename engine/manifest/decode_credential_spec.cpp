// GMSA.spec.credentialSpec: where the account's credential spec goes, and what it says beyond the directory's
// facts.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "engine/manifest/decode.h"
#include "engine/manifest/lists.h"
#include "engine/manifest/names.h"
#include "engine/model/guid.h"

namespace gmsactl::manifest {

namespace {

constexpr std::array<std::string_view, 4> keys{"targets", "fileName", "additionalAccounts",
                                               "hostAccountConfig"};
constexpr std::array<std::string_view, 3> account_keys{"gmsa", "name", "domain"};
constexpr std::array<std::string_view, 3> config_keys{"pluginGuid", "pluginInput", "portableCcgVersion"};
constexpr size_t longest_file_name = 200;

std::vector<model::Located> read_targets(const Node& node, Reading& reading) {
  std::vector<model::Located> targets;
  if (node.is_null() || !require_sequence({"credentialSpec.targets", node}, reading)) return targets;
  DuplicateCheck duplicates("credentialSpec.targets", reading);
  for (const Node& item : node.items)
    if (auto name = read_text({"An entry of credentialSpec.targets", item}, reading);
        name && duplicates.add(*name, *name, item.at))
      targets.push_back({std::move(*name), reading.range(item.at)});
  return targets;
}

/// A name that Windows takes for a file ([MS-FSCC] 2.1.5), and that stays in its folder.
std::optional<std::string> file_name_problem(std::string_view name) {
  if (!name.ends_with(".json")) return "must end in .json";
  if (name.size() > longest_file_name) return "is too long";
  if (name.find_first_of("/\\:*?\"<>|") != std::string_view::npos || hidden_character_problem(name))
    return "contains a character that a file name can't have";
  const std::string stem = fold(name.substr(0, name.find('.')));
  if (stem.empty()) return "has nothing before its first dot";
  static constexpr std::array<std::string_view, 4> devices{"con", "prn", "aux", "nul"};
  const bool numbered = stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
                        stem[3] >= '0' && stem[3] <= '9';
  if (numbered || std::find(devices.begin(), devices.end(), stem) != devices.end())
    return "is the name of a device in Windows";
  return std::nullopt;
}

void read_file_name(const Entry& entry, model::SpecDelivery& delivery, Reading& reading) {
  auto name = read_text({"credentialSpec.fileName", entry.value}, reading);
  if (!name) return;
  if (const auto problem = file_name_problem(*name))
    reading.error(codes::invalid_name, entry.value.at, "fileName " + in_quotes(*name) + " " + *problem + ".",
                  "Write a plain name such as contoso_webapp01.json.");
  delivery.file_name = std::move(*name);
}

std::optional<model::AdditionalAccount> read_account(const Node& item, Reading& reading) {
  if (!require_mapping({"An entry of additionalAccounts", item}, reading)) return std::nullopt;
  check_keys(item, "an entry of additionalAccounts", account_keys, reading);
  const Entry* gmsa = item.find("gmsa");
  const Entry* name = item.find("name");
  const Entry* domain = item.find("domain");
  if ((gmsa == nullptr) == (name == nullptr) || (gmsa != nullptr && domain != nullptr)) {
    reading.error(codes::missing_field, item.at,
                  "An entry of additionalAccounts is either {gmsa: NAME} or {name: NAME, domain: DOMAIN}.",
                  "Use gmsa for an account of these manifests, name and domain for any other.");
    return std::nullopt;
  }
  model::AdditionalAccount account;
  const Entry& named = gmsa != nullptr ? *gmsa : *name;
  auto text = read_text({named.key, named.value}, reading);
  if (!text) return std::nullopt;
  account.where = reading.range(named.value.at);
  if (gmsa != nullptr) {
    account.gmsa = std::move(*text);
    return account;
  }
  if (text->ends_with('$'))
    reading.error(codes::invalid_name, named.value.at,
                  in_quotes(*text) + " ends in $, which specs don't have.",
                  "Write " + in_quotes(text->substr(0, text->size() - 1)) + ".");
  else if (const auto problem = account_name_problem(*text, longest_account_name - 1))
    reading.error(codes::invalid_name, named.value.at,
                  "The account " + in_quotes(*text) + " " + *problem + ".", "");
  account.name = std::move(*text);
  if (domain != nullptr) {
    account.domain = read_text({"domain", domain->value}, reading).value_or("");
    if (const auto problem = account.domain.empty() ? std::nullopt : dns_name_problem(account.domain))
      reading.error(codes::invalid_dns_name, domain->value.at,
                    "The domain " + in_quotes(account.domain) + " " + *problem + ".",
                    "Write its DNS or NetBIOS name.");
  }
  return account;
}

nlohmann::ordered_json to_json(const Node& node, Reading& reading) {
  if (node.is_mapping()) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const Entry& entry : node.entries) object[entry.key] = to_json(entry.value, reading);
    return object;
  }
  if (node.is_sequence()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Node& item : node.items) list.push_back(to_json(item, reading));
    return list;
  }
  if (node.is_null()) return nullptr;
  return read_text({"A value in pluginInput", node}, reading).value_or("");
}

void read_config(const Node& node, model::SpecDelivery& delivery, Reading& reading) {
  if (!require_mapping({"credentialSpec.hostAccountConfig", node}, reading)) return;
  check_keys(node, "hostAccountConfig", config_keys, reading);
  model::HostAccountConfig config;
  const Entry* guid = node.find("pluginGuid");
  const Entry* input = node.find("pluginInput");
  if (guid == nullptr)
    missing("hostAccountConfig.pluginGuid", "A hostAccountConfig", node.at, "Write the CLSID of the plug-in.",
            reading);
  if (input == nullptr)
    missing("hostAccountConfig.pluginInput", "A hostAccountConfig", node.at,
            "Write what the plug-in is to read.", reading);
  if (guid != nullptr) {
    auto text = read_text({"pluginGuid", guid->value}, reading).value_or("");
    const bool braced = text.starts_with('{') && text.ends_with('}');
    const std::string bare = braced ? text.substr(1, text.size() - 2) : text;
    if (!text.empty() && !model::Guid::parse(bare))
      reading.error(codes::invalid_name, guid->value.at, "pluginGuid " + in_quotes(text) + " is no GUID.",
                    "Write it as {859E1386-BDB4-49E8-85C7-3070B13920E1}.");
    config.plugin_guid = "{" + bare + "}";
  }
  if (input != nullptr) {
    config.plugin_input_is_object = input->value.is_mapping();
    if (config.plugin_input_is_object)
      config.plugin_input =
          to_json(input->value, reading).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    else
      config.plugin_input = read_text({"pluginInput", input->value}, reading).value_or("");
  }
  if (const Entry* version = node.find("portableCcgVersion"))
    config.portable_ccg_version = read_text({"portableCcgVersion", version->value}, reading).value_or("1");
  delivery.host_account_config = std::move(config);
}

}  // namespace

std::optional<model::SpecDelivery> read_credential_spec(const Field& field, Reading& reading) {
  if (!require_mapping(field, reading)) return std::nullopt;
  const Node& node = field.value;
  check_keys(node, "credentialSpec", keys, reading);
  model::SpecDelivery delivery;
  if (const Entry* targets = node.find("targets"))
    delivery.targets = read_targets(targets->value, reading);
  else
    missing("credentialSpec.targets", "A credentialSpec", node.at,
            "Write targets: and the names of SpecTargets.", reading);
  if (const Entry* name = node.find("fileName")) read_file_name(*name, delivery, reading);
  if (const Entry* accounts = node.find("additionalAccounts");
      accounts != nullptr && !accounts->value.is_null() &&
      require_sequence({"credentialSpec.additionalAccounts", accounts->value}, reading)) {
    DuplicateCheck duplicates("additionalAccounts", reading);
    for (const Node& item : accounts->value.items)
      if (auto account = read_account(item, reading)) {
        const std::string shown = account->gmsa.empty() ? account->name : account->gmsa;
        if (duplicates.add(account->gmsa + "/" + account->name + "/" + account->domain, shown, item.at))
          delivery.additional_accounts.push_back(std::move(*account));
      }
  }
  if (const Entry* config = node.find("hostAccountConfig")) read_config(config->value, delivery, reading);
  return delivery;
}

}  // namespace gmsactl::manifest
