#include "tests/fakes/samples.h"

#include "engine/base/text.h"

namespace gmsactl::fakes {

using model::PrincipalRef;

model::Dn dn(std::string_view text) { return model::Dn::parse(text).value(); }

model::Sid domain_sid() { return {5, {21, 1000001, 1000002, 1000003}}; }

model::Sid sid(uint32_t rid) { return domain_sid().with_rid(rid); }

PrincipalRef named(std::string_view name) {
  auto form = PrincipalRef::Form::name;
  if (name.starts_with("S-1-"))
    form = PrincipalRef::Form::sid;
  else if (name.find('=') != std::string_view::npos)
    form = PrincipalRef::Form::dn;
  else if (name.find('\\') != std::string_view::npos)
    form = PrincipalRef::Form::qualified;
  return {form, std::string(name), {}};
}

PrincipalRef group_ref(std::string_view name) {
  return {PrincipalRef::Form::host_group, std::string(name), {}};
}

std::vector<model::Located> located(std::initializer_list<std::string_view> texts) {
  std::vector<model::Located> result;
  for (const auto text : texts) result.push_back({std::string(text), {}});
  return result;
}

model::Declaration<model::Gmsa> account(std::string_view name, std::vector<PrincipalRef> principals) {
  model::Declaration<model::Gmsa> declaration;
  declaration.name = name;
  auto& spec = declaration.spec;
  spec.sam_account_name = name;
  spec.dns_host_name = fold(name) + "." + std::string(domain_name);
  spec.service_principal_names = located({"host/" + std::string(name), "host/" + spec.dns_host_name});
  spec.principals = std::move(principals);
  return declaration;
}

model::Declaration<model::HostGroup> group(std::string_view name, std::vector<PrincipalRef> members) {
  model::Declaration<model::HostGroup> declaration;
  declaration.name = name;
  declaration.spec.sam_account_name = name;
  declaration.spec.common_name = name;
  declaration.spec.members = std::move(members);
  return declaration;
}

model::Marker marker(model::Kind kind, std::string_view name) {
  model::Marker marker;
  marker.owner = "tests";
  marker.environment = "test";
  marker.id = {kind, std::string(name)};
  return marker;
}

model::Desired desired(std::vector<model::Declaration<model::HostGroup>> groups,
                       std::vector<model::Declaration<model::Gmsa>> accounts) {
  model::Desired wanted;
  wanted.environment.name = "test";
  wanted.environment.domain = domain_name;
  wanted.environment.owner = "tests";
  wanted.host_groups = std::move(groups);
  wanted.accounts = std::move(accounts);
  return wanted;
}

}  // namespace gmsactl::fakes
