#include "providers/git/libgit2.h"

#include <git2.h>

#include <array>

#include "engine/base/text.h"

namespace gmsactl::git {

namespace {

ErrorKind kind_of(int code) {
  switch (code) {
    case GIT_ENOTFOUND:
    case GIT_EUNBORNBRANCH:
      return ErrorKind::not_found;
    case GIT_EAMBIGUOUS:
    case GIT_EINVALIDSPEC:
    case GIT_EPEEL:
      return ErrorKind::invalid;
    case GIT_EOWNER:
      return ErrorKind::denied;
    case GIT_EMISMATCH:
      return ErrorKind::corrupt;
    default:
      return ErrorKind::internal;
  }
}

}  // namespace

Error libgit2_error(int code, std::string_view doing) {
  const git_error* last = git_error_last();
  const std::string why = last != nullptr && last->message != nullptr
                              ? printable(last->message)
                              : "libgit2 failed with " + std::to_string(code);
  return Error{kind_of(code), why, {}, NativeCode{code, "libgit2", std::nullopt}}.with_context(doing);
}

std::string text_of(const git_oid& id) {
  std::array<char, GIT_OID_HEXSZ + 1> text{};
  git_oid_tostr(text.data(), text.size(), &id);
  return text.data();
}

}  // namespace gmsactl::git
