// Where the source tree and the built program are, for tests that read the one or start the other. Linked in,
// so that a test compiles to the same object in every checkout.
#pragma once

namespace gmsactl::tests {

extern const char* const source_dir;
extern const char* const program;  ///< build/bin/gmsactl

}  // namespace gmsactl::tests
