#include "providers/directory/observe_objects.h"

#include <set>
#include <unordered_map>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Absent;
using model::Dn;
using model::Marker;
using model::Observation;
using model::Principal;
using model::Unreadable;

namespace {

/// From this many missing ones on, reading a whole container costs less than asking for each name.
constexpr size_t bulk_from = 100;

struct GroupTraits {
  using Live = model::LiveGroup;
  static constexpr model::Kind kind = model::Kind::host_group;
  static constexpr std::string_view object_class = group_class;
  static constexpr std::string_view phase = "reading groups";
  static std::vector<std::string> attributes(const std::string& marker) { return group_attributes(marker); }
  static Result<Live> decode(Entry&& entry, const std::string& marker) { return decode_group(entry, marker); }
};

struct AccountTraits {
  using Live = model::LiveGmsa;
  static constexpr model::Kind kind = model::Kind::gmsa;
  static constexpr std::string_view object_class = gmsa_class;
  static constexpr std::string_view phase = "reading accounts";
  static std::vector<std::string> attributes(const std::string& marker) { return account_attributes(marker); }
  static Result<Live> decode(Entry&& entry, const std::string& marker) {
    return decode_account(entry, marker);
  }
};

template <class Traits>
class Finder {
 public:
  using Live = typename Traits::Live;

  Finder(ldap::Reader& transport, const Quest& quest, ports::EventSink& events)
      : transport_(transport),
        quest_(quest),
        marker_attribute_(quest.environment.marker_attribute),
        attributes_(Traits::attributes(marker_attribute_)),
        events_(events) {
    for (const auto& one : quest_.wanted) {
      by_name_.emplace(fold(one.name), &one);
      if (one.settled) continue;
      by_sam_.emplace(fold(one.sam_account_name), &one);
      by_collation_.emplace(collation_key(one.sam_account_name), &one);
      by_dn_.emplace(one.dn.key(), &one);
    }
  }

  Result<Found<Live>> run() {
    if (quest_.suspects) {
      GMSACTL_TRY(read_suspects());
    } else {
      if (quest_.complete || quest_.wanted.size() >= bulk_from) GMSACTL_TRY(read_marked());
      if (missing().size() >= bulk_from) GMSACTL_TRY(read_containers());
    }
    GMSACTL_TRY(read_by_name());
    assign();
    return std::move(found_);
  }

 private:
  /// One live object of the right class that somebody may be looking for.
  struct Candidate {
    std::string guid;  ///< of the entry, as read: the same object may come more than once
    std::string sam;   ///< folded
    std::string dn_key;
    std::optional<Marker> marker;  ///< where it is ours
    Principal principal;
    Observation<Live> observation;
    const Wanted* assigned = nullptr;
  };

  /// What is ours carries a marker that says so, wherever it was moved and whatever it was renamed to.
  Result<void> read_marked() {
    ldap::SearchRequest request;
    request.base = quest_.domain.text();
    request.filter =
        "(&(objectClass=" + std::string(Traits::object_class) + ")(" + marker_attribute_ + "=" +
        model::escape_filter_value(Marker::prefix(quest_.environment.owner, quest_.environment.name)) + "*))";
    request.attributes = attributes_;
    return transport_.search(request, [this](Entry&& entry) {
      take(std::move(entry));
      return true;
    });
  }

  Result<void> read_containers() {
    std::map<std::string, Dn> containers;
    for (const auto* one : missing()) {
      Dn parent = one->dn.parent();
      containers.emplace(parent.key(), std::move(parent));
    }
    for (const auto& [key, container] : containers) {
      ldap::SearchRequest request;
      request.base = container.text();
      request.scope = ldap::Scope::one_level;
      request.filter = "(objectClass=" + std::string(Traits::object_class) + ")";
      request.attributes = attributes_;
      auto read = transport_.search(request, [this](Entry&& entry) {
        take(std::move(entry));
        return true;
      });
      if (!read && read.error().kind != ErrorKind::not_found)
        return fail(std::move(read).error().with_context(request.base));
    }
    return {};
  }

  Result<void> read_suspects() {
    std::vector<std::string> clauses;
    for (const auto& guid : *quest_.suspects)
      clauses.push_back(clause(attribute::object_guid, guid.encode()));
    return read_any(clauses);
  }

