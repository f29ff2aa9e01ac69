// Runs another program to its end: no shell, its words as given, its standard input from a file, and what it
// prints on standard output kept. Private to this folder, which asks ssh-keygen and gpg about signatures.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::git {

struct Finished {
  bool succeeded = false;  ///< its exit status was 0
  std::string output;
};

/// `words` begins with the program's name, which is looked up in PATH; `input` names a file. What it prints
/// on standard error is thrown away. not_found where there is no such program, timeout where it was ended.
[[nodiscard]] Result<Finished> run_program(std::vector<std::string> words, const std::string& input,
                                           std::chrono::milliseconds timeout);

}  // namespace gmsactl::git
