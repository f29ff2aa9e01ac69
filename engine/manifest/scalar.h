// What a plain (unquoted) YAML scalar is taken for by YAML 1.1 and 1.2 readers. Manifests accept a value only
// where all readers agree: `no` is a boolean to some and a text to others, so it is neither here.
#pragma once

#include <string_view>

namespace gmsactl::manifest {

enum class Plain {
  text,
  boolean,        ///< true, false
  other_boolean,  ///< True, yes, no, on, off, y, n …
  integer,        ///< 0, 30, -1
  other_integer,  ///< 010, 0o10, 0x1F, 0b1, 1_000, +1, 12:30:00
  real,           ///< 1.5, 1e3, .inf, .nan
  timestamp,      ///< 2026-01-31
};
Plain classify(std::string_view text);
/// "a boolean", "a number" …: what else than text it may be read as.
std::string_view description(Plain kind);

}  // namespace gmsactl::manifest
