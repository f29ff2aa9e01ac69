// File descriptors that close themselves, and pipes of them. Called by transports that run a program.
#pragma once

#include <unistd.h>

#include <utility>

#include "engine/base/result.h"

namespace gmsactl::process {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return value_; }
  void reset() {
    if (value_ >= 0) close(std::exchange(value_, -1));
  }

 private:
  int value_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// No child has either end unless it is handed over.
[[nodiscard]] Result<Pipe> make_pipe();

}  // namespace gmsactl::process
