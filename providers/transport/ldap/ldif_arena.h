// Memory for text that lives as long as one LDIF directory: decoded values, keys, what was written since.
// Nothing is freed before the whole is, so views into it stay good; the writes of one run are small beside
// the file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace gmsactl::ldap::ldif {

class Arena {
 public:
  /// A copy of `text` that lives as long as the arena.
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > left_) {
      const size_t size = std::max(block_size, text.size());
      blocks_.push_back(std::make_unique<char[]>(size));
      // A text larger than a block gets one of its own, and the block under way is gone on with afterwards.
      if (size > block_size) return copy(blocks_.back().get(), text);
      next_ = blocks_.back().get();
      left_ = size;
    }
    char* at = next_;
    next_ += text.size();
    left_ -= text.size();
    return copy(at, text);
  }

 private:
  static constexpr size_t block_size = size_t{64} * 1024;

  static std::string_view copy(char* at, std::string_view text) {
    std::copy(text.begin(), text.end(), at);
    return {at, text.size()};
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace gmsactl::ldap::ldif
