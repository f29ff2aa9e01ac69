// Accounts, host groups, their containers and the KDS root key in Active Directory, behind the engine's
// seams: an observer that only reads, and a provider that writes as well. Made by engine/cli for one
// environment; one domain controller for its whole life once something is written.
#pragma once

#include <memory>

#include "engine/ports/audit.h"
#include "engine/ports/change_feed.h"
#include "engine/ports/lock.h"
#include "engine/ports/provider.h"
#include "providers/directory/session.h"

namespace gmsactl::directory {

class AuditedTransport;
class Writer;

class DirectoryObserver : public ports::Observer, public ports::ChangeFeed {
 public:
  [[nodiscard]] static Result<std::unique_ptr<DirectoryObserver>> create(
      const model::Environment& environment, const SessionOptions& options);
  explicit DirectoryObserver(std::unique_ptr<Session> session);

  [[nodiscard]] Result<model::Observations> observe(const model::Desired& desired,
                                                    ports::EventSink& events) override;
  [[nodiscard]] Result<model::LastWrites> last_writes(std::span<const model::Guid> objects) override;

  [[nodiscard]] Result<model::DirectoryPosition> position() override;
  [[nodiscard]] Result<bool> sees_deleted() override;
  [[nodiscard]] Result<std::vector<model::ChangedObject>> changed_since(int64_t usn, int64_t latest) override;
  [[nodiscard]] Result<void> watch(const std::function<void()>& on_change, std::stop_token stop) override;

  /// Requests so far, for --log-level debug and the bench.
  const ldap::Counters& counters() const;
  std::string peer() const;

 private:
  std::unique_ptr<Session> session_;
};

class DirectoryProvider : public ports::Provider {
 public:
  [[nodiscard]] static Result<std::unique_ptr<DirectoryProvider>> create(
      const model::Environment& environment, const SessionOptions& options);
  ~DirectoryProvider() override;

  [[nodiscard]] Result<model::Observations> observe(const model::Desired& desired,
                                                    ports::EventSink& events) override;
  [[nodiscard]] Result<model::LastWrites> last_writes(std::span<const model::Guid> objects) override;
  model::ChangeResult apply(const model::Change& change) override;
  [[nodiscard]] Result<void> begin_writes() override;
  [[nodiscard]] Result<void> flush() override;

  /// The environment's lock. `unsupported` for a directory in a file, which has no other writers at the same
  /// time.
  [[nodiscard]] Result<std::unique_ptr<ports::Locks>> locks();

  /// What stands against carrying the plan out, as far as the server says it: missing rights, as grave as
  /// `missing_permission`, and settings of the forest.
  [[nodiscard]] Result<Diagnostics> preflight(const model::Plan& plan, Severity missing_permission);

  /// What of the plan would delete or move an object that is protected from accidental deletion.
  Diagnostics protected_objects(const model::Plan& plan);

  /// Who still reads passwords through what the plan would delete or replace.
  [[nodiscard]] Result<Diagnostics> still_in_use(const model::Plan& plan);

  /// Told where a write waits, as long as it is set; not to be changed while one is under way. Not owned;
  /// null: nobody.
  void report_to(ports::EventSink* events) { events_ = events; }

  /// From the next begin_writes() on, every write is noted there. Not owned.
  void audit_to(ports::AuditLog* log) { audit_ = log; }

  const ldap::Counters& counters() const { return observer_.counters(); }
  std::string peer() const { return observer_.peer(); }

 private:
  explicit DirectoryProvider(std::unique_ptr<WritingSession> session);

  WritingSession& session_;
  DirectoryObserver observer_;            // owns the session
  ldap::Transport* transport_ = nullptr;  // once writing has begun
  ports::AuditLog* audit_ = nullptr;
  ports::EventSink* events_ = nullptr;
  std::unique_ptr<AuditedTransport> audited_;  // what the writer writes through, where there is an audit log
  std::unique_ptr<Writer> writer_;
};

}  // namespace gmsactl::directory
