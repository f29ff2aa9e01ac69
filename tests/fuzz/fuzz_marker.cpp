// An ownership marker reads back as it was written, and what is none is somebody's text: whatever is in the
// attribute, it is never taken for ours by mistake.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/model/marker.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl::model;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto marker = Marker::parse(input);
  (void)Marker::looks_like_one(input);
  const auto reading = read_ownership(input, "team", "prod");
  if (!marker) {
    if (reading.ownership == Ownership::ours || reading.marker) std::abort();
    return 0;
  }
  const bool ours = marker->owner == "team" && marker->environment == "prod";
  if ((reading.ownership == Ownership::ours) != ours) std::abort();
  const std::string text = marker->text();
  const auto again = Marker::parse(text);
  if (!again || !(*again == *marker) || again->text() != text || !Marker::looks_like_one(text)) std::abort();
  // The filter that finds what is ours must not miss it.
  if (!text.starts_with(Marker::prefix(marker->owner, marker->environment))) std::abort();
  for (const char c : text)
    if (c < ' ' || c > '~') std::abort();
  return 0;
}
