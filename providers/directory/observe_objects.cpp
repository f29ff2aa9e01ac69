#include "providers/directory/observe_objects.h"

#include <set>
#include <unordered_map>

#include "engine/base/text.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Absent;
using model::Dn;
using model::Observation;
using model::Principal;
using model::Unreadable;

namespace {

/// From this many on, reading a whole container costs less than asking for each name.
constexpr size_t bulk_from = 100;

struct GroupTraits {
  using Live = model::LiveGroup;
  static constexpr std::string_view object_class = group_class;
  static constexpr std::string_view phase = "reading groups";
  static std::vector<std::string> attributes() { return group_attributes(); }
  static Result<Live> decode(Entry&& entry) { return decode_group(std::move(entry)); }
};

struct AccountTraits {
  using Live = model::LiveGmsa;
  static constexpr std::string_view object_class = gmsa_class;
  static constexpr std::string_view phase = "reading accounts";
  static std::vector<std::string> attributes() { return account_attributes(); }
  static Result<Live> decode(Entry&& entry) { return decode_account(entry); }
};

template <class Traits>
class Finder {
 public:
  using Live = typename Traits::Live;

  Finder(ldap::Transport& transport, const Dn& domain, const std::vector<Wanted>& wanted,
         ports::EventSink& events)
      : transport_(transport), domain_(domain), wanted_(wanted), events_(events) {
    for (const auto& one : wanted_) {
      by_sam_.emplace(fold(one.sam_account_name), &one);
      by_dn_.emplace(one.dn.key(), &one);
    }
  }

  Result<Found<Live>> run() {
    if (wanted_.size() >= bulk_from) GMSACTL_TRY(read_containers());
    GMSACTL_TRY(read_by_name());
    for (const auto& one : wanted_) {
      if (found_.observations.contains(one.name)) continue;
      const auto fallback = by_common_name_.find(one.name);
      // A declaration whose sAMAccountName changed is still recognised by its name in its place.
      found_.observations.emplace(one.name, fallback != by_common_name_.end() ? std::move(fallback->second)
                                                                              : Observation<Live>(Absent{}));
    }
    return std::move(found_);
  }

 private:
  Result<void> read_containers() {
    std::map<std::string, Dn> containers;
    for (const auto& one : wanted_) {
      Dn parent = one.dn.parent();
      containers.emplace(parent.key(), std::move(parent));
    }
    for (const auto& [key, container] : containers) {
      ldap::SearchRequest request;
      request.base = container.text();
      request.scope = ldap::Scope::one_level;
      request.filter = "(objectClass=" + std::string(Traits::object_class) + ")";
      request.attributes = Traits::attributes();
      auto read = transport_.search(request, [this](Entry&& entry) {
        take_live(std::move(entry));
        return true;
      });
      if (!read && read.error().kind != ErrorKind::not_found)
        return fail(std::move(read).error().with_context(request.base));
    }
    return {};
  }

  /// Those not found in bulk, and those that shall get a name or place they do not have: others may be in
  /// their way.
  Result<void> read_by_name() {
    std::vector<std::string> clauses;
    for (const auto& one : wanted_) {
      const auto seen = found_.observations.find(one.name);
      if (seen != found_.observations.end() && settled(one, seen->second)) continue;
      clauses.push_back(clause(attribute::sam_account_name, one.sam_account_name));
      clauses.push_back(clause("cn", one.common_name));
    }
    if (clauses.empty()) return {};
    return search_any(transport_, domain_.text(), clauses, "", Traits::attributes(), [this](Entry&& entry) {
      if (has_class(entry, Traits::object_class))
        take_live(std::move(entry));
      else
        take_other(entry);
    });
  }

  static bool settled(const Wanted& one, const Observation<Live>& observation) {
    const auto* live = std::get_if<Live>(&observation);
    return live != nullptr && live->id.dn == one.dn &&
           equal_folded(live->sam_account_name, one.sam_account_name);
  }

  void take_live(Entry&& entry) {
    if (++taken_ % 500 == 0) events_.progress(Traits::phase, taken_, 0);
    const auto sam = entry.first(attribute::sam_account_name);
    const auto named = sam ? by_sam_.find(fold(*sam)) : by_sam_.end();
    if (named != by_sam_.end()) {
      note_in_the_way(entry, *named->second);
      if (!found_.observations.contains(named->second->name))
        found_.observations.emplace(named->second->name, observation_of(std::move(entry)));
      return;
    }
    const auto placed = by_dn_.find(model::dn_key(entry.dn));
    if (placed == by_dn_.end()) return;
    if (auto holder = decode_principal(entry)) found_.dn_holders.emplace(placed->first, std::move(*holder));
    by_common_name_.emplace(placed->second->name, observation_of(std::move(entry)));
  }

  /// One declaration's object may stand where another's shall be created.
  void note_in_the_way(const Entry& entry, const Wanted& own) {
    const auto placed = by_dn_.find(model::dn_key(entry.dn));
    if (placed == by_dn_.end() || placed->second == &own) return;
    if (auto holder = decode_principal(entry)) found_.dn_holders.emplace(placed->first, std::move(*holder));
  }

  /// An object of another kind that has a wanted name.
  void take_other(const Entry& entry) {
    auto holder = decode_principal(entry);
    if (!holder) return;
    if (by_sam_.contains(fold(holder->sam_account_name)))
      found_.sam_account_name_holders.emplace(fold(holder->sam_account_name), *holder);
    if (const std::string key = model::dn_key(entry.dn); by_dn_.contains(key))
      found_.dn_holders.emplace(key, *holder);
  }

  Observation<Live> observation_of(Entry&& entry) {
    const std::string dn = entry.dn;
    auto live = Traits::decode(std::move(entry));
    if (live) return std::move(*live);
    return Unreadable{std::move(live).error().with_context(printable(dn))};
  }

  ldap::Transport& transport_;
  const Dn& domain_;
  const std::vector<Wanted>& wanted_;
  ports::EventSink& events_;
  std::unordered_map<std::string, const Wanted*> by_sam_;
  std::unordered_map<std::string, const Wanted*> by_dn_;
  std::unordered_map<std::string, Observation<Live>> by_common_name_;
  Found<Live> found_;
  size_t taken_ = 0;
};

}  // namespace

Result<Found<model::LiveGroup>> find_groups(ldap::Transport& transport, const Dn& domain,
                                            const std::vector<Wanted>& wanted, ports::EventSink& events) {
  return Finder<GroupTraits>(transport, domain, wanted, events).run();
}

Result<Found<model::LiveGmsa>> find_accounts(ldap::Transport& transport, const Dn& domain,
                                             const std::vector<Wanted>& wanted, ports::EventSink& events) {
  return Finder<AccountTraits>(transport, domain, wanted, events).run();
}

}  // namespace gmsactl::directory
