#include <utility>

#include "engine/base/text.h"
#include "engine/manifest/cross_checks.h"
#include "engine/manifest/loaded_documents.h"
#include "engine/manifest/names.h"
#include "engine/manifest/naming_context.h"
#include "engine/model/spn.h"

namespace gmsactl::manifest {

namespace {

/// Turns the documents of one environment into declarations, filling in the defaults that depend on it.
class Resolver {
 public:
  Resolver(const model::Environment& environment, Diagnostics& diagnostics)
      : environment_(environment),
        variables_(variables_of(environment)),
        domain_dn_(model::Dn::of_domain(environment.domain)),
        diagnostics_(diagnostics) {}

  std::optional<model::Declaration<model::HostGroup>> host_group(const LoadedDocument& loaded) {
    auto fields = fields_of<HostGroupFields>(loaded, decode_host_group);
    if (!fields) return std::nullopt;
    auto declaration = declare(loaded.document, std::move(fields->spec), std::move(fields->positions));
    auto& group = declaration.spec;
    if (group.sam_account_name.empty()) {
      group.sam_account_name = declaration.name;
      check_default_account_name(loaded.document, longest_account_name);
    }
    if (group.common_name.empty()) group.common_name = declaration.name;
    check_path(declaration, group.path);
    if (group.members) check_names(declaration.name, DocumentKind::host_group, *group.members);
    return declaration;
  }

  std::optional<model::Declaration<model::Gmsa>> account(const LoadedDocument& loaded) {
    auto fields = fields_of<GmsaFields>(loaded, decode_gmsa);
    if (!fields) return std::nullopt;
    auto declaration = declare(loaded.document, std::move(fields->spec), std::move(fields->positions));
    auto& account = declaration.spec;
    bool has_good_name = true;
    if (account.sam_account_name.empty()) {
      account.sam_account_name = declaration.name;
      has_good_name = check_default_account_name(
          loaded.document, fields->allow_long_name ? longest_gmsa_name : longest_usual_account_name);
    }
    if (has_good_name) fill_in_names(declaration, fields->has_service_principal_names);
    check_path(declaration, account.path);
    check_names(declaration.name, DocumentKind::gmsa, account.principals);
    if (account.principals.empty()) warn_of_no_readers(declaration);
    return declaration;
  }

  std::optional<model::Declaration<model::SpecTarget>> spec_target(const LoadedDocument& loaded) {
    auto fields = fields_of<SpecTargetFields>(loaded, decode_spec_target);
    if (!fields) return std::nullopt;
    resolve_paths(fields->spec, *loaded.document.file);
    return declare(loaded.document, std::move(fields->spec), std::move(fields->positions));
  }

 private:
  template <class Fields>
  std::optional<Fields> fields_of(const LoadedDocument& loaded, Fields (*decode)(const Node&, Reading&)) {
    if (!loaded.varies()) return std::get<Fields>(loaded.fields);
    const Document& document = loaded.document;
    Diagnostics own;
    Reading reading(document.file->name, variables_, own);
    reading.set_address(document.address());
    const Override* changed = document.override_for(environment_.name);
    auto fields = changed == nullptr ? decode(document.spec, reading)
                                     : decode(merge_patch(document.spec, changed->patch), reading);
    const bool wrong = has_errors(own);
    for (auto& each : own) diagnostics_.push_back(std::move(each));
    if (wrong) return std::nullopt;
    return fields;
  }

  template <class Spec>
  model::Declaration<Spec> declare(const Document& document, Spec&& spec, FieldPositions&& positions) {
    model::Declaration<Spec> declaration;
    declaration.name = document.metadata.name;
    declaration.spec = std::forward<Spec>(spec);
    declaration.protect = document.metadata.protect;
    declaration.labels = document.metadata.labels;
    declaration.declared_at = document.declared_at();
    declaration.field_positions = std::move(positions);
    return declaration;
  }

  void error(const Code& code, SourceRange where, std::string address, std::string detail, std::string hint) {
    auto problem = make_diagnostic(Severity::error, code, where, std::move(detail), std::move(hint));
    problem.address = std::move(address);
    diagnostics_.push_back(std::move(problem));
  }

  bool check_default_account_name(const Document& document, size_t longest) {
    const auto& name = document.metadata.name;
    auto problem = account_name_problem(name, longest);
    if (!problem && document.kind == DocumentKind::gmsa && name.ends_with('$'))
      problem = "ends in $, which gmsactl adds itself";
    if (!problem) return true;
    error(codes::invalid_name, document.name_range(), document.address(),
          "The name " + in_quotes(name) + " can't be the sAMAccountName too, since it " + *problem + ".",
          "Give spec.samAccountName.");
    return false;
  }

