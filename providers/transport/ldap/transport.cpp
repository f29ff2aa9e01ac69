#include "providers/transport/ldap/transport.h"

#include "engine/base/text.h"

namespace gmsactl::ldap {

const Attribute* Entry::find(std::string_view name) const {
  for (const auto& attribute : attributes)
    if (equal_folded(attribute.name, name)) return &attribute;
  return nullptr;
}

std::optional<std::string_view> Entry::first(std::string_view name) const {
  const Attribute* attribute = find(name);
  if (!attribute || attribute->values.empty()) return std::nullopt;
  return attribute->values.front();
}

Result<std::vector<Entry>> search_all(Reader& directory, const SearchRequest& request) {
  std::vector<Entry> entries;
  GMSACTL_TRY(directory.search(request, [&](Entry&& entry) {
    entries.push_back(std::move(entry));
    return true;
  }));
  return entries;
}

Result<Entry> read(Reader& directory, const std::string& dn, std::vector<std::string> attributes,
                   std::vector<Control> controls) {
  SearchRequest request;
  request.base = dn;
  request.scope = Scope::base;
  request.attributes = std::move(attributes);
  request.controls = std::move(controls);
  std::optional<Entry> found;
  GMSACTL_TRY(directory.search(request, [&](Entry&& entry) {
    found = std::move(entry);
    return true;
  }));
  // A server answers success without an entry where the object exists but must not be seen.
  if (!found) return fail(ErrorKind::not_found, "no readable object " + printable(dn));
  return std::move(*found);
}

}  // namespace gmsactl::ldap
