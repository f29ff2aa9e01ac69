// A descriptor's readers and its other entries, written again, decode to themselves.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/security_descriptor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gmsactl::model::SecurityDescriptor;
  const auto descriptor = SecurityDescriptor::decode({reinterpret_cast<const char*>(data), size});
  if (!descriptor) return 0;
  const auto readers = descriptor->readers();
  const auto unusual = descriptor->unusual();
  const std::string bytes = SecurityDescriptor::encode_readers(readers, unusual);
  if (bytes.empty()) return 0;  // more than an ACL can hold
  const auto again = SecurityDescriptor::decode(bytes);
  if (!again || again->readers() != readers || again->unusual().size() != unusual.size()) std::abort();
  if (!std::is_permutation(unusual.begin(), unusual.end(), again->unusual().begin())) std::abort();
  return 0;
}
