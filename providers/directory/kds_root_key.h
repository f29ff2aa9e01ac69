// What a new KDS root key is made with ([MS-GKDI] 3.1.4.1.1): the forest's own configuration where that names
// an algorithm, else the defaults, each group of attributes as a whole. Called by the preflight, so that a
// configuration that gmsactl can't follow is refused at plan, and by the writer. Internal to
// providers/directory.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/dn.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// The FFC DH parameters of RFC 5114 section 2.3 in the form of [MS-GKDI] 2.2.2: 524 bytes.
std::string ffc_dh_parameters();

/// The msKds attributes that depend on the forest's Server Configuration object. `unsupported` where that
/// asks for anything but the KDF SP800_108_CTR_HMAC with a SHA hash and for FFC DH; `denied` where its
/// attributes can't be read.
[[nodiscard]] Result<std::vector<ldap::Attribute>> root_key_parameters(ldap::Reader& directory,
                                                                       const model::Dn& configuration);

}  // namespace gmsactl::directory
