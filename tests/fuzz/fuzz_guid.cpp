// Whatever decodes encodes to the same bytes, and its text parses to the same GUID.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/guid.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gmsactl::model::Guid;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto guid = Guid::decode(input))
    if (guid->encode() != input || Guid::parse(guid->text()) != *guid) std::abort();
  if (const auto guid = Guid::parse(input))
    if (Guid::parse(guid->text()) != *guid || Guid::decode(guid->encode()) != *guid) std::abort();
  return 0;
}
