// One controller during an apply, with patience: the one place that finds out what became of a write whose
// answer was lost. A read that lost its connection is made again on a new one, to the same controller; a
// write that never left is sent once there is a connection again. Not responsible for: what a write means, or
// for whether its repetition does harm, which the Writer sees to by guarding each. Internal to
// providers/directory.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "providers/transport/ldap/forwarding_transport.h"

namespace gmsactl::directory {

struct Patience {
  std::chrono::milliseconds first_pause{100};  ///< before a lost connection is opened again; doubles
  std::chrono::milliseconds limit{15'000};     ///< how long that is tried
  std::chrono::milliseconds settling{1'000};   ///< between two looks that must be alike; doubles
  int looks = 4;                               ///< that long at most
  std::chrono::milliseconds spn_pause{1'000};  ///< before a freed SPN is asked for again; doubles
  std::chrono::milliseconds spn_limit{60'000};
  /// Told how long such a wait has lasted, of how long at most.
  std::function<void(std::chrono::milliseconds waited, std::chrono::milliseconds limit)> waiting = {};
};

/// What became of a request.
struct Fate {
  enum Kind {
    carried_out,  ///< by this request, or by an earlier one whose answer was lost
    refused,      ///< nothing came of it, and nothing will
    unknown,      ///< no answer came, and the controller could not be made to show what became of it
  };
  Kind kind = carried_out;
  std::optional<Error> error = {};
  explicit operator bool() const { return kind == carried_out; }
};

class PatientTransport : public ldap::ForwardingTransport {
 public:
  PatientTransport(ldap::Transport& inner, Patience patience)
      : ForwardingTransport(inner), patience_(std::move(patience)) {}

  /// Sends a guarded request until its fate is known. Guarded: where an earlier copy of it has been carried
  /// out, or still will be, only one of them has an effect (the old value is gone, the name is taken, the
  /// object is there already). That is why sending it again settles what the lost one comes to: the
  /// controller may still have that in a queue, whatever a first look shows. `shows` reads whether it has
  /// been carried out. A request that in the end was refused, or never answered, counts as undone only where
  /// two looks with a pause between them are alike and nothing was committed between them.
  Fate carry_out(const std::function<Result<void>()>& send, const std::function<Result<bool>()>& shows);

  const Patience& patience() const { return patience_; }

  [[nodiscard]] Result<void> search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) override;
  [[nodiscard]] Result<void> add(const std::string& dn,
                                 const std::vector<ldap::Attribute>& attributes) override;
  [[nodiscard]] Result<void> modify(const std::string& dn,
                                    const std::vector<ldap::Modification>& changes) override;
  [[nodiscard]] Result<void> rename(const std::string& dn, const std::string& new_rdn,
                                    const std::string& new_parent) override;
  [[nodiscard]] Result<void> remove(const std::string& dn) override;

 private:
  Result<void> sent(const std::function<Result<void>()>& send);
  Fate settled(const std::function<Result<bool>()>& shows, Error error);
  std::optional<std::string> last_commit();

  const Patience patience_;
};

}  // namespace gmsactl::directory
