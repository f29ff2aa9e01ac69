// What a Kubernetes API server (or something that poses as one) answers to a request it refuses: never a
// crash.
#include <cstddef>
#include <cstdint>
#include <string>

#include "providers/transport/kubernetes/api.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const int status : {400, 401, 403, 404, 409, 500})
    (void)gmsactl::kubernetes::status_error(status, text, "server");
  return 0;
}
