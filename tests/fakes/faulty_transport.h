// An LDAP transport that passes everything on to another one, but for what a test arranges to happen around
// one write: a change by somebody else just before it, a refusal in its place, or an answer that never comes.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "providers/transport/ldap/forwarding_transport.h"

namespace gmsactl::fakes {

/// What happens around one write.
struct Fault {
  std::function<void(ldap::Transport& inner)> before;  ///< somebody else's doing, straight at the directory
  bool carried_out = true;                             ///< whether the write itself reaches the directory
  std::optional<Error> answer;                         ///< in place of the directory's
  size_t late =
      0;  ///< not 0: it is carried out after all, but only when that many searches have been answered
};

class FaultyTransport : public ldap::ForwardingTransport {
 public:
  using ForwardingTransport::ForwardingTransport;

  /// Writes count from 1, over the life of this transport.
  std::map<size_t, Fault> faults;
  /// When set, every search and read answers this.
  std::optional<Error> search_error;
  /// "add CN=…", "modify <GUID=…>", in order.
  std::vector<std::string> writes;

  /// No answer came although it was carried out.
  static Fault lost_answer();
  /// No answer came, and nothing happened.
  static Fault lost_request();
  /// No answer came, and the directory carries it out only after `searches` more.
  static Fault lost_and_late(size_t searches);
  /// The connection was down, so it never left.
  static Fault never_sent();
  static Fault refused(ErrorKind kind, std::string message);
  static Fault preceded_by(std::function<void(ldap::Transport&)> change);

  [[nodiscard]] Result<void> search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) override;
  [[nodiscard]] Result<void> add(const std::string& dn,
                                 const std::vector<ldap::Attribute>& attributes) override;
  [[nodiscard]] Result<void> modify(const std::string& dn,
                                    const std::vector<ldap::Modification>& changes) override;
  [[nodiscard]] Result<void> rename(const std::string& dn, const std::string& new_rdn,
                                    const std::string& new_parent) override;
  [[nodiscard]] Result<void> remove(const std::string& dn) override;

 private:
  [[nodiscard]] Result<void> write(std::string what, const std::function<Result<void>()>& carry_out);

  std::mutex mutex_;
  size_t late_ = 0;
  std::function<Result<void>()> late_write_;
};

}  // namespace gmsactl::fakes
