// A file loads or is refused with its line; what loads answers searches, takes a write, and what it saves
// loads again. The first line of an input is also tried as a filter.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/model/dn.h"
#include "providers/transport/ldap/ldif_change.h"
#include "providers/transport/ldap/ldif_directory.h"
#include "providers/transport/ldap/ldif_search.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gmsactl;
  using namespace gmsactl::ldap;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)ldif::parse_filter(input.substr(0, input.find('\n')));
  auto directory = ldif::Directory::load(std::string(input));
  if (!directory) return 0;
  const ldif::ObjectId count = (*directory)->size();
  for (ldif::ObjectId id = 0; id < count && id < 64; ++id) {
    const ldif::Object& object = (**directory)[id];
    SearchRequest request;
    request.base = object.dn;
    request.scope = Scope::base;
    const auto by_name = ldif::find_objects(**directory, request);
    if (!by_name || by_name->size() != 1 || by_name->front() != id) std::abort();
    request.base = (*directory)->domain_dn();
    request.scope = Scope::subtree;
    request.filter = "(&(distinguishedName=" + model::escape_filter_value(object.dn) + ")(!(member=CN=x)))";
    if (!ldif::find_objects(**directory, request)) std::abort();
    (void)ldif::Selection(**directory, {}).entry(object);
  }
  (void)ldif::root_dse(**directory);
  const std::string first((**directory)[0].dn);
  (void)ldif::rename_object(**directory, first, "CN=renamed", "");
  (void)ldif::modify_object(**directory, first, {{ModifyOperation::replace, "description", {first}}});
  const std::string saved = (*directory)->text();
  if (const auto again = ldif::Directory::load(saved); !again) std::abort();
  return 0;
}
