#include "engine/spec/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "engine/base/text.h"

namespace gmsactl::spec {

using Json = nlohmann::ordered_json;
using model::CredentialSpec;
using model::HostAccountConfig;
using model::ScopedAccount;

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr size_t deepest = 32;

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return text;
}

/// "line 3, column 7", of a byte in the text.
std::string place_of(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.find_last_of('\n');
  const size_t column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

tl::unexpected<Error> corrupt(std::string what) { return fail(ErrorKind::corrupt, std::move(what)); }

Result<Json> parse_json(std::string_view text) {
  text = without_mark(text);
  size_t depth = 0;
  for (const char c : text) {  // a bound on recursion, however crude: a spec has four levels
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (depth > deepest) return corrupt("it is nested too deeply to be a credential spec");
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return corrupt("it is not JSON at " + place_of(text, error.byte == 0 ? 0 : error.byte - 1));
  } catch (const Json::exception& error) {
    return corrupt(std::string("it is not JSON: ") + error.what());
  }
}

/// Reads members of one object; the first that is not as it should be is remembered.
class Members {
 public:
  Members(const Json& object, std::string path, std::string& problem)
      : object_(object), path_(std::move(path)), problem_(problem) {
    if (!object.is_object()) refuse("is no object");
  }

  const Json* find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  const Json* required(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) refuse("lacks " + std::string(key));
    return value;
  }
  std::string text(const char* key) {
    const Json* value = required(key);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    refuse(std::string(key) + " is no text");
    return {};
  }

 private:
  void refuse(const std::string& what) {
    if (problem_.empty()) problem_ = (path_.empty() ? "it " : path_ + " ") + what;
  }
  const Json& object_;
  std::string path_;
  std::string& problem_;
};

HostAccountConfig read_config(const Json& object, std::string& problem) {
  Members members(object, "HostAccountConfig", problem);
  HostAccountConfig config;
  config.plugin_guid = members.text("PluginGUID");
  if (const Json* version = members.find("PortableCcgVersion"); version != nullptr)
    config.portable_ccg_version =
        version->is_string() ? version->get<std::string>() : version->dump() + " (not a text)";
  else
    config.portable_ccg_version.clear();
  if (const Json* input = members.required("PluginInput"); input != nullptr) {
    config.plugin_input_is_object = !input->is_string();
    config.plugin_input = input->is_string() ? input->get<std::string>() : input->dump();
  }
  return config;
}

CredentialSpec read_spec(const Json& root, std::string& problem) {
  CredentialSpec spec;
  Members top(root, {}, problem);
  if (const Json* join = top.required("DomainJoinConfig"); join != nullptr) {
    Members members(*join, "DomainJoinConfig", problem);
    spec.sid = members.text("Sid");
    spec.machine_account_name = members.text("MachineAccountName");
    spec.guid = members.text("Guid");
    spec.dns_tree_name = members.text("DnsTreeName");
    spec.dns_name = members.text("DnsName");
    spec.netbios_name = members.text("NetBiosName");
  }
  spec.cms_plugins.clear();
  if (const Json* plugins = top.find("CmsPlugins"); plugins != nullptr && plugins->is_array())
    for (const auto& plugin : *plugins)
      if (plugin.is_string()) spec.cms_plugins.push_back(plugin.get<std::string>());
  const Json* config = top.required("ActiveDirectoryConfig");
  if (config == nullptr) return spec;
  Members members(*config, "ActiveDirectoryConfig", problem);
  if (const Json* accounts = members.required("GroupManagedServiceAccounts"); accounts != nullptr) {
    if (!accounts->is_array() && problem.empty()) problem = "GroupManagedServiceAccounts is no list";
    for (const auto& account : accounts->is_array() ? *accounts : Json::array()) {
      Members entry(account, "an entry of GroupManagedServiceAccounts", problem);
      std::string name = entry.text("Name");
      spec.accounts.push_back({std::move(name), entry.text("Scope")});
    }
  }
  if (const Json* host = members.find("HostAccountConfig"); host != nullptr && !host->is_null())
    spec.host_account_config = read_config(*host, problem);
  return spec;
}

Json input_json(const HostAccountConfig& config) {
  if (!config.plugin_input_is_object) return config.plugin_input;
  Json object = Json::parse(config.plugin_input, nullptr, false);
  return object.is_discarded() ? Json(config.plugin_input) : object;
}

Json config_json(const HostAccountConfig& config) {
  Json json;
  json["PortableCcgVersion"] = config.portable_ccg_version;
  json["PluginGUID"] = config.plugin_guid;
  json["PluginInput"] = input_json(config);
  return json;
}

