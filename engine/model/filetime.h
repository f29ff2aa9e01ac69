// Times as Active Directory keeps them: 100 ns since 1601-01-01 UTC (FILETIME, [MS-DTYP] 2.3.3). As text, the
// form of documents and of replication metadata: "2026-01-31T12:00:00Z".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gmsactl::model {

inline constexpr int64_t filetime_second = 10'000'000;

/// Whole seconds; what lies outside of the years 1601 to 9999 is shown as their first or last second.
std::string filetime_text(int64_t filetime);
/// Of exactly that form, with a real date; nothing for anything else.
std::optional<int64_t> parse_filetime_text(std::string_view text);

}  // namespace gmsactl::model
