#include "providers/transport/ldap/libldap_ranges.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>

#include "engine/base/text.h"

namespace gmsactl::ldap {
namespace {

bool number(std::string_view text, uint64_t& value) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && status == std::errc() && end == text.data() + text.size();
}

/// One attribute that is being fetched to its end.
struct Pending {
  Entry* entry;
  size_t attribute;  ///< its place in the entry
  uint64_t next = 0;
  std::unique_ptr<Request> request;
  std::optional<Entry> reply;
};

/// Plain names for what is whole; what is not becomes a Pending.
void collect(Entry& entry, std::vector<Pending>& pending) {
  for (size_t i = 0; i < entry.attributes.size(); ++i) {
    const auto range = parse_range(entry.attributes[i].name);
    if (!range) continue;
    entry.attributes[i].name = range->attribute;
    if (range->last) pending.push_back({&entry, i, *range->last + 1, nullptr, std::nullopt});
  }
  // A server may send "member" without values beside "member;range=0-1499".
  std::erase_if(entry.attributes, [&](const Attribute& attribute) {
    return attribute.values.empty() && std::ranges::any_of(entry.attributes, [&](const Attribute& other) {
             return &other != &attribute && equal_folded(other.name, attribute.name);
           });
  });
}

Result<void> ask(Connection& connection, Pending& pending) {
  SearchRequest search;
  search.base = pending.entry->dn;
  search.scope = Scope::base;
  search.attributes = {pending.entry->attributes[pending.attribute].name +
                       ";range=" + std::to_string(pending.next) + "-*"};
  pending.reply.reset();
  pending.request = std::make_unique<Request>();
  pending.request->send = GMSACTL_TRY(search_request(search, 0, {}));
  pending.request->sink = [&pending](Entry&& entry) {
    pending.reply = std::move(entry);
    return true;
  };
  connection.submit(*pending.request);
  return {};
}

/// False when the attribute is whole.
bool append(Pending& pending) {
  Attribute& target = pending.entry->attributes[pending.attribute];
  if (!pending.reply) return false;
  for (Attribute& attribute : pending.reply->attributes) {
    const auto range = parse_range(attribute.name);
    if (!range || !equal_folded(range->attribute, target.name) || attribute.values.empty()) continue;
    std::ranges::move(attribute.values, std::back_inserter(target.values));
    if (!range->last || *range->last < pending.next) return false;
    pending.next = *range->last + 1;
    return true;
  }
  return false;
}

}  // namespace

std::optional<Range> parse_range(std::string_view name) {
  constexpr std::string_view option = ";range=";
  const auto at = std::search(name.begin(), name.end(), option.begin(), option.end(),
                              [](char a, char b) { return fold(a) == fold(b); });
  if (at == name.end()) return std::nullopt;
  const auto start = static_cast<size_t>(at - name.begin());
  const auto limits = name.substr(start + option.size());
  const auto dash = limits.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  Range range{std::string(name.substr(0, start)), 0, std::nullopt};
  if (!number(limits.substr(0, dash), range.first)) return std::nullopt;
  if (limits.substr(dash + 1) == "*") return range;
  uint64_t last = 0;
  if (!number(limits.substr(dash + 1), last)) return std::nullopt;
  range.last = last;
  return range;
}

bool has_range(const Entry& entry) {
  return std::ranges::any_of(
      entry.attributes, [](const Attribute& attribute) { return parse_range(attribute.name).has_value(); });
}

Result<void> complete_ranges(Connection& connection, std::vector<Entry>& entries) {
  std::vector<Pending> pending;
  for (auto& entry : entries) collect(entry, pending);
  while (!pending.empty()) {
    Result<void> outcome;
    for (auto& each : pending)
      if (auto asked = ask(connection, each); !asked && outcome) outcome = std::move(asked);
    // All are waited for even after a failure: the dispatcher writes into them.
    for (auto& each : pending) {
      if (!each.request->send) continue;
      connection.wait(*each.request);
      if (outcome && !each.request->answer.outcome)
        outcome = fail(std::move(each.request->answer.outcome)
                           .error()
                           .with_context("reading all of " + each.entry->attributes[each.attribute].name +
                                         " of " + printable(each.entry->dn)));
    }
    if (!outcome) return outcome;
    std::erase_if(pending, [](Pending& each) { return !append(each); });
  }
  return {};
}

}  // namespace gmsactl::ldap
