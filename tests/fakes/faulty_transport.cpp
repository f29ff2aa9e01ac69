#include "tests/fakes/faulty_transport.h"

namespace gmsactl::fakes {

namespace {
Error no_answer() { return {ErrorKind::unavailable, "the connection was lost", {}, std::nullopt}; }
}  // namespace

Fault FaultyTransport::lost_answer() { return {{}, true, no_answer()}; }
Fault FaultyTransport::lost_request() { return {{}, false, no_answer()}; }
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
  if (fault.answer) return fail(*fault.answer);
  return {};
}

Result<void> FaultyTransport::search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) {
  if (search_error) return fail(*search_error);
  return inner_.search(request, sink);
}

Result<void> FaultyTransport::add(const std::string& dn, const std::vector<ldap::Attribute>& attributes) {
  return write("add " + dn, [&] { return inner_.add(dn, attributes); });
}

Result<void> FaultyTransport::modify(const std::string& dn, const std::vector<ldap::Modification>& changes) {
  return write("modify " + dn, [&] { return inner_.modify(dn, changes); });
}

Result<void> FaultyTransport::rename(const std::string& dn, const std::string& new_rdn,
                                     const std::string& new_parent) {
  return write("rename " + dn, [&] { return inner_.rename(dn, new_rdn, new_parent); });
}

Result<void> FaultyTransport::remove(const std::string& dn) {
  return write("remove " + dn, [&] { return inner_.remove(dn); });
}

}  // namespace gmsactl::fakes
