#include "tests/paths.h"

namespace gmsactl::tests {

const char* const source_dir = GMSACTL_SOURCE_DIR;
const char* const program = GMSACTL_BINARY;

}  // namespace gmsactl::tests
