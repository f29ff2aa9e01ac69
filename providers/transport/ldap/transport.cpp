#include "providers/transport/ldap/transport.h"

#include <algorithm>

#include "engine/base/text.h"

namespace gmsactl::ldap {

const Attribute* Entry::find(std::string_view name) const {
  for (const auto& attribute : attributes)
    if (equal_folded(attribute.name, name)) return &attribute;
  // "userCertificate;binary" is userCertificate; a range is not the attribute.
  if (name.find(';') == std::string_view::npos)
    for (const auto& attribute : attributes) {
      const auto options = attribute.name.find(';');
      if (options != std::string::npos && equal_folded(attribute.name.substr(0, options), name) &&
          fold(attribute.name).find(";range=", options) == std::string::npos)
        return &attribute;
    }
  return nullptr;
}

namespace {
/// Whether `option` says that all values came: "range=0-*" ([MS-ADTS] 3.1.1.3.1.3.3).
bool is_whole_range(std::string_view option) { return equal_folded(option, "range=0-*"); }
}  // namespace

Reading Entry::read(std::string_view name) const {
  const Attribute* part = nullptr;
  for (const auto& attribute : attributes) {
    const std::string_view whole_name = attribute.name;
    const auto options = std::min(whole_name.find(';'), whole_name.size());
    if (!equal_folded(whole_name.substr(0, options), name)) continue;
    const auto option = whole_name.substr(std::min(options + 1, whole_name.size()));
    if (!equal_folded(option.substr(0, 6), "range=")) {
      // "member" without values may stand beside "member;range=0-1499".
      if (!attribute.values.empty()) return Reading::complete(name, attribute.values);
    } else if (is_whole_range(option)) {
      return Reading::complete(name, attribute.values);
    } else {
      part = &attribute;
    }
  }
  if (part != nullptr) return Reading::partial(name);
  return whole ? Reading::complete(name, {}) : Reading::hidden(name);
}

Error Reading::why() const {
  const std::string name(attribute_);
  if (extent_ == Extent::partial)
    return {ErrorKind::corrupt, "only a range of the values of " + name + " is there",
            "Read the object again without a range.", std::nullopt};
  return {ErrorKind::denied, name + " is not readable",
          "Grant the account that gmsactl runs as the right to read it.", std::nullopt};
}

Result<std::span<const std::string>> Reading::values() const {
  if (extent_ != Extent::complete) return fail(why());
  return values_;
}

Result<std::optional<std::string_view>> Reading::value() const {
  if (extent_ != Extent::complete) return fail(why());
  return values_.empty() ? std::nullopt : std::optional<std::string_view>(values_.front());
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