  void fill_in_names(model::Declaration<model::Gmsa>& declaration, bool has_spns) {
    auto& account = declaration.spec;
    const auto where = declaration.position("samAccountName");
    const auto address = "GMSA/" + declaration.name;
    if (account.dns_host_name.empty()) {
      account.dns_host_name = account.sam_account_name + "." + environment_.domain;
      if (const auto problem = dns_name_problem(account.dns_host_name)) {
        error(codes::invalid_dns_name, where, address,
              "The default dnsHostName " + in_quotes(account.dns_host_name) + " " + *problem + ".",
              "Give spec.dnsHostName.");
        return;
      }
    }
    if (has_spns || account.service_principal_names_mode == model::SpnMode::unmanaged) return;
    for (const auto& host : {account.sam_account_name, account.dns_host_name}) {
      const std::string spn = "host/" + host;
      if (!model::Spn::parse(spn)) {
        error(codes::invalid_spn, where, address,
              "The default service principal name " + in_quotes(spn) + " is not a valid one.",
              "Give spec.servicePrincipalNames.");
        return;
      }
      const bool is_known = !account.service_principal_names.empty() &&
                            equal_folded(account.service_principal_names.front().text, spn);
      if (!is_known) account.service_principal_names.push_back({spn, where});
    }
  }

  template <class Spec>
  void check_path(const model::Declaration<Spec>& declaration, const std::optional<model::Dn>& path) {
    if (!path) return;
    constexpr auto kind = std::is_same_v<Spec, model::Gmsa> ? DocumentKind::gmsa : DocumentKind::host_group;
    const std::string address = std::string(name(kind)) + "/" + declaration.name;
    if (!path->is_under(domain_dn_) && *path != domain_dn_)
      error(codes::path_outside_domain, declaration.position("path"), address,
            "path is not in the domain " + environment_.domain + " of the environment " + environment_.name +
                ".",
            "It must end in " + domain_dn_.text() + ".");
    else if (const auto problem = other_naming_context(*path, domain_dn_))
      error(codes::path_outside_domain, declaration.position("path"), address, "path " + *problem + ".",
            "Write a container or an organizational unit of the domain.");
  }

  /// A computer's DNS name is what people know it by, but not what AD finds it by.
  void check_names(const std::string& document_name, DocumentKind kind,
                   const std::vector<model::PrincipalRef>& refs) {
    const std::string suffix = "." + environment_.domain;
    for (const auto& ref : refs) {
      if (ref.form != model::PrincipalRef::Form::name || ref.text.size() <= suffix.size()) continue;
      const size_t length = ref.text.size() - suffix.size();
      if (!equal_folded(std::string_view(ref.text).substr(length), suffix)) continue;
      error(codes::invalid_principal, ref.where, std::string(name(kind)) + "/" + document_name,
            in_quotes(ref.text) + " is a DNS name, but a principal is found by its account name.",
            "Write " + printable(ref.text.substr(0, length)) + ".");
    }
  }

  void warn_of_no_readers(const model::Declaration<model::Gmsa>& declaration) {
    constexpr std::string_view field = "principalsAllowedToRetrieveManagedPassword";
    auto problem = make_diagnostic(Severity::warning, codes::no_readers, declaration.position(field),
                                   "GMSA/" + printable(declaration.name) + " has no " + std::string(field) +
                                       ", so nothing can run as it.",
                                   "List the hosts' group: " + std::string(field) + ": [{hostGroup: NAME}]");
    problem.address = "GMSA/" + declaration.name;
    diagnostics_.push_back(std::move(problem));
  }

  const model::Environment& environment_;
  const Variables variables_;
  const model::Dn domain_dn_;
  Diagnostics& diagnostics_;
};

}  // namespace

model::Desired resolve_environment(const LoadedDocuments& loaded, const model::Environment& environment,
                                   Diagnostics& diagnostics) {
  model::Desired desired;
  desired.environment = environment;
  Resolver resolver(environment, diagnostics);
  for (const LoadedDocument& each : loaded.documents) {
    if (each.has_errors || !each.document.belongs_to(environment.name)) continue;
    switch (each.document.kind) {
      case DocumentKind::environment:
        break;
      case DocumentKind::host_group:
        if (auto group = resolver.host_group(each)) desired.host_groups.push_back(std::move(*group));
        break;
      case DocumentKind::gmsa:
        if (auto account = resolver.account(each)) desired.accounts.push_back(std::move(*account));
        break;
      case DocumentKind::spec_target:
        if (auto target = resolver.spec_target(each)) desired.spec_targets.push_back(std::move(*target));
        break;
    }
  }
  check_references(desired, loaded, diagnostics);
  check_nesting(desired, diagnostics);
  check_uniqueness(desired, diagnostics);
  check_deliveries(desired, loaded, diagnostics);
  check_accepted_drift(desired, loaded, diagnostics);
  return desired;
}

}  // namespace gmsactl::manifest
