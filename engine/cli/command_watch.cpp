#include "engine/cli/commands.h"
namespace gmsactl::cli { ExitCode watch(const Options&) { return ExitCode::unforeseen; } }
