#include "providers/directory/directory_provider.h"

#include "providers/directory/audited_transport.h"
#include "providers/directory/facts.h"
#include "providers/directory/lock.h"
#include "providers/directory/observe.h"
#include "providers/directory/permissions.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

namespace {
/// How often a read that lost its server starts over, on it or on the next one.
constexpr int read_attempts = 3;
}  // namespace

DirectoryProvider::DirectoryProvider(std::unique_ptr<Session> session) : session_(std::move(session)) {}
DirectoryProvider::~DirectoryProvider() = default;

Result<std::unique_ptr<DirectoryProvider>> DirectoryProvider::create(const model::Environment& environment,
                                                                     const SessionOptions& options) {
  auto session = GMSACTL_TRY(Session::open(environment, options));
  return std::unique_ptr<DirectoryProvider>(new DirectoryProvider(std::move(session)));
}

Result<model::Observations> DirectoryProvider::observe(const model::Desired& desired,
                                                       ports::EventSink& events) {
  for (int attempt = 1;; ++attempt) {
    auto seen = directory::observe(*session_, desired, events);
    if (seen || !outcome_unknown(seen.error().kind) || attempt == read_attempts) return seen;
    // Half of one server's answers and half of another's are no observation: everything is read anew.
    if (!session_->recover()) return seen;
  }
}

model::ChangeResult DirectoryProvider::apply(const model::Change& change) { return writer_->apply(change); }

Result<void> DirectoryProvider::begin_writes() {
  GMSACTL_TRY(ldap::read(session_->transport(), "", {"currentTime"}));
  session_->begin_writes();
  audited_.reset();
  if (audit_ != nullptr) audited_ = std::make_unique<AuditedTransport>(session_->transport(), *audit_);
  ldap::Transport& transport = audited_ ? *audited_ : session_->transport();
  writer_ =
      std::make_unique<Writer>(transport, session_->root_dse(), session_->environment().marker_attribute);
  return {};
}

Result<void> DirectoryProvider::flush() { return session_->transport().flush(); }

Result<std::unique_ptr<ports::Locks>> DirectoryProvider::locks() {
  if (Session::is_ldif(peer())) return fail(ErrorKind::unsupported, "a directory in a file has no lock");
  const auto& environment = session_->environment();
  const auto facts = GMSACTL_TRY(read_facts(session_->transport(), session_->root_dse()));
  return std::make_unique<DirectoryLocks>(session_->shared_transport(),
                                          environment.accounts_path.value_or(facts.accounts_container),
                                          environment.name);
}

Result<Diagnostics> DirectoryProvider::missing_permissions(const model::Plan& plan) {
  const auto domain =
      GMSACTL_TRY(model::Dn::parse(session_->root_dse().first("defaultNamingContext").value_or("")));
  return directory::missing_permissions(session_->transport(), plan, domain,
                                        session_->environment().marker_attribute);
}

const ldap::Counters& DirectoryProvider::counters() const { return session_->transport().counters(); }
std::string DirectoryProvider::peer() const { return session_->transport().peer(); }

}  // namespace gmsactl::directory