  /// Those not found yet, and those that shall get a name or place they do not have: others may be in their
  /// way.
  Result<void> read_by_name() {
    std::vector<std::string> clauses;
    for (const auto* one : missing()) {
      clauses.push_back(clause(attribute::sam_account_name, one->sam_account_name));
      clauses.push_back(clause("cn", one->common_name));
    }
    return read_any(clauses);
  }

  Result<void> read_any(const std::vector<std::string>& clauses) {
    if (clauses.empty()) return {};
    return search_any(transport_, quest_.domain.text(), clauses, "", attributes_, [this](Entry&& entry) {
      if (has_class(entry, Traits::object_class))
        take(std::move(entry));
      else
        take_other(entry);
    });
  }

  /// Declarations without an object that has both their name and their place.
  std::vector<const Wanted*> missing() const {
    std::set<const Wanted*> found;
    for (const auto& candidate : candidates_) {
      const auto named = by_sam_.find(candidate.sam);
      if (named != by_sam_.end() && named->second->dn.key() == candidate.dn_key) found.insert(named->second);
    }
    std::vector<const Wanted*> missing;
    for (const auto& one : quest_.wanted)
      if (!one.settled && !found.contains(&one)) missing.push_back(&one);
    return missing;
  }

  void take(Entry&& entry) {
    if (++taken_ % 500 == 0) events_.progress(Traits::phase, taken_, 0);
    Candidate candidate;
    candidate.guid = entry.first(attribute::object_guid).value_or(entry.dn);
    if (!seen_.insert(candidate.guid).second) return;
    candidate.sam = fold(entry.first(attribute::sam_account_name).value_or(""));
    candidate.dn_key = model::dn_key(entry.dn);
    const auto text = entry.first(marker_attribute_);
    auto reading = model::read_ownership(text ? std::optional<std::string>(*text) : std::nullopt,
                                         quest_.environment.owner, quest_.environment.name);
    if (reading.ownership == model::Ownership::ours && reading.marker->id.kind == Traits::kind)
      candidate.marker = std::move(reading.marker);
    note_like_named(entry);
    if (!candidate.marker && !by_sam_.contains(candidate.sam) && !by_dn_.contains(candidate.dn_key)) return;
    if (auto principal = decode_principal(entry)) candidate.principal = std::move(*principal);
    candidate.observation = observation_of(std::move(entry));
    candidates_.push_back(std::move(candidate));
  }

  /// A wanted name but for its accents: to a domain controller running Windows it is taken. Samba tells the
  /// two apart, so the object is never taken for the declared one.
  void note_like_named(const Entry& entry) {
    const auto sam = entry.first(attribute::sam_account_name).value_or("");
    if (by_sam_.contains(fold(sam))) return;
    const auto like = by_collation_.find(collation_key(sam));
    if (like == by_collation_.end()) return;
    if (auto holder = decode_principal(entry))
      like_named_.emplace(fold(like->second->sam_account_name), std::move(*holder));
  }

  /// An object of another kind that has a wanted name.
  void take_other(const Entry& entry) {
    auto holder = decode_principal(entry);
    if (!holder || holder->object_class.empty()) return take_unknown(entry);
    note_like_named(entry);
    if (by_sam_.contains(fold(holder->sam_account_name)))
      found_.sam_account_name_holders.emplace(fold(holder->sam_account_name), *holder);
    if (const std::string key = model::dn_key(entry.dn); by_dn_.contains(key))
      found_.dn_holders.emplace(key, *holder);
  }

  /// An object that has a wanted name, and may not be read enough to tell what it is.
  void take_unknown(const Entry& entry) {
    const auto note = [&](const auto& index, const std::string& key) {
      if (const auto wanted = index.find(key); wanted != index.end())
        unknown_.emplace(
            wanted->second->name,
            Unreadable{Error{ErrorKind::denied,
                             printable(entry.dn) + " has its name, and too little of it is readable to "
                                                   "tell what it is",
                             read_hint(entry.dn, attribute::object_class), std::nullopt}});
    };
    note(by_sam_, fold(entry.first(attribute::sam_account_name).value_or("")));
    note(by_dn_, model::dn_key(entry.dn));
  }

