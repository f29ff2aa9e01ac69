// No bytes of a server's make a reader of replication metadata read beyond them, and what it reads is in
// range.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/filetime.h"
#include "engine/model/replication_metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace model = gmsactl::model;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto check = [](const model::AttributeStamp& stamp) {
    const auto text = model::filetime_text(stamp.time);
    if (stamp.usn < 0 || stamp.time < 0 || !model::parse_filetime_text(text)) std::abort();
  };
  if (const auto stamps = model::decode_property_metadata(bytes))
    for (const auto& stamp : *stamps) check(stamp);
  if (const auto stamp = model::decode_attribute_metadata(bytes)) check(*stamp);
  if (const auto value = model::decode_value_metadata(bytes)) check(value->stamp);
  return 0;
}