Json accounts_json(const std::vector<ScopedAccount>& accounts) {
  Json list = Json::array();
  for (const auto& account : accounts) {
    Json entry;
    entry["Name"] = account.name;
    entry["Scope"] = account.scope;
    list.push_back(std::move(entry));
  }
  return list;
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

struct LessAccount {
  bool operator()(const ScopedAccount& a, const ScopedAccount& b) const {
    return std::make_tuple(fold(a.name), fold(a.scope)) < std::make_tuple(fold(b.name), fold(b.scope));
  }
};

bool same_accounts(std::vector<ScopedAccount> a, std::vector<ScopedAccount> b) {
  const auto settle = [](std::vector<ScopedAccount>& list) {
    std::sort(list.begin(), list.end(), LessAccount{});
    list.erase(std::unique(list.begin(), list.end(),
                           [](const auto& x, const auto& y) {
                             return equal_folded(x.name, y.name) && equal_folded(x.scope, y.scope);
                           }),
               list.end());
  };
  settle(a);
  settle(b);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return equal_folded(x.name, y.name) && equal_folded(x.scope, y.scope);
  });
}

bool same_input(const HostAccountConfig& a, const HostAccountConfig& b) {
  if (a.plugin_input_is_object != b.plugin_input_is_object) return false;
  if (!a.plugin_input_is_object) return a.plugin_input == b.plugin_input;
  return nlohmann::json::parse(a.plugin_input, nullptr, false) ==
         nlohmann::json::parse(b.plugin_input, nullptr, false);
}

bool same_config(const std::optional<HostAccountConfig>& a, const std::optional<HostAccountConfig>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return equal_folded(a->plugin_guid, b->plugin_guid) && a->portable_ccg_version == b->portable_ccg_version &&
         same_input(*a, *b);
}

/// The object at `key`, made where there is none.
Json& object_at(Json& parent, const char* key) {
  Json& object = parent[key];
  if (!object.is_object()) object = Json::object();
  return object;
}

void set_text(Json& object, const char* key, const std::string& value) {
  const auto found = object.find(key);
  if (found != object.end() && found->is_string() && equal_folded(found->get<std::string>(), value)) return;
  object[key] = value;
}

}  // namespace

Result<CredentialSpec> parse(std::string_view text) {
  const Json root = GMSACTL_TRY(parse_json(text));
  std::string problem;
  CredentialSpec spec = read_spec(root, problem);
  if (!problem.empty()) return corrupt(problem);
  return spec;
}

std::string render(const CredentialSpec& spec) {
  Json root;
  root["CmsPlugins"] = spec.cms_plugins;
  Json& join = root["DomainJoinConfig"];
  join["Sid"] = spec.sid;
  join["MachineAccountName"] = spec.machine_account_name;
  join["Guid"] = spec.guid;
  join["DnsTreeName"] = spec.dns_tree_name;
  join["DnsName"] = spec.dns_name;
  join["NetBiosName"] = spec.netbios_name;
  Json& config = root["ActiveDirectoryConfig"];
  config["GroupManagedServiceAccounts"] = accounts_json(spec.accounts);
  if (spec.host_account_config) config["HostAccountConfig"] = config_json(*spec.host_account_config);
  return text_of(root);
}

std::string merge(std::string_view existing, const CredentialSpec& spec) {
  auto parsed = parse_json(existing);
  if (!parsed || !parsed->is_object()) return render(spec);
  Json& root = *parsed;
  std::string problem;
  const CredentialSpec before = read_spec(root, problem);
  if (before.cms_plugins != spec.cms_plugins) root["CmsPlugins"] = spec.cms_plugins;
  Json& join = object_at(root, "DomainJoinConfig");
  set_text(join, "Sid", spec.sid);
  set_text(join, "MachineAccountName", spec.machine_account_name);
  set_text(join, "Guid", spec.guid);
  set_text(join, "DnsTreeName", spec.dns_tree_name);
  set_text(join, "DnsName", spec.dns_name);
  set_text(join, "NetBiosName", spec.netbios_name);
  Json& config = object_at(root, "ActiveDirectoryConfig");
  if (!problem.empty() || !same_accounts(before.accounts, spec.accounts))
    config["GroupManagedServiceAccounts"] = accounts_json(spec.accounts);
  if (!spec.host_account_config) {
    config.erase("HostAccountConfig");
  } else if (!problem.empty() || !same_config(before.host_account_config, spec.host_account_config)) {
    Json& host = object_at(config, "HostAccountConfig");
    const Json wanted = config_json(*spec.host_account_config);
    for (const auto& [key, value] : wanted.items()) host[key] = value;
  }
  return text_of(root);
}

bool equal(const CredentialSpec& a, const CredentialSpec& b) {
  return a.cms_plugins == b.cms_plugins && equal_folded(a.sid, b.sid) && equal_folded(a.guid, b.guid) &&
         equal_folded(a.machine_account_name, b.machine_account_name) &&
         equal_folded(a.dns_tree_name, b.dns_tree_name) && equal_folded(a.dns_name, b.dns_name) &&
         equal_folded(a.netbios_name, b.netbios_name) && same_accounts(a.accounts, b.accounts) &&
         same_config(a.host_account_config, b.host_account_config);
}

}  // namespace gmsactl::spec
