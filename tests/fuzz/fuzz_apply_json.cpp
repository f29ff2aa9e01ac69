// A result document from anywhere: what is accepted must render to a document that is accepted again and
// renders the same, and its text must not be able to command a terminal.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/report/apply_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl::report;
  const auto documents = parse_applies_json({reinterpret_cast<const char*>(data), size});
  if (!documents) return 0;
  const auto rendered = applies_json(saved(*documents));
  const auto again = parse_applies_json(rendered);
  if (!again || applies_json(saved(*again)) != rendered) std::abort();
  for (const char c : render(Format::text, saved(*documents)))
    if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)) std::abort();
  return 0;
}
