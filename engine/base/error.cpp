#include "engine/base/error.h"

#include <utility>

namespace gmsactl {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::not_found:
      return "not found";
    case ErrorKind::already_exists:
      return "already exists";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::unauthenticated:
      return "unauthenticated";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::constraint:
      return "constraint";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

Error Error::with_context(std::string_view context) && {
  message.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

Error Error::with_hint(std::string text) && {
  hint = std::move(text);
  return std::move(*this);
}

}  // namespace gmsactl
