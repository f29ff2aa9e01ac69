// What is remembered between two looks reads as what it was written from, whatever stands in the file. The
// digest at its end is made here, since no mutation would ever hit it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/digest.h"
#include "engine/drift/memory.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gmsactl::drift::Memory;
  const std::string body(reinterpret_cast<const char*>(data), size);
  (void)Memory::parse(body);
  const auto memory = Memory::parse(body + "end " + gmsactl::sha256(body) + "\n");
  if (!memory) return 0;
  const auto again = Memory::parse(memory->text());
  if (!again || !(*again == *memory)) std::abort();
  return 0;
}
