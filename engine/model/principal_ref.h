// How manifests name things in a directory, with the place for a diagnostic about it later.
#pragma once

#include <string>

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
    qualified,   ///< DOMAIN\name
    sid,
    dn,
  };
  Form form = Form::name;
  std::string text;  ///< without the {hostGroup: } around it
  SourceRange where;
  bool operator==(const PrincipalRef& other) const { return form == other.form && text == other.text; }
};

}  // namespace gmsactl::model
