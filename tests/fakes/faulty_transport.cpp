#include "tests/fakes/faulty_transport.h"

#include <utility>

namespace gmsactl::fakes {

namespace {
Error no_answer() { return {ErrorKind::unavailable, "the connection was lost", {}, std::nullopt}; }
}  // namespace

Fault FaultyTransport::lost_answer() { return {{}, true, no_answer()}; }
Fault FaultyTransport::lost_request() { return {{}, false, no_answer()}; }
Fault FaultyTransport::lost_and_late(size_t searches) { return {{}, false, no_answer(), searches}; }
Fault FaultyTransport::never_sent() {
  Error error = no_answer();
  error.not_sent = true;
  return {{}, false, std::move(error)};
}
Fault FaultyTransport::refused(ErrorKind kind, std::string message) {
  return {{}, false, Error{kind, std::move(message), {}, std::nullopt}};
}
Fault FaultyTransport::preceded_by(std::function<void(ldap::Transport&)> change) {
  return {std::move(change), true, std::nullopt};
}

Result<void> FaultyTransport::write(std::string what, const std::function<Result<void>()>& carry_out) {
  Fault fault;
  {
    const std::lock_guard lock(mutex_);
    writes.push_back(std::move(what));
    if (const auto arranged = faults.find(writes.size()); arranged != faults.end()) fault = arranged->second;
  }
  if (fault.before) fault.before(inner_);
  if (fault.carried_out) {
    Result<void> done = carry_out();
    if (!fault.answer) return done;
  }
  if (fault.late != 0) {
    const std::lock_guard lock(mutex_);
    late_ = fault.late;
    late_write_ = carry_out;
  }
  if (fault.answer) return fail(*fault.answer);
  return {};
}

Result<void> FaultyTransport::search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) {
  if (search_error) return fail(*search_error);
  auto answer = inner_.search(request, sink);
  const std::lock_guard lock(mutex_);
  if (late_ != 0 && --late_ == 0) (void)std::exchange(late_write_, {})();
  return answer;
}

Result<void> FaultyTransport::add(const std::string& dn, const std::vector<ldap::Attribute>& attributes) {
  return write("add " + dn, [=, this] { return inner_.add(dn, attributes); });
}

Result<void> FaultyTransport::modify(const std::string& dn, const std::vector<ldap::Modification>& changes) {
  return write("modify " + dn, [=, this] { return inner_.modify(dn, changes); });
}

Result<void> FaultyTransport::rename(const std::string& dn, const std::string& new_rdn,
                                     const std::string& new_parent) {
  return write("rename " + dn, [=, this] { return inner_.rename(dn, new_rdn, new_parent); });
}

Result<void> FaultyTransport::remove(const std::string& dn) {
  return write("remove " + dn, [=, this] { return inner_.remove(dn); });
}

}  // namespace gmsactl::fakes
