// A value that must not be printed: it has no formatter, no stream operator and no comparison, and wipes its
// memory.
#pragma once

#include <string>
#include <utility>

namespace gmsactl {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) = default;
  ~Secret() {
    for (volatile char& c : value_) c = '\0';
  }

  /// The one way to the value; its callers are what a reviewer looks for.
  const std::string& expose() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace gmsactl
