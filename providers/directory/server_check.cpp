#include "providers/directory/server_check.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

namespace {

// [MS-ADTS] 3.1.1.3.4.3: the DC keeps a partial set of secrets, which is to say it is read-only.
constexpr std::string_view partial_secrets_capability = "1.2.840.113556.1.4.1920";
constexpr std::string_view ad_lds_capability = "1.2.840.113556.1.4.1851";

bool has_capability(const ldap::Entry& root_dse, std::string_view oid) {
  const auto* capabilities = root_dse.find("supportedCapabilities");
  return capabilities != nullptr &&
         std::ranges::find(capabilities->values, oid) != capabilities->values.end();
}

/// Whether it is a domain controller, and shows what is read of each.
Result<void> check_kind(const ldap::Entry& root_dse) {
  const std::string hint =
      "Name a domain controller in directory.servers of the Environment or with --server.";
  if (has_capability(root_dse, ad_lds_capability))
    return fail(ErrorKind::unsupported, "the server is an AD LDS instance, which has no accounts of a domain",
                hint);
  if (!root_dse.first("defaultNamingContext")) {
    std::string other;
    if (const auto* classes = root_dse.find("objectClass"))
      if (std::ranges::find(classes->values, "OpenLDAProotDSE") != classes->values.end()) other = "OpenLDAP";
    if (const auto vendor = root_dse.first("vendorName")) other = printable(*vendor);
    return fail(
        ErrorKind::unsupported,
        "the server is no Active Directory domain controller: its rootDSE has no defaultNamingContext" +
            (other.empty() ? "" : ", and says that it is " + other),
        hint);
  }
  const std::string proxy =
      "Check that the connection ends at a domain controller and not at a proxy or a virtual directory.";
  for (const std::string name : {"configurationNamingContext", "rootDomainNamingContext"}) {
    const auto dn = root_dse.first(name);
    if (!dn)
      return fail(ErrorKind::unsupported,
                  "the server's rootDSE has no " + name + ", which every domain controller shows", proxy);
    if (!model::Dn::parse(*dn))
      return fail(ErrorKind::unsupported,
                  "the server's rootDSE has a " + name + " that is no DN: " + printable(*dn), proxy);
  }
  return {};
}

bool is_true(std::optional<std::string_view> value) { return equal_folded(value.value_or(""), "TRUE"); }

/// What no transport fault keeps from being known is taken from `read`; an object that is not there or hidden
/// says nothing.
Result<std::optional<ldap::Entry>> if_shown(Result<ldap::Entry> read) {
  if (read) return std::optional(std::move(*read));
  const auto kind = read.error().kind;
  if (kind == ErrorKind::unavailable || kind == ErrorKind::timeout) return fail(std::move(read).error());
  return std::nullopt;
}

/// Its capabilities need not be shown, or not all of them. The controller's own settings object, or that of
/// its server, says so too: class nTDSDSARO ([MS-ADTS] 6.1.1.2.2.1.2.1.2) and msDS-isRODC (3.1.1.4.5.30).
Result<bool> is_read_only(ldap::Reader& transport, const ldap::Entry& root_dse) {
  if (has_capability(root_dse, partial_secrets_capability)) return true;
  for (const auto* name : {"dsServiceName", "serverName"}) {
    const auto dn = root_dse.first(name);
    if (!dn) continue;
    const auto object = GMSACTL_TRY(
        if_shown(ldap::read(transport, std::string(*dn), {attribute::object_class, "msDS-isRODC"})));
    if (!object || (!object->find(attribute::object_class) && !object->find("msDS-isRODC"))) continue;
    return has_class(*object, "nTDSDSARO") || is_true(object->first("msDS-isRODC"));
  }
  return false;
}

}  // namespace

Result<ldap::Entry> check_server(ldap::Reader& transport, const model::Environment& environment) {
  ldap::Entry root_dse = GMSACTL_TRY(
      ldap::read(transport, "",
                 {"defaultNamingContext", "configurationNamingContext", "rootDomainNamingContext",
                  "dnsHostName", "currentTime", "supportedCapabilities", "supportedControl", "dsServiceName",
                  "serverName", "isGlobalCatalogReady", "isSynchronized", "objectClass", "vendorName"}));
  GMSACTL_TRY(check_kind(root_dse));
  const auto context = root_dse.first("defaultNamingContext");
  const model::Dn wanted = model::Dn::of_domain(environment.domain);
  if (model::dn_key(*context) != wanted.key())
    return fail(ErrorKind::invalid,
                "the server is of another domain: it holds " + printable(*context) +
                    ", the Environment is of " + environment.domain,
                "Correct domain or directory.servers of Environment " + environment.name + ".");
  if (GMSACTL_TRY(is_read_only(transport, root_dse)))
    return fail(ErrorKind::unsupported, "the server is a read-only domain controller",
                "Name a writable one: accounts and their passwords exist there only.");
  if (equal_folded(root_dse.first("isSynchronized").value_or(""), "FALSE"))
    return fail(
        ErrorKind::unavailable,
        "the domain controller is still starting: its first replication is not complete (isSynchronized)",
        "Wait until it is, or name another one.");
  return root_dse;
}

Result<void> check_global_catalog(ldap::Reader& transport, const ldap::Entry& root_dse) {
  const auto own = GMSACTL_TRY(ldap::read(transport, "", {"rootDomainNamingContext"}));
  const auto forest = own.first("rootDomainNamingContext");
  if (!forest)
    return fail(ErrorKind::unsupported,
                "it is no global catalog: its rootDSE has no rootDomainNamingContext");
  const auto wanted = root_dse.first("rootDomainNamingContext").value_or("");
  if (model::dn_key(*forest) != model::dn_key(wanted))
    return fail(ErrorKind::unsupported, "it is a global catalog of another forest, " + printable(*forest));
  return {};
}

}  // namespace gmsactl::directory
