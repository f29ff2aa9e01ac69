#include "providers/transport/ldap/libldap_ranges.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>

#include "engine/base/text.h"
#include "providers/transport/ldap/recovery.h"

namespace gmsactl::ldap {
namespace {

bool number(std::string_view text, uint64_t& value) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && status == std::errc() && end == text.data() + text.size();
}

constexpr std::string_view option = ";range=";

size_t find_option(std::string_view name) {
  const auto at = std::search(name.begin(), name.end(), option.begin(), option.end(),
                              [](char a, char b) { return fold(a) == fold(b); });
  return at == name.end() ? std::string_view::npos : static_cast<size_t>(at - name.begin());
}

/// A part, as the server sent it.
struct Part {
  Range range;
  std::vector<std::string> values;
};

/// One attribute that is being fetched to its end.
struct Pending {
  Entry* entry;
  std::string name;
  RangedValues values;
  bool announced = true;  ///< by a range; else the attribute came without any value
  bool overlapping = true;
  bool done = false;
  std::unique_ptr<Request> request;
  std::optional<Entry> reply;

  std::string place() const { return "reading all of " + name + " of " + printable(entry->dn); }
};

/// What a base search takes: with the extended DN control a DN is "<GUID=…>;<SID=…>;CN=…".
std::string plain_dn(const std::string& dn) {
  const auto last = dn.rfind(">;");
  return dn.starts_with('<') && last != std::string::npos ? dn.substr(last + 2) : dn;
}

/// The ranges and the empty attributes of an entry, taken out of it.
Result<void> collect(Entry& entry, std::vector<Pending>& pending) {
  std::vector<std::vector<Part>> parts;
  const size_t first = pending.size();
  const auto place_of = [&](std::string_view name) {
    size_t i = first;
    while (i < pending.size() && !equal_folded(pending[i].name, name)) ++i;
    if (i == pending.size()) {
      pending.push_back({&entry, std::string(name), {}, false, true, false, nullptr, std::nullopt});
      parts.emplace_back();
    }
    return i;
  };
  for (Attribute& attribute : entry.attributes) {
    if (const auto range = parse_range(attribute.name)) {
      const size_t i = place_of(range->attribute);
      pending[i].announced = true;
      parts[i - first].push_back({*range, std::move(attribute.values)});
    } else if (has_range_option(attribute.name)) {
      return fail(fault(Fault::incomplete_values,
                        "the server sent a range that is not one: " + printable(attribute.name) + " of " +
                            printable(entry.dn)));
    } else if (attribute.values.empty()) {
      (void)place_of(attribute.name);
    }
  }
  // "member" beside "member;range=0-1499", with values or, as Windows does it, without: the ranges count.
  std::erase_if(entry.attributes, [&](const Attribute& attribute) {
    return find_option(attribute.name) != std::string_view::npos ||
           std::any_of(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end(),
                       [&](const Pending& each) {
                         return equal_folded(each.name, attribute.name) &&
                                (each.announced || attribute.values.empty());
                       });
  });
  for (size_t i = first; i < pending.size(); ++i) {
    Pending& each = pending[i];
    auto& of_it = parts[i - first];
    std::ranges::sort(of_it, {}, [](const Part& part) { return part.range.first; });
    for (Part& part : of_it) {
      if (part.range.first > each.values.size()) break;  // what lies between is asked for
      auto step = each.values.take(part.range, std::move(part.values));
      if (!step) return fail(std::move(step).error().with_context(each.place()));
      each.done = *step == RangedValues::Step::whole;
    }
  }
  // The same attribute with values and once more without: nothing is missing.
  std::erase_if(pending, [&](const Pending& each) {
    return each.entry == &entry && !each.announced && entry.find(each.name) != nullptr;
  });
  return {};
}

Result<void> ask(Connection& connection, uint64_t incarnation, const SearchRequest& search,
                 Pending& pending) {
  // From the last value that is here, which tells whether the others have moved since.
  const uint64_t from =
      pending.values.size() - (pending.overlapping && pending.values.size() > 0 ? uint64_t{1} : 0);
  SearchRequest next;
  next.base = plain_dn(pending.entry->dn);
  next.scope = Scope::base;
  next.attributes = {pending.name + std::string(option) + std::to_string(from) + "-*"};
  next.controls = search.controls;
  pending.reply.reset();
  pending.request = std::make_unique<Request>();
  pending.request->send = GMSACTL_TRY(search_request(next, 0, {}));
  pending.request->only_in = incarnation;
  pending.request->sink = [&pending](Entry&& entry) {
    pending.reply = std::move(entry);
    return true;
  };
  connection.submit(*pending.request);
  return {};
}

Result<void> read_reply(Pending& pending) {
  if (!pending.request->answer.outcome) {
    Error error = std::move(pending.request->answer.outcome).error();
    if (error.kind == ErrorKind::not_found) error = as_fault(Fault::moved_underneath, std::move(error));
    return fail(std::move(error));
  }
  if (!pending.reply)
    return fail(fault(Fault::moved_underneath, "the object is gone, or may no longer be read"));
  bool seen = false;
  for (Attribute& attribute : pending.reply->attributes) {
    const auto range = parse_range(attribute.name);
    if (!range || !equal_folded(range->attribute, pending.name)) continue;
    seen = true;
    const auto step = GMSACTL_TRY(pending.values.take(*range, std::move(attribute.values)));
    if (step == RangedValues::Step::whole) {
      pending.done = true;
    } else if (step == RangedValues::Step::nothing_new && !std::exchange(pending.overlapping, false)) {
      return fail(fault(Fault::incomplete_values, "the server sends the same part again and again"));
    }
    if (pending.done) return {};
  }
  if (seen) return {};
  if (pending.announced)
    return fail(
        fault(Fault::incomplete_values, "the server sent " + std::to_string(pending.values.size()) +
                                            " values, said that there are more, and does not send them"));
  // Asked twice, and no value either time.
  if (const Attribute* plain = pending.reply->find(pending.name); plain && !plain->values.empty())
    (void)GMSACTL_TRY(pending.values.take({pending.name, 0, std::nullopt}, std::vector(plain->values)));
  pending.done = true;
  return {};
}

}  // namespace

