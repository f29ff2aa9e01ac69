// The text of a lock reads back as it was written. Anybody who may write to the container may put anything
// there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "providers/directory/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl::directory;
  const auto holder = parse_lock({reinterpret_cast<const char*>(data), size});
  if (!holder) return 0;
  if (holder->id.empty() || holder->expires.empty()) std::abort();
  const auto text = lock_text(*holder);
  const auto again = parse_lock(text);
  if (!again || !(*again == *holder) || lock_text(*again) != text) std::abort();
  for (const char c : text)
    if (c < ' ' || c > '~') std::abort();
  return 0;
}
