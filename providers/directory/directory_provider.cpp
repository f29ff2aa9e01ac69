#include "providers/directory/directory_provider.h"

#include "providers/directory/audited_transport.h"
#include "providers/directory/changes.h"
#include "providers/directory/facts.h"
#include "providers/directory/in_use.h"
#include "providers/directory/last_writes.h"
#include "providers/directory/lock.h"
#include "providers/directory/observe.h"
#include "providers/directory/preflight.h"
#include "providers/directory/protection.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

namespace {
/// How often a read that lost its server starts over, on it or on the next one.
constexpr int read_attempts = 3;
}  // namespace

DirectoryObserver::DirectoryObserver(std::unique_ptr<Session> session) : session_(std::move(session)) {}

Result<std::unique_ptr<DirectoryObserver>> DirectoryObserver::create(const model::Environment& environment,
                                                                     const SessionOptions& options) {
  return std::make_unique<DirectoryObserver>(GMSACTL_TRY(Session::open(environment, options)));
}

Result<model::Observations> DirectoryObserver::observe(const model::Desired& desired,
                                                       ports::EventSink& events) {
  for (int attempt = 1;; ++attempt) {
    auto seen = directory::observe(*session_, desired, events);
    if (seen || attempt == read_attempts) return seen;
    if (!outcome_unknown(seen.error().kind) && seen.error().recovery == Recovery::none) return seen;
    // Half of one server's answers and half of another's are no observation: everything is read anew, at the
    // same server once more and then at another one.
    if (!session_->recover(attempt > 1)) return seen;
  }
}

Result<model::LastWrites> DirectoryObserver::last_writes(std::span<const model::Guid> objects) {
  return directory::last_writes(*session_, objects);
}

Result<model::DirectoryPosition> DirectoryObserver::position() { return directory::position(*session_); }
Result<bool> DirectoryObserver::sees_deleted() { return directory::sees_deleted(*session_); }
Result<std::vector<model::ChangedObject>> DirectoryObserver::changed_since(int64_t usn, int64_t latest) {
  return directory::changed_since(*session_, usn, latest);
}
Result<void> DirectoryObserver::watch(const std::function<void()>& on_change, std::stop_token stop) {
  return directory::watch(*session_, on_change, std::move(stop));
}

const ldap::Counters& DirectoryObserver::counters() const { return session_->transport().counters(); }
std::string DirectoryObserver::peer() const { return session_->transport().peer(); }

DirectoryProvider::DirectoryProvider(std::unique_ptr<WritingSession> session)
    : session_(*session), observer_(std::move(session)) {}
DirectoryProvider::~DirectoryProvider() = default;

Result<std::unique_ptr<DirectoryProvider>> DirectoryProvider::create(const model::Environment& environment,
                                                                     const SessionOptions& options) {
  auto session = GMSACTL_TRY(WritingSession::open(environment, options));
  return std::unique_ptr<DirectoryProvider>(new DirectoryProvider(std::move(session)));
}

Result<model::Observations> DirectoryProvider::observe(const model::Desired& desired,
                                                       ports::EventSink& events) {
  return observer_.observe(desired, events);
}

Result<model::LastWrites> DirectoryProvider::last_writes(std::span<const model::Guid> objects) {
  return observer_.last_writes(objects);
}

model::ChangeResult DirectoryProvider::apply(const model::Change& change) { return writer_->apply(change); }

Result<void> DirectoryProvider::begin_writes() {
  GMSACTL_TRY(ldap::read(session_.transport(), "", {"currentTime"}));
  transport_ = &session_.begin_writes();
  audited_.reset();
  if (audit_ != nullptr) audited_ = std::make_unique<AuditedTransport>(*transport_, *audit_);
  ldap::Transport& transport = audited_ ? *audited_ : *transport_;
  Patience patience;
  patience.limit = std::min(patience.limit, session_.request_timeout());
  // Whoever is told may change between this and the write that waits.
  patience.waiting = [this](auto waited, auto limit) {
    using std::chrono::seconds;
    if (events_ != nullptr)
      events_->progress("waiting until freed SPNs are free everywhere",
                        static_cast<size_t>(std::chrono::duration_cast<seconds>(waited).count()),
                        static_cast<size_t>(std::chrono::duration_cast<seconds>(limit).count()));
  };
  writer_ = std::make_unique<Writer>(transport, session_.root_dse(), session_.environment().marker_attribute,
                                     std::move(patience));
  return {};
}

Result<void> DirectoryProvider::flush() {
  return transport_ == nullptr ? Result<void>() : transport_->flush();
}

Result<std::unique_ptr<ports::Locks>> DirectoryProvider::locks() {
  if (Session::is_ldif(peer())) return fail(ErrorKind::unsupported, "a directory in a file has no lock");
  const auto& environment = session_.environment();
  const auto facts = GMSACTL_TRY(read_facts(session_.transport(), session_.root_dse()));
  const bool in_its_own = environment.accounts_path && *environment.accounts_path != facts.domain_dn;
  if (const auto* why = facts.why_unread(Fact::accounts_container); why != nullptr && !in_its_own)
    return fail(Error{*why}.with_context("finding the place of the lock"));
  // A serviceConnectionPoint can't stand in the root of a domain ([MS-ADSC] 2.254 possSuperiors).
  return std::make_unique<DirectoryLocks>(session_.shared_transport(),
                                          in_its_own ? *environment.accounts_path : facts.accounts_container,
                                          environment.name);
}

Diagnostics DirectoryProvider::protected_objects(const model::Plan& plan) {
  return directory::protected_objects(session_.transport(), plan);
}

Result<Diagnostics> DirectoryProvider::still_in_use(const model::Plan& plan) {
  const auto domain =
      GMSACTL_TRY(model::Dn::parse(session_.root_dse().first("defaultNamingContext").value_or("")));
  return directory::still_in_use(session_.transport(), domain, plan, session_.environment().marker_attribute);
}

Result<Diagnostics> DirectoryProvider::preflight(const model::Plan& plan, Severity missing_permission) {
  return directory::preflight(session_.transport(), session_.root_dse(), plan,
                              session_.environment().marker_attribute, missing_permission);
}

}  // namespace gmsactl::directory
