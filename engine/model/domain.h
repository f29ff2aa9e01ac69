// Which domain an object is of, as its DN tells.
#pragma once

#include <string>

#include "engine/model/dn.h"

namespace gmsactl::model {

/// What the DN ends with of DC=…: the head of the domain that the object lies in, not of one above it.
Dn domain_of(const Dn& dn);

/// "contoso.com" for DC=contoso,DC=com.
std::string dns_name_of(const Dn& domain);

}  // namespace gmsactl::model
