#include <sys/resource.h>

#include <exception>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/interrupt.h"

int main(int argc, char** argv) {
  // A core file would hold passwords, tokens and keys, and lie wherever the program was started.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  try {
    gmsactl::cli::watch_signals();
    const auto code = gmsactl::cli::run(argc, argv);
    std::cout.flush();
    if (!std::cout) {
      std::cerr << "error: standard output could not be written\n";
      return 1;
    }
    return static_cast<int>(code);
  } catch (const std::exception& error) {
    std::cerr << "error: this is a bug in gmsactl: " << error.what()
              << "\nPlease report it, with the command line and what --log-level trace prints.\n";
    return 1;
  }
}
