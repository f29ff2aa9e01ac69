// Where a server is: the parsed URL, and a TCP connection to it with a timeout of our own. libldap is handed
// the connected socket, so that the name in certificates and Kerberos tickets and the address dialled can
// differ.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/base/result.h"

namespace gmsactl::ldap {

struct Endpoint {
  bool ldaps = false;
  std::string host;  ///< lower case, without the brackets of an IPv6 literal
  uint16_t port = 389;

  /// ldap://host[:port], ldaps://host[:port]; anything after the port but one slash is `invalid`.
  [[nodiscard]] static Result<Endpoint> parse(const std::string& url);
  /// "ldap://dc01.contoso.com", with the port where it is not the scheme's own.
  std::string url() const;
};

/// `invalid` for the ports of a global catalog: there every object of the forest shows a part of its
/// attributes only ([MS-ADTS] 3.1.1.3.1.1.1), which must not pass for the whole.
[[nodiscard]] Result<void> refuse_global_catalog(const Endpoint& endpoint);

/// An open file descriptor, closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return descriptor_; }
  int release();

 private:
  int descriptor_ = -1;
};

/// A connected, non-blocking TCP socket. All addresses of the host are tried, in the system's order of
/// preference, and share the time; `address` is tried in their place if it is not empty. Fails with
/// `unavailable` or `timeout`.
[[nodiscard]] Result<FileDescriptor> open_socket(const Endpoint& endpoint, const std::string& address,
                                                 std::chrono::milliseconds timeout);

/// The IP address of the other end, empty where there is none.
std::string peer_of(int socket);

/// Waits until the socket can be read or written; false when the time is over first.
bool wait_for(int descriptor, short events, std::chrono::steady_clock::time_point until);

}  // namespace gmsactl::ldap
