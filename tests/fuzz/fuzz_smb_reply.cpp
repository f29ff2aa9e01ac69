// What smbclient prints: never a crash, and what is listed has names that a file can have.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "providers/transport/smb/smb_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto entries = gmsactl::smb::parse_listing(text, "listing"))
    for (const auto& entry : *entries)
      if (entry.name.empty() || entry.name.find('\n') != std::string::npos) std::abort();
  (void)gmsactl::smb::refusal(text, "writing");
  return 0;
}