  /// By the marker first, which is what an object is remembered by; then by sAMAccountName; then, since a
  /// declaration's sAMAccountName may have changed, by its name in its place. Of copies with one marker the
  /// one that has the declared name is meant.
  void assign() {
    std::unordered_map<const Wanted*, Candidate*> chosen;
    const auto choose = [&](const Wanted& wanted, Candidate& candidate) {
      if (candidate.assigned == nullptr && chosen.emplace(&wanted, &candidate).second)
        candidate.assigned = &wanted;
    };
    const auto by_marker = [&](bool with_name) {
      for (auto& candidate : candidates_) {
        const auto wanted =
            candidate.marker ? by_name_.find(fold(candidate.marker->id.name)) : by_name_.end();
        if (wanted != by_name_.end() &&
            (!with_name || candidate.sam == fold(wanted->second->sam_account_name)))
          choose(*wanted->second, candidate);
      }
    };
    by_marker(/*with_name=*/true);
    by_marker(/*with_name=*/false);
    for (auto& candidate : candidates_)
      if (const auto wanted = by_sam_.find(candidate.sam); wanted != by_sam_.end())
        choose(*wanted->second, candidate);
    for (auto& candidate : candidates_)
      if (const auto wanted = by_dn_.find(candidate.dn_key); wanted != by_dn_.end())
        choose(*wanted->second, candidate);
    for (const auto& candidate : candidates_) like_named_.erase(candidate.sam);
    found_.sam_account_name_holders.merge(like_named_);
    for (auto& candidate : candidates_) hand_over(candidate);
    for (auto& [name, unreadable] : unknown_) found_.observations.try_emplace(name, std::move(unreadable));
    for (const auto& one : quest_.wanted)
      if (!one.settled) found_.observations.try_emplace(one.name, Absent{});
  }

  void hand_over(Candidate& candidate) {
    const auto in_the_way = [&](const auto& index, const std::string& key, auto& holders) {
      const auto wanted = index.find(key);
      if (wanted != index.end() && wanted->second != candidate.assigned)
        holders.emplace(key, candidate.principal);
    };
    in_the_way(by_dn_, candidate.dn_key, found_.dn_holders);
    in_the_way(by_sam_, candidate.sam, found_.sam_account_name_holders);
    if (candidate.assigned != nullptr) {
      found_.observations.emplace(candidate.assigned->name, std::move(candidate.observation));
    } else if (candidate.marker && quest_.complete) {
      if (auto* live = std::get_if<Live>(&candidate.observation))
        found_.leftovers.push_back({std::move(*candidate.marker), std::move(*live)});
    }
  }

  Observation<Live> observation_of(Entry&& entry) {
    const std::string dn = entry.dn;
    auto live = Traits::decode(std::move(entry), marker_attribute_);
    if (live) return std::move(*live);
    return Unreadable{std::move(live).error().with_context(printable(dn))};
  }

  ldap::Reader& transport_;
  const Quest& quest_;
  const std::string& marker_attribute_;
  const std::vector<std::string> attributes_;
  ports::EventSink& events_;
  std::unordered_map<std::string, const Wanted*> by_name_;
  std::unordered_map<std::string, const Wanted*> by_sam_;
  std::unordered_map<std::string, const Wanted*> by_collation_;
  std::unordered_map<std::string, const Wanted*> by_dn_;
  std::set<std::string> seen_;  // Candidate::guid
  std::vector<Candidate> candidates_;
  std::map<std::string, Unreadable> unknown_;    // by metadata.name
  std::map<std::string, Principal> like_named_;  // by the wanted sAMAccountName, folded
  Found<Live> found_;
  size_t taken_ = 0;
};

}  // namespace

Result<Found<model::LiveGroup>> find_groups(ldap::Reader& transport, const Quest& quest,
                                            ports::EventSink& events) {
  return Finder<GroupTraits>(transport, quest, events).run();
}

Result<Found<model::LiveGmsa>> find_accounts(ldap::Reader& transport, const Quest& quest,
                                             ports::EventSink& events) {
  return Finder<AccountTraits>(transport, quest, events).run();
}

}  // namespace gmsactl::directory
