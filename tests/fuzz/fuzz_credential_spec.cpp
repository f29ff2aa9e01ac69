// Any text can be parsed and validated, and merged into a spec that then reads as wanted; every format of it
// can be written. written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/spec/document.h"
#include "engine/spec/json.h"
#include "engine/spec/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl;
  using Format = model::DirectoryTarget::Format;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)spec::validate(input, "input", nullptr);
  model::CredentialSpec wanted;
  wanted.machine_account_name = "webapp01";
  wanted.accounts = {{"webapp01", "contoso.com"}, {"webapp01", "CONTOSO"}};
  const auto merged = spec::parse(spec::merge(input, wanted));
  if (!merged || !spec::equal(*merged, wanted)) std::abort();
  const auto read = spec::parse(input);
  if (!read) return 0;
  const auto again = spec::parse(spec::render(*read));
  if (!again || !spec::equal(*again, *read)) std::abort();
  for (const auto format : {Format::docker, Format::kubernetes, Format::compose, Format::service_fabric})
    if (spec::document(format, *read, {"a", "e", "f.yaml", "a.json", "a", {{"n", "s"}}}).empty())
      std::abort();
  return 0;
}
