// HTTP requests by libcurl, over TCP, TLS or a unix socket. Knows no API. Called by the transports of the
// Docker Engine and of Kubernetes.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace gmsactl::http {

struct Endpoint {
  std::string base_url;             ///< "https://host:6443", "http://localhost" with a unix socket
  std::string unix_socket;          ///< path, or empty
  std::string ca_file;              ///< PEM; empty with `ca_data` empty too: the system's authorities
  std::string ca_data;              ///< PEM itself
  std::string cert_file, key_file;  ///< client certificate, PEM; or the texts themselves:
  std::string cert_data;
  Secret key_data;
  std::string tls_server_name;  ///< name the certificate must have, where it is not the URL's host
  bool verify = true;           ///< false: insecure-skip-tls-verify of a kubeconfig; warned of by the caller
  Secret bearer_token;
  std::chrono::milliseconds timeout{120'000};  ///< of one request, connecting included
};

struct Request {
  std::string method = "GET";
  std::string path;  ///< with its query, already encoded; see encode()
  std::string content_type;
  std::string body;
  std::vector<std::string> headers;  ///< "Name: value"
};

struct Response {
  int status = 0;
  std::string content_type;
  std::string body;  ///< at most 64 MiB, else the request fails
};

/// Keeps connections open between requests. Thread-safe: each request takes a connection of its own.
class Client {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Client>> create(Endpoint endpoint);
  virtual ~Client() = default;

  /// An answer of any status is a Response. Errors: `unavailable` (refused, no such host, lost; not_sent is
  /// set where the request can't have arrived), `timeout`, `unauthenticated` (the certificate of either side
  /// is refused, expired included, with what to do).
  [[nodiscard]] virtual Result<Response> send(const Request& request) = 0;
  virtual const Endpoint& endpoint() const = 0;
};

/// Percent-encodes all but RFC 3986's unreserved characters.
std::string encode(std::string_view text);

}  // namespace gmsactl::http
