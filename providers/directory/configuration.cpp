#include "providers/directory/configuration.h"

#include <algorithm>
#include <deque>
#include <set>

#include "engine/base/text.h"
#include "engine/model/domain.h"
#include "engine/model/fields.h"
#include "providers/directory/decode.h"
#include "providers/directory/forest.h"
#include "providers/directory/visibility.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Dn;

namespace {

constexpr char system_flags[] = "systemFlags";
constexpr char spn_mappings[] = "sPNMappings";

class Configuration {
 public:
  Configuration(ldap::Reader& transport, const std::string& service, Facts& facts)
      : transport_(transport), own_service_(model::dn_key(service)), facts_(facts) {}

  Result<void> read() {
    // Where these are not shown: a domain is named after its DN ([MS-ADTS] 3.1.1.1.5).
    facts_.dns_domain = model::dns_name_of(facts_.domain_dn);
    unread(Fact::netbios_name,
           "nETBIOSName of the crossRef of " + facts_.domain_dn.text() + " is not readable",
           grant(facts_.configuration_dn.child("CN", "Partitions").text()));
    unread(Fact::spn_mappings,
           "CN=Directory Service, which holds sPNMappings, is not readable under " +
               facts_.configuration_dn.text(),
           grant("CN=Directory Service,CN=Windows NT,CN=Services," + facts_.configuration_dn.text()));
    ldap::SearchRequest request;
    request.base = facts_.configuration_dn.text();
    request.filter =
        "(|(objectClass=crossRef)(objectClass=nTDSDSA)(objectClass=server)(objectClass=nTDSService))";
    request.attributes = {attribute::object_class, attribute::object_guid, "nCName",    "dnsRoot",
                          "nETBIOSName",           system_flags,           spn_mappings};
    GMSACTL_TRY(transport_.search(request, [this](Entry&& entry) {
      take(std::move(entry));
      return true;
    }));
    GMSACTL_TRY(settle());
    decide_controllers();
    return {};
  }

 private:
  struct Open {
    Entry entry;
    Fact fact;
    std::string attribute;
    std::vector<model::UnreadAttribute> missing;
  };

  static std::string grant(const std::string& dn) {
    return "Grant the account that gmsactl runs as the right to read all properties of it, for example: "
           "dsacls \"" +
           dn + "\" /I:T /G \"DOMAIN\\USER:GR\"";
  }

  void unread(Fact fact, std::string message, std::string hint) {
    facts_.unread.insert_or_assign(
        fact, Error{ErrorKind::denied, std::move(message), std::move(hint), std::nullopt});
  }

  void take(Entry&& entry) {
    if (has_class(entry, "nTDSDSA")) {
      controllers_.insert(model::dn_key(entry.dn));
    } else if (has_class(entry, "server")) {
      if (auto dn = Dn::parse(entry.dn)) servers_.push_back(std::move(*dn));
    } else if (has_class(entry, "crossRef")) {
      take_cross_ref(std::move(entry));
    } else {
      take_service(std::move(entry));
    }
  }

  void take_cross_ref(Entry&& entry) {
    if (model::dn_key(entry.first("nCName").value_or("")) == facts_.domain_dn.key()) {
      ++domains_;
      if (const auto name = entry.first("dnsRoot")) facts_.dns_domain = *name;
      if (const auto name = entry.first("nETBIOSName")) {
        facts_.netbios_domain = *name;
        facts_.unread.erase(Fact::netbios_name);
      } else {
        unread(Fact::netbios_name, "nETBIOSName of " + entry.dn + " is not readable",
               read_hint(entry.dn, "nETBIOSName"));
      }
    } else if (const auto flags = number(entry, system_flags)) {
      if ((*flags & cross_ref_of_domain) != 0) ++domains_;
    } else if (const auto context = Dn::parse(entry.first("nCName").value_or(""));
               !context || context->empty() ||
               !(*context == facts_.configuration_dn || context->parent() == facts_.configuration_dn)) {
      doubt(std::move(entry), Fact::domains, system_flags,
            {"nCName", "dnsRoot", "nETBIOSName", system_flags});
    }
  }

  void take_service(Entry&& entry) {
    const auto reading = entry.read(spn_mappings);
    if (const auto values = reading.values(); values && !values->empty()) {
      facts_.spn_mappings = model::SpnMappings::parse({values->begin(), values->end()});
      facts_.unread.erase(Fact::spn_mappings);
      return;
    }
    doubt(std::move(entry), Fact::spn_mappings, spn_mappings, {spn_mappings});
  }

  /// It may be absent, as where somebody cleared it.
  void doubt(Entry&& entry, Fact fact, const std::string& attribute, const std::vector<std::string>& asked) {
    auto missing = unread_of(entry, asked);
    open_.push_back({std::move(entry), fact, attribute, std::move(missing)});
  }

  Result<void> settle() {
    std::vector<Doubt> doubts;
    for (auto& open : open_) {
      std::vector<std::string> asked{attribute::object_class, attribute::object_guid, open.attribute};
      model::Guid guid;
      if (auto read = model::Guid::decode(open.entry.first(attribute::object_guid).value_or("")))
        guid = *read;
      doubts.push_back({guid, {}, std::move(asked), {open.attribute}, &open.missing});
    }
    Visibility visibility(transport_, facts_.configuration_dn);
    GMSACTL_TRY(visibility.settle(doubts));
    for (const auto& open : open_) {
      const auto hidden = model::unread_among(open.missing, {open.attribute});
      if (!hidden.empty())
        unread(open.fact,
               open.attribute + " of " + printable(open.entry.dn) + " was not read: " + hidden.front().why,
               read_hint(open.entry.dn, open.attribute));
      else if (open.fact == Fact::spn_mappings)
        facts_.unread.erase(open.fact);
    }
    facts_.domains = std::max<size_t>(domains_, 1);
    // That there are others is known then.
    if (facts_.domains > 1) facts_.unread.erase(Fact::domains);
    return {};
  }

  /// Each stands below an object for its server, and the one that answers is among them.
  void decide_controllers() {
    facts_.domain_controllers = std::max<size_t>(controllers_.size(), 1);
    if (controllers_.size() > 1 || transport_.peer().starts_with("ldif:")) return;
    for (const auto& server : servers_) {
      const Dn settings = server.child("CN", "NTDS Settings");
      if (!controllers_.contains(settings.key()))
        return unread(Fact::domain_controllers,
                      settings.text() + " is not readable, so whether " + server.text() +
                          " is a domain controller is not known",
                      grant(settings.text()));
    }
    if (controllers_.empty() || (!own_service_.empty() && !controllers_.contains(own_service_)))
      unread(Fact::domain_controllers,
             "the NTDS Settings of the domain controllers are not readable under " +
                 facts_.configuration_dn.text(),
             grant("CN=Sites," + facts_.configuration_dn.text()));
  }

  ldap::Reader& transport_;
  const std::string own_service_;  // as dn_key()
  Facts& facts_;
  size_t domains_ = 0;
  std::set<std::string> controllers_;
  std::vector<Dn> servers_;
  std::deque<Open> open_;  // a Doubt points into it
};

}  // namespace

Result<void> read_configuration(ldap::Reader& transport, const std::string& service, Facts& facts) {
  return Configuration(transport, service, facts).read();
}

}  // namespace gmsactl::directory
