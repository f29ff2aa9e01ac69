#include "engine/base/digest.h"

#include <nettle/sha2.h>

#include "engine/base/text.h"

namespace gmsactl {

std::array<uint8_t, 32> sha256_bytes(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
  std::array<uint8_t, 32> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

std::string sha256(std::string_view bytes) {
  const auto digest = sha256_bytes(bytes);
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace gmsactl
