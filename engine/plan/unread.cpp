#include "engine/plan/unread.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/fields.h"

namespace gmsactl::plan {

using model::UnreadAttribute;

namespace {

/// "servicePrincipalName (this user may not read it)".
std::string described(const UnreadAttribute& one) {
  return one.attribute + " (" + (one.why.empty() ? "whether it has a value is not known" : one.why) + ")";
}

std::string grant(const model::Dn& dn, const std::vector<UnreadAttribute>& unread) {
  std::vector<std::string> names;
  std::vector<std::string> rights;
  for (const auto& one : unread) {
    if (one.how != model::Completeness::hidden) continue;
    names.push_back(one.attribute);
    rights.push_back("\"DOMAIN\\USER:RP;" + one.attribute + "\"");
  }
  if (names.empty()) return "Read the object again, or export it again without ranges.";
  return "Grant the account that gmsactl runs as the right to read " + join(names, ", ") +
         ", for example: dsacls \"" + dn.text() + "\" /G " + join(rights, " ");
}

bool refuse(Context& context, const model::ResourceId& id, const model::Dn& dn,
            const std::vector<UnreadAttribute>& unread, std::optional<SourceRange> where) {
  if (unread.empty()) return true;
  std::vector<std::string> texts;
  texts.reserve(unread.size());
  std::transform(unread.begin(), unread.end(), std::back_inserter(texts), described);
  Error why{ErrorKind::denied, "of " + dn.text() + " this was not read: " + join(texts, ", "),
            grant(dn, unread), std::nullopt};
  context.report(Severity::error, "GMSA0209", "Live state could not be read",
                 model::address(id) + " is left as it is, since " + why.message + ".", why.hint, where, id);
  context.plan.unreadable.push_back({id, std::move(why)});
  return false;
}

}  // namespace

bool read_in_full(Context& context, const model::ResourceId& id, const model::Dn& dn,
                  const std::vector<UnreadAttribute>& unread, const std::vector<std::string>& attributes,
                  std::optional<SourceRange> where) {
  return refuse(context, id, dn, model::unread_among(unread, attributes), where);
}

bool read_in_full(Context& context, const model::ResourceId& id, const model::Dn& dn,
                  const std::vector<UnreadAttribute>& unread) {
  return refuse(context, id, dn, unread, std::nullopt);
}

}  // namespace gmsactl::plan
