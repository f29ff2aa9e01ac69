// Kubeconfigs: never a crash.
#include <cstddef>
#include <cstdint>
#include <string>

#include "providers/transport/kubernetes/kubeconfig.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)gmsactl::kubernetes::parse_kubeconfig(std::string(reinterpret_cast<const char*>(data), size), "/",
                                              "");
  return 0;
}
