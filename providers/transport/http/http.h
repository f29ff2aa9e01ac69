// HTTP requests by libcurl, over TLS or a unix socket. Knows no API. Called by the transports of the Docker
// Engine and of Kubernetes.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace gmsactl::http {

struct Endpoint {
  std::string base_url;             ///< "https://host:2376"; "http://localhost" with a unix socket
  std::string unix_socket;          ///< path, or empty
  std::string ca_file;              ///< PEM; empty: the system's authorities
  std::string cert_file, key_file;  ///< client certificate, PEM; or empty
  /// The name that the server's certificate must have, where it is not the URL's host; empty: that.
  std::string tls_server_name;
  bool verify = true;  ///< false: any certificate will do; the caller has warned
  Secret bearer_token;
  std::chrono::milliseconds timeout{120'000};  ///< of one request, connecting included

  /// How it is named to people.
  std::string place() const;
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
  std::string body;  ///< at most 64 MiB, else the request fails
};

/// Keeps connections open between requests. Thread-safe: each request takes a connection of its own.
class Client {
 public:
  explicit Client(Endpoint endpoint);
  ~Client();

  /// An answer of any status is a Response. Errors: `unavailable` (refused, no such host, lost; not_sent is
  /// set where the request can't have arrived), `timeout`, `unauthenticated` (the certificate of either side
  /// is refused, expired included).
  [[nodiscard]] Result<Response> send(const Request& request);
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  class Handles;
  Endpoint endpoint_;
  std::unique_ptr<Handles> handles_;
};

/// The day on which the certificate in a PEM file ended ("2026-11-22"), if it has; else empty.
std::string expired_on(const std::string& file);

/// Percent-encodes all but RFC 3986's unreserved characters.
std::string encode(std::string_view text);

}  // namespace gmsactl::http
