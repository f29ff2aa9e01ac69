#include "engine/manifest/write.h"

#include <yaml-cpp/yaml.h>

#include "engine/manifest/decode.h"
#include "engine/model/fields.h"

namespace gmsactl::manifest {

namespace {

/// `${` begins a variable, and `$${` is how it is written where none is meant.
std::string without_variables(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "${") == 0) result += '$';
    result += text[i];
  }
  return result;
}

class Writer {
 public:
  Writer(std::string_view kind, const std::string& name, bool protect) {
    yaml_ << YAML::BeginMap << YAML::Key << "apiVersion" << YAML::Value << "gmsactl/v1";
    yaml_ << YAML::Key << "kind" << YAML::Value << std::string(kind);
    yaml_ << YAML::Key << "metadata" << YAML::Value << YAML::BeginMap;
    yaml_ << YAML::Key << "name" << YAML::Value << YAML::DoubleQuoted << name;
    if (protect) boolean("protect", true);
    yaml_ << YAML::EndMap << YAML::Key << "spec" << YAML::Value << YAML::BeginMap;
  }

  void text(std::string_view key, const std::string& value) {
    yaml_ << YAML::Key << std::string(key) << YAML::Value;
    scalar(value);
  }
  void word(std::string_view key, std::string_view value) {
    yaml_ << YAML::Key << std::string(key) << YAML::Value << std::string(value);
  }
  void boolean(std::string_view key, bool value) {
    yaml_ << YAML::Key << std::string(key) << YAML::Value << value;
  }
  void number(std::string_view key, uint32_t value) {
    yaml_ << YAML::Key << std::string(key) << YAML::Value << value;
  }
  /// null clears.
  void clearable(std::string_view key, const std::optional<std::string>& value) {
    if (!value) return;
    if (value->empty())
      yaml_ << YAML::Key << std::string(key) << YAML::Value << YAML::Null;
    else
      text(key, *value);
  }
  void boolean(std::string_view key, const std::optional<bool>& value) {
    if (value) boolean(key, *value);
  }
  void dn(std::string_view key, const std::optional<model::Dn>& value) {
    if (value) text(key, value->text());
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    yaml_ << YAML::Key << std::string(key) << YAML::Value << YAML::BeginSeq;
    for (const auto& value : values) scalar(value);
    yaml_ << YAML::EndSeq;
  }
  void principals(std::string_view key, const std::vector<model::PrincipalRef>& refs) {
    yaml_ << YAML::Key << std::string(key) << YAML::Value << YAML::BeginSeq;
    for (const auto& ref : refs) {
      if (ref.form == model::PrincipalRef::Form::host_group) {
        yaml_ << YAML::Flow << YAML::BeginMap << YAML::Key << "hostGroup" << YAML::Value;
        scalar(ref.text);
        yaml_ << YAML::EndMap;
      } else {
        scalar(ref.text);
      }
    }
    yaml_ << YAML::EndSeq;
  }

  std::string finish() {
    yaml_ << YAML::EndMap << YAML::EndMap;
    return std::string("---\n") + yaml_.c_str() + "\n";
  }

 private:
  void scalar(const std::string& value) { yaml_ << YAML::DoubleQuoted << without_variables(value); }

  YAML::Emitter yaml_;
};

void write(Writer& document, const model::GroupField& row, model::GroupHook hook,
           const model::HostGroup& group) {
  using Hook = model::GroupHook;
  switch (hook) {
    case Hook::sam_account_name:
      return document.text(row.key, group.sam_account_name);
    case Hook::common_name:
      return document.text(row.key, group.common_name);
    case Hook::path:
      return document.dn(row.key, group.path);
    case Hook::scope:
      return document.word(row.key, model::name(group.scope));
    case Hook::members:
      if (group.members) document.principals(row.key, *group.members);
      return;
    case Hook::membership:
      return document.word(row.key, model::name(group.membership));
    case Hook::orphaned_members:
      if (!group.keep_orphaned_members) document.word(row.key, model::orphan_choices[1]);
      return;
  }
}

void write(Writer& document, const model::GmsaField& row, model::GmsaHook hook, const model::Gmsa& account) {
  using Hook = model::GmsaHook;
  switch (hook) {
    case Hook::sam_account_name:
      return document.text(row.key, account.sam_account_name);
    case Hook::allow_long_name:
      if (account.sam_account_name.size() > longest_usual_account_name) document.boolean(row.key, true);
      return;
    case Hook::path:
      return document.dn(row.key, account.path);
    case Hook::dns_host_name:
      return document.text(row.key, account.dns_host_name);
    case Hook::service_principal_names: {
      std::vector<std::string> spns;
      for (const auto& spn : account.service_principal_names) spns.push_back(spn.text);
      return document.texts(row.key, spns);
    }
    case Hook::service_principal_names_mode:
      if (account.service_principal_names_mode != model::SpnMode::exact)
        document.word(row.key, model::name(account.service_principal_names_mode));
      return;
    case Hook::readers:
      return document.principals(row.key, account.principals);
    case Hook::orphaned_principals:
      return document.word(row.key, model::orphan_choices[account.keep_orphaned_principals ? 0 : 1]);
    case Hook::password_interval:
      return document.number(row.key, account.password_interval_days);
    case Hook::encryption_types:
      return document.texts(row.key, model::encryption_type_names(account.encryption_types));
    case Hook::common_name:
      return;  // metadata.name
    case Hook::credential_spec:
      return;  // nothing of the account itself, which is all that is written
  }
}

void write(Writer& document, const model::GmsaField& row, const model::FlagField& flag,
           const model::Gmsa& account) {
  document.boolean(row.key, flag.wanted(account));
}

void write(Writer& document, const model::GmsaField& row, const model::ListField& list,
           const model::Gmsa& account) {
  if (const auto& values = account.*list.declared) document.texts(row.key, *values);
}

template <class Row, class Spec, class Live>
void write(Writer& document, const Row& row, const model::TextField<Spec, Live>& text, const Spec& spec) {
  document.clearable(row.key, spec.*text.declared);
}

template <class Spec>
std::string text_of(std::string_view kind, const model::Declaration<Spec>& declaration) {
  Writer document(kind, declaration.name, declaration.protect);
  for (const auto& row : model::fields_of(declaration.spec))
    std::visit([&](const auto& access) { write(document, row, access, declaration.spec); }, row.access);
  return document.finish();
}

}  // namespace

std::string manifest_text(const model::Declaration<model::HostGroup>& declaration) {
  return text_of("HostGroup", declaration);
}

std::string manifest_text(const model::Declaration<model::Gmsa>& declaration) {
  return text_of("GMSA", declaration);
}

}  // namespace gmsactl::manifest
