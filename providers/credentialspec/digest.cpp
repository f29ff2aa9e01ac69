#include "providers/credentialspec/digest.h"

#include <nettle/sha2.h>

#include <array>

#include "engine/base/text.h"

namespace gmsactl::credentialspec {

std::string digest(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
  std::array<uint8_t, SHA256_DIGEST_SIZE> sum{};
  sha256_digest(&context, sum.size(), sum.data());
  return hex({reinterpret_cast<const char*>(sum.data()), sum.size()});
}

}  // namespace gmsactl::credentialspec
