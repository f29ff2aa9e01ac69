// Whatever decodes encodes to the same bytes, and its text parses to the same SID.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/sid.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gmsactl::model::Sid;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto sid = Sid::decode(input))
    if (sid->encode() != input || Sid::parse(sid->text()) != *sid) std::abort();
  if (const auto sid = Sid::parse(input))
    if (Sid::decode(sid->encode()) != *sid || Sid::parse(sid->text()) != *sid) std::abort();
  return 0;
}
