// Result<T>: a value or an Error; the return type of every operation that can fail. Functions that return it
// are
// [[nodiscard]], since tl::expected itself is not.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "engine/base/error.h"

namespace gmsactl {

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorKind::invalid, "a SID starts with S-1-");`
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(hint), std::nullopt});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

namespace detail {
template <class T>
T take(Result<T>&& result) {
  return std::move(*result);
}
inline void take(Result<void>&&) {}
}  // namespace detail

}  // namespace gmsactl

#define GMSACTL_PASTE_TOKENS(a, b) a##b
#define GMSACTL_PASTE(a, b) GMSACTL_PASTE_TOKENS(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): `result` is a name
#define GMSACTL_TRY_AS(result, expression)               \
  __extension__({                                        \
    auto&& result = (expression);                        \
    if (!result) [[unlikely]]                            \
      return ::gmsactl::fail(std::move(result).error()); \
    ::gmsactl::detail::take(std::move(result));          \
  })
// NOLINTEND(bugprone-macro-parentheses)
/// The value of a Result, or return its error from the enclosing function. `Dn dn =
/// GMSACTL_TRY(parse_dn(text));` The value is moved out of the Result, so its expression must be a temporary
/// or no longer needed. Not between the elements of an initialiser: those before it would not be destroyed.
#define GMSACTL_TRY(expression) GMSACTL_TRY_AS(GMSACTL_PASTE(gmsactl_try_, __COUNTER__), expression)
