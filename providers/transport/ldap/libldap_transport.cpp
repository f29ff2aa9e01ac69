#include "providers/transport/ldap/libldap_transport.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "providers/transport/ldap/libldap_ranges.h"

namespace gmsactl::ldap {
namespace {

/// Counts a caller in and out, so that the transport outlives those it has to answer. The count is shared,
/// since the transport may be gone as soon as it is zero.
class Caller {
 public:
  explicit Caller(std::shared_ptr<std::atomic<size_t>> count) : count_(std::move(count)) {
    count_->fetch_add(1);
  }
  ~Caller() {
    count_->fetch_sub(1);
    count_->notify_all();
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

 private:
  const std::shared_ptr<std::atomic<size_t>> count_;
};

class PageSlot {
 public:
  PageSlot(Connection& connection, bool needed) : connection_(needed ? &connection : nullptr) {
    if (connection_) connection_->pages.acquire();
  }
  ~PageSlot() {
    if (connection_) connection_->pages.release();
  }
  PageSlot(const PageSlot&) = delete;
  PageSlot& operator=(const PageSlot&) = delete;

 private:
  Connection* connection_;
};

/// Lets the server drop the rest of a result that nobody wants (RFC 2696 §3).
void forget_pages(Connection& connection, const SearchRequest& search, const std::string& cookie,
                  uint64_t only_in) {
  Request request;
  auto send = search_request(search, 0, cookie);
  if (!send) return;
  request.send = std::move(*send);
  request.only_in = only_in;
  connection.submit(request);
  connection.wait(request);
}

}  // namespace

LibldapTransport::LibldapTransport(const std::shared_ptr<Session>& session)
    : session_(session), peer_(session->endpoint().url()) {
  for (int i = 0; i < session->options().connections; ++i)
    connections_.push_back(std::make_unique<Connection>(session, counters_));
}

Result<std::unique_ptr<LibldapTransport>> LibldapTransport::open(const std::shared_ptr<Session>& session) {
  auto transport = std::unique_ptr<LibldapTransport>(new LibldapTransport(session));
  Connection& first = *transport->connections_.front();
  first.start();
  GMSACTL_TRY(first.wait_open());
  return transport;
}

void LibldapTransport::widen() {
  std::call_once(widened_, [&] {
    for (size_t i = 1; i < connections_.size(); ++i) connections_[i]->start();
  });
}

LibldapTransport::~LibldapTransport() {
  ending_.request_stop();
  for (auto& connection : connections_) connection->stop();
  for (size_t left; (left = callers_->load()) != 0;) callers_->wait(left);
}

/// A connection that broke has nothing under way, so the next search comes to it and opens it again.
Connection& LibldapTransport::least_busy() {
  Connection* best = connections_.front().get();
  for (auto& connection : connections_)
    if (connection->usable() && connection->load() < best->load()) best = connection.get();
  return *best;
}

Result<void> LibldapTransport::search(const SearchRequest& request, const EntrySink& sink) {
  const Caller caller(callers_);
  for (auto& connection : connections_)
    if (connection->on_dispatcher())
      return fail(ErrorKind::internal,
                  "a search was begun by another one's entry sink, which would wait for itself");
  bool never_sent = false;
  Connection& chosen = least_busy();
  auto outcome = search_on(chosen, request, sink, never_sent);
  if (outcome || !never_sent || &chosen == connections_.front().get()) return outcome;
  // A further connection that cannot be opened is done without.
  chosen.give_up();
  return search_on(*connections_.front(), request, sink, never_sent);
}

Result<void> LibldapTransport::search_on(Connection& connection, const SearchRequest& search,
                                         const EntrySink& sink, bool& never_sent) {
  const uint32_t page_size = search.scope == Scope::base ? 0 : search.page_size;
  const PageSlot slot(connection, page_size != 0);
  std::string cookie;
  uint64_t incarnation = 0;
  do {
    std::vector<Entry> ranged;
    Request request;
    request.send = GMSACTL_TRY(search_request(search, page_size, cookie));
    request.only_in = incarnation;
    request.sink = [&](Entry&& entry) {
      if (!has_range(entry)) return sink(std::move(entry));
      ranged.push_back(std::move(entry));
      return true;
    };
    connection.submit(request);
    connection.wait(request);
    never_sent = request.never_sent && cookie.empty();
    if (!request.answer.outcome) return request.answer.outcome;
    cookie = std::move(request.answer.cookie);
    incarnation = request.incarnation;
    GMSACTL_TRY(complete_ranges(connection, ranged));
    for (Entry& entry : ranged)
      if (!sink(std::move(entry))) {
        if (!cookie.empty()) forget_pages(connection, search, cookie, incarnation);
        return fail(ErrorKind::cancelled, "the search was stopped");
      }
  } while (!cookie.empty());
  return {};
}

/// On a connection of its own: the server limits how many of these one connection may have (five), and
/// closing it is the one way out that needs no answer.
Result<void> LibldapTransport::watch(const SearchRequest& search, const EntrySink& sink,
                                     std::stop_token stop) {
  const Caller caller(callers_);
  Connection connection(session_, counters_);
  Request request;
  request.send = GMSACTL_TRY(search_request(search, 0, {}));
  request.sink = sink;
  request.endless = true;
  connection.start();
  const auto end = [&] { connection.begin_stop(); };
  const std::stop_callback on_stop(std::move(stop), end);
  const std::stop_callback on_ending(ending_.get_token(), end);
  GMSACTL_TRY(connection.wait_open());
  connection.submit(request);
  connection.wait(request);
  if (!request.answer.outcome) return request.answer.outcome;
  return fail(ErrorKind::unavailable, peer_ + " ended a search that was to stay open");
}

Result<void> LibldapTransport::write(Send send) {
  const Caller caller(callers_);
  Connection& first = *connections_.front();
  if (first.on_dispatcher())
    return fail(ErrorKind::internal,
                "a write was begun by a search's entry sink, which would wait for itself");
  Request request;
  request.send = std::move(send);
  request.write = true;
  first.submit(request);
  first.wait(request);
  return request.answer.outcome;
}

Result<void> LibldapTransport::add(const std::string& dn, const std::vector<Attribute>& attributes) {
  return write(GMSACTL_TRY(add_request(dn, attributes)));
}

Result<void> LibldapTransport::modify(const std::string& dn, const std::vector<Modification>& changes) {
  return write(GMSACTL_TRY(modify_request(dn, changes)));
}

Result<void> LibldapTransport::rename(const std::string& dn, const std::string& new_rdn,
                                      const std::string& new_parent) {
  auto renamed = write(GMSACTL_TRY(rename_request(dn, new_rdn, new_parent)));
  if (renamed || !dn.starts_with('<') || renamed.error().kind != ErrorKind::not_found) return renamed;
  // Samba knows <GUID=…> everywhere but here, so it is asked for the DN and told that.
  const Entry entry = GMSACTL_TRY(read(*this, dn, {"1.1"}));
  return write(GMSACTL_TRY(rename_request(entry.dn, new_rdn, new_parent)));
}

Result<void> LibldapTransport::remove(const std::string& dn) {
  return write(GMSACTL_TRY(remove_request(dn)));
}

}  // namespace gmsactl::ldap
