// Replies of a Docker Engine: never a crash, and a service that was read can be written again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "providers/transport/docker/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)gmsactl::docker::parse_info(text);
  (void)gmsactl::docker::parse_configs(text);
  if (const auto services = gmsactl::docker::parse_services(text))
    for (const auto& service : *services) (void)gmsactl::docker::with_config(service.spec, "id", "name");
  (void)gmsactl::docker::with_config(text, "id", "name");
  return 0;
}
