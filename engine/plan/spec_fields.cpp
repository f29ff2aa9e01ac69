#include "engine/plan/spec_fields.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/spec/json.h"
#include "engine/spec/validate.h"

namespace gmsactl::plan {

using model::CredentialSpec;
using model::FieldValue;

namespace {

FieldValue value_of(const std::string& text) { return text_value(text); }

std::string account_text(const model::ScopedAccount& account) { return account.name + " @ " + account.scope; }

std::vector<std::string> account_texts(const CredentialSpec& spec) {
  std::vector<std::string> texts;
  for (const auto& account : spec.accounts) texts.push_back(account_text(account));
  return texts;
}

/// What a plan shows of it. A password has no business in there, and none in a plan either.
std::string shown_input(const std::optional<model::HostAccountConfig>& config) {
  if (!config) return {};
  return spec::looks_like_password(config->plugin_input) ? "(hidden: it seems to hold a password)"
                                                         : config->plugin_input;
}

/// Values that mean the same in another case are no change.
void text_field(Fields& fields, std::string_view path, const std::string& before, const std::string& after) {
  if (!equal_folded(before, after)) fields.value(path, value_of(before), value_of(after));
}

}  // namespace

void contents_fields(Fields& fields, const CredentialSpec& before, const CredentialSpec& after) {
  text_field(fields, "DomainJoinConfig.MachineAccountName", before.machine_account_name,
             after.machine_account_name);
  text_field(fields, "DomainJoinConfig.Sid", before.sid, after.sid);
  text_field(fields, "DomainJoinConfig.Guid", before.guid, after.guid);
  text_field(fields, "DomainJoinConfig.DnsTreeName", before.dns_tree_name, after.dns_tree_name);
  text_field(fields, "DomainJoinConfig.DnsName", before.dns_name, after.dns_name);
  text_field(fields, "DomainJoinConfig.NetBiosName", before.netbios_name, after.netbios_name);
  fields.set("GroupManagedServiceAccounts", account_texts(before), account_texts(after));
  const auto guid = [](const auto& config) { return config ? config->plugin_guid : std::string(); };
  const auto version = [](const auto& config) {
    return config ? config->portable_ccg_version : std::string();
  };
  const auto& was = before.host_account_config;
  const auto& shall = after.host_account_config;
  text_field(fields, "HostAccountConfig.PluginGUID", guid(was), guid(shall));
  text_field(fields, "HostAccountConfig.PortableCcgVersion", version(was), version(shall));
  const auto input = [](const auto& config) { return config ? config->plugin_input : std::string(); };
  if (input(was) != input(shall)) {
    std::string from = shown_input(was);
    std::string to = shown_input(shall);
    if (from == to) from += " (another value)";
    fields.value("HostAccountConfig.PluginInput", value_of(from), value_of(to));
  }
  if (before.cms_plugins != after.cms_plugins)
    fields.set("CmsPlugins", before.cms_plugins, after.cms_plugins);
}

std::string spec_hash(const std::string& name, const std::optional<CredentialSpec>& spec,
                      const std::vector<std::string>& lines, const std::vector<std::string>& bindings) {
  std::string text = name + "\n" + (spec ? spec::render(*spec) : join(lines, "\n"));
  for (const auto& binding : bindings) text += "\n" + binding;
  return value_hash(std::move(text), /*fold_text=*/spec.has_value());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::vector<std::string> lines_without(const std::vector<std::string>& lines,
                                       std::vector<std::string> without) {
  std::vector<std::string> rest;
  for (const auto& line : lines) {
    const auto found = std::find(without.begin(), without.end(), line);
    if (found == without.end())
      rest.push_back(line);
    else
      without.erase(found);
  }
  return rest;
}

}  // namespace gmsactl::plan
