// Searches that look for many values at once: OR filters of a size that servers accept (AD's default query
// policy refuses filters past about 10,000 terms and slows down long before), sent at the same time; and base
// reads of many objects side by side. Internal to providers/directory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

inline constexpr size_t clauses_per_filter = 200;

/// "(name=escaped)".
std::string clause(std::string_view attribute, std::string_view value);

/// Every entry under `base` for which one of `clauses` holds and `and_also` (a filter, may be empty) too. An
/// entry may come more than once where clauses of several batches match it. `take` is called by one thread at
/// a time.
[[nodiscard]] Result<void> search_any(ldap::Reader& transport, const std::string& base,
                                      const std::vector<std::string>& clauses, std::string_view and_also,
                                      const std::vector<std::string>& attributes,
                                      const std::function<void(ldap::Entry&&)>& take,
                                      const std::vector<ldap::Control>& controls = {});

/// Each object by itself, by its DN: `take` gets the index in `dns` and the entry, for those that are there.
/// Another failure than `not_found` ends it. `take` is called by one thread at a time.
[[nodiscard]] Result<void> read_each(ldap::Reader& transport, const std::vector<std::string>& dns,
                                     const std::vector<std::string>& attributes,
                                     const std::function<void(size_t, ldap::Entry&&)>& take,
                                     const std::vector<ldap::Control>& controls = {});

/// Each object by itself, by its DN: `take` gets the index in `dns` and the entry, for those that are there.
/// Another failure than `not_found` ends it. `take` is called by one thread at a time.
[[nodiscard]] Result<void> read_each(ldap::Reader& transport, const std::vector<std::string>& dns,
                                     const std::vector<std::string>& attributes,
                                     const std::function<void(size_t, ldap::Entry&&)>& take);

}  // namespace gmsactl::directory
