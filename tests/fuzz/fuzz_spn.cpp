// An SPN that parses is written as it was read; the functions on any text end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/spn.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl::model;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto spn = Spn::parse(input);
  if (spn && spn->text() != input) std::abort();
  const auto half = input.substr(0, size / 2);
  if (rewritten_spn(input, half, half).size() != input.size()) std::abort();
  const auto mappings = SpnMappings::parse({std::string(input)});
  if (spn) (void)mappings.aliases(*spn);
  return 0;
}
