// The Kubernetes API as far as objects are read, applied and removed (server-side apply, API server 1.18 and
// later). Knows no gMSA. Called by the Kubernetes target.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/kubernetes/kubeconfig.h"

namespace gmsactl::kubernetes {

/// Thread-safe.
class Api {
 public:
  explicit Api(Connection connection) : connection_(std::move(connection)) {}

  std::string place() const { return connection_.client->endpoint().place(); }

  /// The object or list as JSON. `not_found`, `denied`, `unauthenticated`, or what the connection says.
  [[nodiscard]] Result<std::string> get(const std::string& path);
  /// All items of a list, page by page, each as JSON.
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path, const std::string& selector);
  /// Server-side apply as field manager "gmsactl", never forced. `conflict` where another manager owns a
  /// field, with its name, or where the object's resourceVersion is not the one in `body`.
  [[nodiscard]] Result<void> apply(const std::string& path, const std::string& body);
  [[nodiscard]] Result<void> remove(const std::string& path);

 private:
  Result<std::string> call(const std::string& method, const std::string& path, const std::string& type,
                           const std::string& body);
  Connection connection_;
};

/// What a Status object (or any other body) of this HTTP status means; exposed for tests and fuzzing.
Error status_error(int http_status, const std::string& body, const std::string& place);

}  // namespace gmsactl::kubernetes
