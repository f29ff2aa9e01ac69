#include "tests/contract/ldap/conformance.h"

#include <algorithm>
#include <set>

namespace gmsactl::contract {

using conformance::Setting;

Setting ConformanceContract::setting(const std::string& unit) {
  Setting setting{model::Dn::parse(unit).value(), {}, "adminDescription", implementation().connects};
  setting.quiet = std::chrono::milliseconds(100);
  return setting;
}

Report ConformanceContract::run_in(const std::string& unit, Transport& transport) {
  return run_in(setting(unit), transport);
}

Report ConformanceContract::clean(const std::string& unit) {
  std::stop_source stop;
  auto interrupted = setting(unit);
  interrupted.told = [&](const conformance::Finding&) { stop.request_stop(); };
  return run_in(interrupted, directory(), stop.get_token());
}

Report ConformanceContract::run_in(const Setting& setting, Transport& transport,
                                   const std::stop_token& stop) {
  const Entry root = read("");
  EXPECT_DONE(conformance::check_unit(directory(), root, setting));
  auto report = conformance::run(transport, root, setting, stop);
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? std::move(*report) : Report{};
}

std::vector<std::string> ConformanceContract::with(const Report& report, Verdict verdict) {
  std::vector<std::string> ids;
  for (const auto& finding : report.findings)
    if (finding.verdict == verdict) ids.push_back(finding.id);
  std::ranges::sort(ids);
  return ids;
}

const conformance::Finding& ConformanceContract::of(const Report& report, const std::string& id) {
  static const conformance::Finding none;
  const auto found = std::ranges::find(report.findings, id, &conformance::Finding::id);
  EXPECT_NE(found, report.findings.end()) << "no check " << id;
  return found == report.findings.end() ? none : *found;
}

std::vector<std::string> ConformanceContract::below(const std::string& base) {
  SearchRequest request;
  request.base = base;
  request.attributes = {"objectGUID"};
  auto entries = ldap::search_all(directory(), request);
  EXPECT_TRUE(entries) << (entries ? "" : entries.error().message);
  std::vector<std::string> found;
  if (entries)
    for (const auto& entry : *entries) found.push_back(entry.dn);
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> ConformanceContract::dns(const std::vector<conformance::Left>& left) {
  std::vector<std::string> all;
  for (const auto& each : left) all.push_back(each.dn);
  std::ranges::sort(all);
  return all;
}

std::map<std::string, std::string> ConformanceContract::state_of_everything() {
  std::map<std::string, std::string> state;
  for (const std::string& base : {domain, "CN=Configuration," + domain}) {
    SearchRequest request;
    request.base = base;
    if (!is_file()) request.attributes = {"uSNChanged"};
    auto entries = ldap::search_all(directory(), request);
    if (!entries && entries.error().kind == ErrorKind::not_found) continue;
    EXPECT_TRUE(entries) << (entries ? "" : entries.error().message);
    if (!entries) continue;
    for (const auto& entry : *entries) {
      std::set<std::string> lines;
      for (const auto& attribute : entry.attributes)
        for (const auto& value : attribute.values) lines.insert(attribute.name + ": " + value + "\n");
      std::string& text = state[entry.dn];
      for (const auto& line : lines) text += line;
    }
  }
  return state;
}

std::vector<std::string> ConformanceContract::touched_since(
    const std::map<std::string, std::string>& before) {
  const auto now = state_of_everything();
  std::vector<std::string> touched;
  for (const auto& [dn, state] : before)
    if (const auto found = now.find(dn); found == now.end() || found->second != state) touched.push_back(dn);
  for (const auto& [dn, state] : now)
    if (!before.contains(dn)) touched.push_back(dn);
  std::erase_if(touched, [](const std::string& dn) {
    return dn.starts_with("CN=RID Set,") || dn.starts_with("CN=RID Manager$,");
  });
  return touched;
}

}  // namespace gmsactl::contract
