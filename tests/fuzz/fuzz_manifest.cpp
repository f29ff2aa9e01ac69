// Any bytes as a manifest: loading and resolving them must end, and soon, without a crash or a leak.
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/manifest/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl;
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const bool named_explicitly : {true, false}) {
    manifest::Sources sources;
    sources.add({intern("fuzz.yaml"), "", text, named_explicitly});
    const auto manifests = manifest::load(std::move(sources));
    Diagnostics diagnostics = manifests.diagnostics();
    for (const auto& environment : manifests.environment_names())
      (void)manifests.resolve(environment, diagnostics);
    for (const auto& each : diagnostics)
      if (each.where) (void)manifests.sources().line(each.where->file, each.where->line);
  }
  return 0;
}
