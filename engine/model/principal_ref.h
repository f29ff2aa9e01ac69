// How manifests name things in a directory, with the place for a diagnostic about it later.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"

namespace gmsactl::model {

/// A text and where it stands, for a diagnostic about it later.
struct Located {
  std::string text;
  SourceRange where;
  /// Positions are not part of what is asked for.
  bool operator==(const Located& other) const { return text == other.text; }
};

/// A computer, group, user or account as a manifest names it.
struct PrincipalRef {
  enum class Form {
    name,  ///< HOST01 or HOST01$: sAMAccountName of a computer, or of a group or user where no computer has
           ///< it
    host_group,  ///< {hostGroup: NAME}: a HostGroup of the same manifests, by metadata.name
    qualified,   ///< DOMAIN\name or name@dns.domain: a sAMAccountName in any domain of the forest
    sid,
    dn,
  };
  Form form = Form::name;
  std::string text;  ///< without the {hostGroup: } around it
  SourceRange where;
  bool operator==(const PrincipalRef& other) const { return form == other.form && text == other.text; }
};

/// The two parts of a qualified name.
struct QualifiedName {
  std::string_view domain;  ///< its NetBIOS or DNS name
  std::string_view name;
};
/// Parts of `text`, which holds a backslash or an @ as PrincipalRef::Form::qualified does.
inline QualifiedName qualified_name(std::string_view text) {
  if (const auto slash = text.find('\\'); slash != std::string_view::npos)
    return {text.substr(0, slash), text.substr(slash + 1)};
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return {{}, text};
  return {text.substr(at + 1), text.substr(0, at)};
}

}  // namespace gmsactl::model
