#include "providers/conformance/run.h"

#include <algorithm>
#include <charconv>

#include "engine/base/text.h"
#include "providers/conformance/container.h"
#include "providers/directory/random.h"

namespace gmsactl::conformance {

using model::Dn;

namespace {

constexpr std::string_view marker_begins = "gmsactl/";

int level(const Entry& root, std::string_view name) {
  int value = -1;
  if (const auto text = root.first(name)) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

tl::unexpected<Error> refused(const Dn& unit, const std::string& why) {
  return fail(
      ErrorKind::invalid, printable(unit.text()) + " " + why,
      "Name an organizational unit that was made for this: New-ADOrganizationalUnit gmsactl-conformance");
}

/// Whether the one is the other or stands above or below it.
bool meet(const Dn& a, const Dn& b) { return a == b || a.is_under(b) || b.is_under(a); }

Result<void> check_well_known(ldap::Reader& directory, const Dn& domain, const Dn& unit) {
  const auto head =
      GMSACTL_TRY(ldap::read(directory, domain.text(), {"wellKnownObjects", "otherWellKnownObjects"}));
  for (const auto* name : {"wellKnownObjects", "otherWellKnownObjects"}) {
    const auto* found = head.find(name);
    if (found == nullptr) continue;
    for (const auto& value : found->values) {
      // B:32:GUID:DN
      const size_t at = value.find(':', 5);
      const auto dn = at == std::string::npos ? Result<Dn>(fail(ErrorKind::corrupt, ""))
                                              : Dn::parse(std::string_view(value).substr(at + 1));
      if (dn && meet(*dn, unit))
        return refused(unit, "is, holds or lies in the well-known container " + printable(dn->text()));
    }
  }
  return {};
}

}  // namespace

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (auto part : {forest_checks, modify_checks, swap_checks, name_checks, spn_checks, change_checks})
    for (auto& check : part()) all.push_back(std::move(check));
  return all;
}

Result<void> check_unit(ldap::Reader& directory, const Entry& root_dse, const Setting& setting) {
  const Dn domain = GMSACTL_TRY(Dn::parse(root_dse.first("defaultNamingContext").value_or("")));
  const Dn& unit = setting.unit;
  if (!unit.is_under(domain)) return refused(unit, "is not below the domain " + printable(domain.text()));
  const auto entry =
      GMSACTL_TRY(ldap::read(directory, unit.text(), {"objectClass", "isCriticalSystemObject"}));
  const auto* classes = entry.find("objectClass");
  // In no order: values are a set.
  if (classes == nullptr ||
      std::none_of(classes->values.begin(), classes->values.end(),
                   [](const auto& value) { return equal_folded(value, "organizationalUnit"); }))
    return refused(unit, "is not an organizational unit");
  if (equal_folded(entry.first("isCriticalSystemObject").value_or(""), "TRUE"))
    return refused(unit, "is a part of the system");
  GMSACTL_TRY(check_well_known(directory, domain, unit));
  for (const auto& used : setting.used)
    if (meet(used, unit))
      return refused(unit,
                     "is, holds or lies in " + printable(used.text()) + ", which an environment manages");
  ldap::SearchRequest managed;
  managed.base = unit.text();
  managed.filter = "(" + setting.marker + "=" + std::string(marker_begins) + "*)";
  managed.attributes = {"objectGUID"};
  std::string found;
  const auto searched = directory.search(managed, [&](Entry&& one) {
    found = one.dn;
    return false;
  });
  if (!found.empty()) return refused(unit, "holds managed objects: " + printable(found));
  if (!searched) return fail(searched.error());
  return {};
}

Result<Report> run(ldap::Transport& directory, const Entry& root_dse, const Setting& setting,
                   const std::stop_token& stop) {
  const auto more = GMSACTL_TRY(
      ldap::read(directory, "",
                 {"vendorName", "domainControllerFunctionality", "domainFunctionality", "forestFunctionality",
                  "supportedControl", "dnsHostName", "defaultNamingContext", "configurationNamingContext"}));
  Report report;
  report.unit = setting.unit.text();
  report.controller = {directory.peer().starts_with("ldif:")
                           ? directory.peer()
                           : std::string(root_dse.first("dnsHostName").value_or(directory.peer())),
                       std::string(more.first("vendorName").value_or("")),
                       level(more, "domainControllerFunctionality"), level(more, "domainFunctionality"),
                       level(more, "forestFunctionality")};
  const std::string tag = hex(GMSACTL_TRY(directory::random_bytes(3)));
  remove_earlier_runs(directory, setting.unit, setting.quiet, stop, report);
  Bench bench(directory, more, tag, setting.connect);
  Container container(directory, report);
  std::optional<Result<void>> made;
  std::optional<Error> lost;
  for (const auto& check : all_checks()) {
    Finding finding{check.id, check.assumes, check.source, Verdict::as_assumed, {}};
    Trial trial(finding);
    // Not before there is something to do in it: a container in which nothing changes counts as abandoned.
    if (check.writes && !made && !stop.stop_requested() && !lost) {
      made = container.make(setting.unit, tag);
      if (*made) bench.set_unit(container.dn());
    }
    if (stop.stop_requested())
      trial.not_tried("interrupted");
    else if (lost)
      trial.not_tried("the connection was lost: " + printable(lost->message));
    else if (check.server_only && bench.is_file())
      trial.not_tried("a directory in a file has nothing of the kind");
    else if (check.writes && !*made)
      (void)trial.needs("making " + container.dn().text(), *made);
    else
      check.run(bench, trial);
    if (trial.lost()) lost = trial.lost();
    if (setting.told) setting.told(finding);
    report.findings.push_back(std::move(finding));
  }
  container.clear();
  return report;
}

}  // namespace gmsactl::conformance
