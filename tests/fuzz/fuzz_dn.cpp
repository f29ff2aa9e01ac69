// A DN's text parses to the same DN, its two keys agree, and no text makes the key function fail.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/dn.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl::model;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string key = dn_key(input);
  (void)escape_filter_value(input);
  const auto dn = Dn::parse(input);
  if (!dn) return 0;
  const auto again = Dn::parse(dn->text());
  if (!again || again->rdns() != dn->rdns() || again->key() != key || dn->key() != key || dn_key(key) != key)
    std::abort();
  if (!dn->empty() && !dn->is_under(dn->parent())) std::abort();
  return 0;
}
