#include "providers/conformance/container.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "engine/base/text.h"

namespace gmsactl::conformance {

using ldap::Entry;
using model::Dn;

namespace {

constexpr std::string_view name_begins = "gmsactl-conformance-";
constexpr std::string_view description = "Made by gmsactl conformance, which removes it";
constexpr size_t tag_size = 6;

/// What a container's name ends in; empty where it is no run's.
std::string tag_of(const Entry& container, const Dn& dn) {
  const std::string& name = dn.leaf().value;
  if (!name.starts_with(name_begins) || container.first("description") != std::optional(description))
    return {};
  std::string tag = name.substr(name_begins.size());
  const bool hex = std::all_of(tag.begin(), tag.end(),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && tag.size() == tag_size ? tag : std::string();
}

/// Everything in a container and itself, children before their parents.
Result<std::vector<Dn>> tree(ldap::Reader& directory, const Dn& top) {
  ldap::SearchRequest request;
  request.base = top.text();
  request.attributes = {"objectGUID"};
  std::vector<Dn> dns;
  for (const auto& entry : GMSACTL_TRY(ldap::search_all(directory, request)))
    if (auto dn = Dn::parse(entry.dn); dn && (*dn == top || dn->is_under(top))) dns.push_back(std::move(*dn));
  std::sort(dns.begin(), dns.end(),
            [](const Dn& a, const Dn& b) { return a.rdns().size() > b.rdns().size(); });
  return dns;
}

/// What could not be removed of a container and of what is in it.
std::vector<Left> remove_tree(ldap::Transport& directory, const Dn& top, const std::string& tag) {
  std::vector<Left> left{{top.text(), {}}};
  // What a lost answer left behind shows in the second round.
  for (int round = 0; round < 2 && !left.empty(); ++round) {
    const auto dns = tree(directory, top);
    if (!dns) {
      if (dns.error().kind == ErrorKind::not_found) return {};
      for (auto& each : left)
        if (each.why.empty()) each.why = dns.error().message;
      continue;
    }
    left.clear();
    for (const auto& dn : *dns) {
      if (dn.leaf().value.find(tag) == std::string::npos) {
        left.push_back({dn.text(), "no run of gmsactl made it"});
        continue;
      }
      const auto removed = directory.remove(dn.text());
      if (!removed && removed.error().kind != ErrorKind::not_found)
        left.push_back({dn.text(), removed.error().message});
    }
  }
  return left;
}

/// Grows with each change in the container; empty where the directory counts none.
Result<std::string> last_change(ldap::Reader& directory, const Dn& container) {
  ldap::SearchRequest request;
  request.base = container.text();
  request.attributes = {"uSNChanged"};
  const auto entries = GMSACTL_TRY(ldap::search_all(directory, request));
  std::string all;
  for (const auto& entry : entries)
    if (const auto number = entry.first("uSNChanged")) all += entry.dn + "=" + std::string(*number) + "\n";
  return all;
}

/// Whether that time has passed without a request to stop.
bool waited(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  (void)stopped.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Result<void> Container::make(const Dn& unit, const std::string& tag) {
  own_ = unit.child("OU", std::string(name_begins) + tag);
  tag_ = tag;
  auto added = directory_.add(
      own_.text(), {{"objectClass", {"organizationalUnit"}}, {"description", {std::string(description)}}});
  // Without an answer it may be there all the same.
  made_ = added.has_value() || outcome_unknown(added.error());
  return added;
}

void Container::clear() {
  if (!made_) return;
  made_ = false;
  for (auto& each : remove_tree(directory_, own_, tag_)) report_.left_behind.push_back(std::move(each));
}

Result<std::vector<Dn>> left_by_earlier_runs(ldap::Reader& directory, const Dn& unit) {
  ldap::SearchRequest request;
  request.base = unit.text();
  request.scope = ldap::Scope::one_level;
  request.filter = "(&(objectClass=organizationalUnit)(ou=" + std::string(name_begins) + "*))";
  request.attributes = {"description"};
  std::vector<Dn> found;
  for (const auto& entry : GMSACTL_TRY(ldap::search_all(directory, request)))
    if (auto dn = Dn::parse(entry.dn); dn && !tag_of(entry, *dn).empty()) found.push_back(std::move(*dn));
  return found;
}

void remove_earlier_runs(ldap::Transport& directory, const Dn& unit, std::chrono::milliseconds quiet,
                         const std::stop_token& stop, Report& report) {
  const auto containers = left_by_earlier_runs(directory, unit);
  if (!containers || containers->empty()) return;
  std::vector<std::string> before;
  for (const auto& dn : *containers) before.push_back(last_change(directory, dn).value_or(""));
  const bool counted =
      std::any_of(before.begin(), before.end(), [](const auto& all) { return !all.empty(); });
  if (counted && !waited(quiet, stop)) return;
  for (size_t i = 0; i < containers->size(); ++i) {
    const Dn& dn = (*containers)[i];
    const auto now = last_change(directory, dn);
    if (!now && now.error().kind == ErrorKind::not_found) continue;  // its run has ended
    if (!now || *now != before[i]) {
      report.other_runs.push_back(dn.text());
      continue;
    }
    auto left = remove_tree(directory, dn, dn.leaf().value.substr(name_begins.size()));
    if (left.empty()) report.removed_earlier.push_back(dn.text());
    for (auto& each : left) report.left_behind.push_back(std::move(each));
  }
}

}  // namespace gmsactl::conformance
