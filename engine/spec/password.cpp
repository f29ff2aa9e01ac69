#include "engine/base/text.h"
#include "engine/spec/validate.h"

namespace gmsactl::spec {

bool looks_like_password(std::string_view plugin_input) {
  const std::string text = fold(plugin_input);
  for (const std::string_view word : {"password=", "password\":", "pwd=", "secret=", "passwd="})
    if (text.find(word) != std::string::npos) return true;
  // Microsoft's own example for a custom plug-in: DOMAIN:USER:PASSWORD. An ARN and a URL have colons too.
  if (text.find("://") != std::string::npos || text.find("arn:") != std::string::npos ||
      text.find('{') != std::string::npos || text.find('=') != std::string::npos)
    return false;
  const auto parts = split(plugin_input, ':');
  if (parts.size() == 2) return parts[0].find('\\') != std::string_view::npos && !parts[1].empty();
  return parts.size() >= 3 && !parts[0].empty() && !parts[1].empty() && !parts[2].empty();
}

}  // namespace gmsactl::spec
