// Whether a commit carries the good signature of somebody who may sign. libgit2 takes the signature out of
// the commit; ssh-keygen or gpg checks it. Everything that is not clearly good is an Error: no signature, one
// of another key, one that does not fit, a key that has expired or was revoked, a program that is missing.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "providers/git/repository.h"

namespace gmsactl::git {

/// Who signed, for people: "ada@contoso.com", or "Ada Admin <ada@contoso.com> (0123…CDEF)".
///
/// `allowed_signers` is the one source of trust. For a commit signed with an SSH key it is a file in the
/// format of ssh-keygen(1), ALLOWED SIGNERS; for one signed with an OpenPGP key, exported public keys, and
/// neither the user's keyring nor a key server is asked. Keys are judged at the time of the call, since the
/// time of a commit is whatever its author wrote.
[[nodiscard]] Result<std::string> verify_signature(const Repository& repository, const Commit& commit,
                                                   const std::string& allowed_signers);

}  // namespace gmsactl::git
