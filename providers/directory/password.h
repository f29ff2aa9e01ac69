// The password of a simple bind, from the file or the variable that directory.passwordFrom names. What the
// tools of Windows and editors add to a password is taken off; what cannot be a password is refused here,
// since a wrong one that is sent counts towards locking the account. Called by Session; never prints the
// password.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "engine/model/desired.h"

namespace gmsactl::directory {

struct Password {
  Secret value;
  std::vector<std::string> doubts;  ///< what may be wrong with it, one sentence each, without a full stop
};

/// `unauthenticated` names the flaw and how to remove it.
[[nodiscard]] Result<Password> read_password(const model::SecretSource& source);

/// The password in these bytes. `source` names them in messages: "the file /run/secrets/password".
[[nodiscard]] Result<Password> password_in(std::string text, const std::string& source);

}  // namespace gmsactl::directory
