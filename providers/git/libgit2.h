// What the files of this folder share about libgit2: owning pointers, and its failures as our errors. Private
// to this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/error.h"

struct git_oid;

namespace gmsactl::git {

template <auto free>
struct Freed {
  template <class Object>
  void operator()(Object* object) const {
    free(object);
  }
};
/// `Handle<git_tree, git_tree_free>`.
template <class Object, auto free>
using Handle = std::unique_ptr<Object, Freed<free>>;

/// What libgit2 says of its last failure in this thread, after `doing`: "opening the repository /srv/x".
Error libgit2_error(int code, std::string_view doing);

/// Hexadecimal, in full.
std::string text_of(const git_oid& id);

}  // namespace gmsactl::git
