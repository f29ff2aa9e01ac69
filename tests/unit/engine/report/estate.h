// Two environments in which something of everything happens: for tests of what people look at.
#pragma once

#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report::sample {

using Texts = std::vector<std::string>;

inline model::Change change(model::Kind kind, const std::string& name, model::Action action,
                            std::string_view cause, std::vector<model::FieldChange> fields) {
  model::Change change;
  change.id = {kind, name};
  change.action = action;
  change.cause = cause;
  change.fields = std::move(fields);
  for (auto& field : change.fields)
    if (field.cause.empty()) field.cause = cause;
  if (kind != model::Kind::credential_spec)
    change.dn =
        kind == model::Kind::container
            ? dn(name)
            : dn("CN=" + name + (kind == model::Kind::gmsa ? ",CN=Managed Service Accounts" : ",OU=Hosts") +
                 ",DC=contoso,DC=com");
  if (action != model::Action::create && kind != model::Kind::credential_spec)
    change.guid = *model::Guid::parse("56d9b66c-d746-4f87-bd26-26760cfdca2e");
  if (action != model::Action::remove)
    change.declared_at = {kind == model::Kind::host_group ? "groups.yaml" : "accounts.yaml", 12, 1};
  return change;
}

inline model::FieldChange list(std::string_view path, Texts before, Texts after, Texts added, Texts removed) {
  return {path, std::move(before), std::move(after), std::move(added), std::move(removed)};
}

inline model::Plan busy_plan() {
  using model::Action;
  using model::Kind;
  namespace cause = model::cause;
  constexpr std::string_view spns = "servicePrincipalNames";
  constexpr std::string_view readers = "principalsAllowedToRetrieveManagedPassword";
  auto plan = empty_plan();
  plan.declared_at = {"environments.yaml", 1, 1};
  plan.changes = {
      change(Kind::container, "OU=Batch,DC=contoso,DC=com", Action::create, cause::fresh,
             {{"path", {}, std::string("OU=Batch,DC=contoso,DC=com"), {}, {}}}),
      change(
          Kind::host_group, "ShopHosts", Action::update, cause::both,
          {list("members", {"HOST01$", "HOST02$", "HOST09$"}, {"HOST01$", "HOST02$", "HOST03$"}, {"HOST03$"},
                {"HOST09$"}),
           {"description", std::string("Shop"), std::string("Hosts of the shop"), {}, {}, cause::pending}}),
      change(Kind::host_group, "BatchHosts", Action::create, cause::fresh,
             {{"samAccountName", {}, std::string("BatchHosts"), {}, {}},
              list("members", {}, {"HOST04$", "HOST05$", "ShopHosts"}, {"HOST04$", "HOST05$", "ShopHosts"},
                   {})}),
      change(Kind::gmsa, "Shop", Action::update, cause::drift,
             {list(spns, {"host/Shop", "http/shop.contoso.com", "http/oldshop.contoso.com"},
                   {"host/Shop", "http/shop.contoso.com", "https/shop.contoso.com"},
                   {"https/shop.contoso.com"}, {"http/oldshop.contoso.com"}),
              list(readers, {"ShopHosts", "CONTOSO\\Domain Computers"}, {"ShopHosts"}, {},
                   {"CONTOSO\\Domain Computers"}),
              {"enabled", false, true, {}, {}}}),
      change(Kind::gmsa, "Batch", Action::create, cause::fresh,
             {{"samAccountName", {}, std::string("Batch"), {}, {}},
              {"dnsHostName", {}, std::string("batch.contoso.com"), {}, {}},
              list(spns, {}, {"host/Batch", "host/batch.contoso.com"},
                   {"host/Batch", "host/batch.contoso.com"}, {}),
              list(readers, {}, {"BatchHosts"}, {"BatchHosts"}, {}),
              {"managedPasswordIntervalInDays", {}, int64_t{30}, {}, {}}}),
      change(Kind::gmsa, "Reports", Action::replace, cause::pending,
             {{"managedPasswordIntervalInDays", int64_t{30}, int64_t{7}, {}, {}}}),
      change(Kind::gmsa, "Ledger", Action::move, cause::drift,
             {{"path",
               std::string("OU=Old,DC=contoso,DC=com"),
               std::string("OU=Batch,DC=contoso,DC=com"),
               {},
               {}}}),
      change(Kind::gmsa, "Mail", Action::adopt, cause::fresh,
             {{"description", {}, std::string("Sends mail"), {}, {}}}),
      change(Kind::credential_spec, "docker-prod/Shop@HOST03", Action::create, cause::fresh,
             {{"file", {}, std::string("contoso_shop.json"), {}, {}}}),
      change(Kind::credential_spec, "docker-prod/Shop@HOST09", Action::remove, cause::pending,
             {{"file", std::string("contoso_shop.json"), {}, {}, {}}}),
      change(Kind::gmsa, "Fax", Action::remove, cause::pending,
             {{"samAccountName", std::string("Fax$"), {}, {}, {}},
              {spns, Texts{"host/Fax"}, {}, {}, {"host/Fax"}},
              {readers, Texts{"FaxHosts"}, {}, {}, {"FaxHosts"}}}),
  };
  plan.changes[1].reasons = {"1 member declared but not in the group"};
  plan.changes[3].reasons = {"registered but not declared: http/oldshop.contoso.com",
                             "the account is disabled"};
  plan.changes[4].requires_ = {{Kind::host_group, "BatchHosts"}};
  plan.unreadable = {{{Kind::credential_spec, "docker-prod/Shop@HOST07"},
                      Error{ErrorKind::unavailable,
                            "connecting to host07.contoso.com: no route to host",
                            "Check that the host is up.",
                            {}}}};
  plan.diagnostics = {{Severity::warning, "GMSA0306", "A privileged principal may read a managed password",
                       "Everybody in CONTOSO\\Domain Admins could read the password of GMSA/Shop.",
                       "Name a HostGroup that holds the hosts.", SourceRange{"accounts.yaml", 14, 5},
                       "GMSA/Shop"}};
  return plan;
}

inline model::Plan quiet_plan() {
  auto plan = empty_plan();
  plan.environment = "test";
  plan.domain = "test.contoso.com";
  plan.server = "dc01.test.contoso.com";
  plan.declared_at = {"environments.yaml", 20, 1};
  plan.changes = {change(model::Kind::gmsa, "Shop", model::Action::update, model::cause::pending,
                         {{"description", std::string("Web"), {}, {}, {}}})};
  plan.diagnostics = {diagnostic()};
  return plan;
}

}  // namespace gmsactl::report::sample