std::optional<Range> parse_range(std::string_view name) {
  const size_t at = find_option(name);
  if (at == std::string_view::npos) return std::nullopt;
  const auto limits = name.substr(at + option.size());
  const auto dash = limits.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  Range range{std::string(name.substr(0, at)), 0, std::nullopt};
  if (!number(limits.substr(0, dash), range.first)) return std::nullopt;
  if (limits.substr(dash + 1) == "*") return range;
  uint64_t last = 0;
  if (!number(limits.substr(dash + 1), last)) return std::nullopt;
  range.last = last;
  return range;
}

bool has_range_option(std::string_view name) { return find_option(name) != std::string_view::npos; }

Result<RangedValues::Step> RangedValues::take(const Range& range, std::vector<std::string>&& values) {
  const auto wrong = [&](const std::string& what) {
    return fail(fault(Fault::incomplete_values, "the server sent range " + std::to_string(range.first) + "-" +
                                                    (range.last ? std::to_string(*range.last) : "*") + what));
  };
  const uint64_t count = values.size();
  if (range.first > values_.size())
    return wrong(", but values from " + std::to_string(values_.size()) + " on are missing");
  if (range.last && (*range.last < range.first || *range.last - range.first != count - 1 || count == 0))
    return wrong(" with " + std::to_string(count) + " values");
  // An attribute that ends where a range begins would have ended the range before.
  if (count == 0 && range.first != 0) return wrong(" without values");
  const auto at = static_cast<size_t>(range.first);
  const size_t known = std::min<size_t>(values_.size() - at, values.size());
  const bool same = std::equal(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(known),
                               values_.begin() + static_cast<std::ptrdiff_t>(at));
  if (!same || (!range.last && at + count < values_.size()))
    return fail(fault(Fault::moved_underneath, "the values changed while they were read"));
  values_.insert(values_.end(), std::make_move_iterator(values.begin() + static_cast<std::ptrdiff_t>(known)),
                 std::make_move_iterator(values.end()));
  if (!range.last) return Step::whole;
  return known < count ? Step::more : Step::nothing_new;
}

bool needs_completion(const Entry& entry) {
  return std::ranges::any_of(entry.attributes, [&](const Attribute& attribute) {
    // The rootDSE (which has no DN) is no object that ranges are asked of.
    return has_range_option(attribute.name) || (attribute.values.empty() && !entry.dn.empty());
  });
}

Result<void> complete_ranges(Connection& connection, uint64_t incarnation, const SearchRequest& search,
                             std::vector<Entry>& entries) {
  std::vector<Pending> pending;
  for (auto& entry : entries) GMSACTL_TRY(collect(entry, pending));
  const auto open = [](const Pending& each) { return !each.done; };
  while (std::ranges::any_of(pending, open)) {
    Result<void> outcome;
    for (auto& each : pending)
      if (auto asked = each.done ? Result<void>() : ask(connection, incarnation, search, each);
          !asked && outcome)
        outcome = std::move(asked);
    // All are waited for even after a failure: the dispatcher writes into them.
    for (auto& each : pending) {
      if (each.done || !each.request || !each.request->send) continue;
      connection.wait(*each.request);
      if (!outcome) continue;
      if (auto read = read_reply(each); !read)
        outcome = fail(std::move(read).error().with_context(each.place()));
    }
    if (!outcome) return outcome;
  }
  for (auto& each : pending)
    if (each.values.size() > 0)
      each.entry->attributes.push_back({std::move(each.name), each.values.release()});
  return {};
}

}  // namespace gmsactl::ldap
