// Reads LDIF content records (RFC 2849) as `ldapsearch -LLL`, `ldifde` and people write them: base64 and
// folded values, comments, CRLF, UTF-8 as it is, a byte order mark, attribute options, ranges. Knows nothing
// of what the entries mean. Called by the directory (ldif_directory.h) and the fuzz target.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/ldif_arena.h"

namespace gmsactl::ldap::ldif {

struct Line {
  std::string_view name;   ///< without options (";binary")
  std::string_view value;  ///< decoded
  uint32_t number = 0;     ///< 1-based
};

struct Record {
  std::string_view dn;
  uint32_t line = 0;
  std::string_view preface;  ///< comments and blank lines before it, and the version line
  std::string_view source;   ///< its own lines, the line end of the last one included
  std::vector<Line> lines;   ///< in the order of the file, without dn and changetype
};

/// Gets each record in turn; it may be changed but not kept. Its views point into the text or the arena.
using RecordSink = std::function<Result<void>(Record& record)>;

/// Gives what follows the last record. An error is `invalid` and names its line; the hint says what to do.
[[nodiscard]] Result<std::string_view> parse_ldif(std::string_view text, Arena& arena,
                                                  const RecordSink& sink);

}  // namespace gmsactl::ldap::ldif
