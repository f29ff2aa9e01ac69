#include "providers/transport/ldap/libldap_transport.h"

#include <ldap.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "engine/model/guid.h"
#include "engine/model/sid.h"
#include "providers/transport/ldap/libldap_ranges.h"
#include "providers/transport/ldap/recovery.h"

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

/// That the calling thread is in a sink, which must not wait for what the transport does next.
class InSink {
 public:
  InSink() { here() = true; }
  ~InSink() { here() = false; }
  InSink(const InSink&) = delete;
  InSink& operator=(const InSink&) = delete;

  static bool& here() {
    thread_local bool inside = false;
    return inside;
  }
};

Error search_stopped() { return Error{ErrorKind::cancelled, "the search was stopped", {}, std::nullopt}; }

/// The DN of an LDAP URL (RFC 4516), empty where there is none.
std::string dn_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto slash = url.find('/', scheme + 3);
  if (slash == std::string_view::npos) return {};
  auto dn = url.substr(slash + 1);
  dn = dn.substr(0, dn.find('?'));
  std::string decoded;
  for (size_t i = 0; i < dn.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = dn.data() + i + 1;
    if (dn[i] == '%' && i + 2 < dn.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += dn[i];
    }
  }
  return decoded;
}

/// A domain's parts that other servers hold are passed over; where the server refers to another one for the
/// base itself, nothing of the answer is here.
Result<void> refuse_foreign_base(const SearchRequest& search, const std::vector<std::string>& references) {
  for (const auto& url : references) {
    const std::string dn = dn_of(url);
    if (dn.empty() || model::dn_key(dn) != model::dn_key(search.base)) continue;
    Error error;
    error.kind = ErrorKind::unsupported;
    error.message = "the server does not hold " + printable(search.base) + " and refers to " + printable(url);
    error.hint = "Connect to a domain controller of the object's own domain";
    return fail(std::move(error));
  }
  return {};
}

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

/// A filter for the object that "<GUID=…>" or "<SID=…>" names; empty for any other DN.
std::string filter_for(std::string_view dn) {
  const auto names = [&](std::string_view opening) {
    return dn.size() > opening.size() && equal_folded(dn.substr(0, opening.size()), opening) &&
           dn.ends_with('>');
  };
  constexpr std::string_view by_guid = "<GUID=";
  constexpr std::string_view by_sid = "<SID=";
  if (names(by_guid))
    if (const auto guid = model::Guid::parse(dn.substr(by_guid.size(), dn.size() - by_guid.size() - 1)))
      return "(objectGUID=" + model::escape_filter_value(guid->encode()) + ")";
  if (names(by_sid))
    if (const auto sid = model::Sid::parse(dn.substr(by_sid.size(), dn.size() - by_sid.size() - 1)))
      return "(objectSid=" + model::escape_filter_value(sid->encode()) + ")";
  return {};
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

/// The entries of one search on their way to the caller's sink.
class Delivery {
 public:
  Delivery(const SearchRequest& request, const EntrySink& sink) : request_(request), sink_(sink) {}

  EntrySink arrival() {
    if (request_.restarted) return sink_;
    return [this](Entry&& entry) {
      held_.push_back(std::move(entry));
      return true;
    };
  }
  void restart() {
    held_.clear();
    if (request_.restarted) request_.restarted();
  }
  Result<void> finish() {
    const InSink inside;
    for (Entry& entry : held_)
      if (!sink_(std::move(entry))) return fail(search_stopped());
    return {};
  }

 private:
  const SearchRequest& request_;
  const EntrySink& sink_;
  std::vector<Entry> held_;
};

Result<void> LibldapTransport::search(const SearchRequest& request, const EntrySink& sink) {
  const Caller caller(callers_);
  if (InSink::here() || std::ranges::any_of(connections_, &Connection::on_dispatcher))
    return fail(ErrorKind::internal,
                "a search was begun by another one's entry sink, which would wait for itself");
  const auto until = std::chrono::steady_clock::now() + session_->options().request_timeout;
  Delivery delivery(request, sink);
  for (int tries = 1;; ++tries) {
    auto outcome = attempt(request, delivery.arrival());
    if (outcome) return delivery.finish();
    Error& error = outcome.error();
    const auto pause = pause_before_retry(error.recovery, tries, session_->options().retry_pause);
    // Nobody waits for a server that is not there more than once.
    const bool dead = error.not_sent && error.kind == ErrorKind::timeout;
    if (!pause || dead || std::chrono::steady_clock::now() + *pause >= until || !rest(*pause)) {
      if (tries > 1) error.message += " (tried " + std::to_string(tries) + " times)";
      return outcome;
    }
    delivery.restart();
  }
}

/// False when the transport is being closed.
bool LibldapTransport::rest(std::chrono::milliseconds pause) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  const auto token = ending_.get_token();
  (void)ended.wait_for(lock, token, pause, [] { return false; });
  return !token.stop_requested();
}

struct LibldapTransport::Attempt {
  bool never_sent = false;
  uint64_t incarnation = 0;  ///< the last one that answered
};

Result<void> LibldapTransport::attempt(const SearchRequest& request, const EntrySink& sink) {
  Attempt attempt;
  Connection* chosen = &least_busy();
  auto outcome = search_on(*chosen, request, sink, attempt);
  if (!outcome && attempt.never_sent && chosen != connections_.front().get()) {
    // A further connection that cannot be opened is done without.
    chosen->give_up();
    chosen = connections_.front().get();
    outcome = search_on(*chosen, request, sink, attempt);
  }
  if (outcome) return outcome;
  Error error = without_referral(request.base, std::move(outcome).error());
  if (error.recovery == Recovery::anew && attempt.incarnation != 0) chosen->renew(attempt.incarnation);
  // A library's failure is ours (81 to 97 and below 0); a server that says so of itself could not be read.
  const int code = error.native ? error.native->code : 0;
  if (error.kind == ErrorKind::internal && code > 0 && (code < 81 || code > 97))
    error.kind = ErrorKind::unavailable;
  return fail(std::move(error));
}

Result<void> LibldapTransport::search_on(Connection& connection, const SearchRequest& search,
                                         const EntrySink& sink, Attempt& attempt) {
  const uint32_t page_size = search.scope == Scope::base ? 0 : search.page_size;
  const PageSlot slot(connection, page_size != 0);
  std::string cookie;
  uint64_t incarnation = 0;
  do {
    std::vector<Entry> ranged;
    size_t count = 0;
    Request request;
    request.send = GMSACTL_TRY(search_request(search, page_size, cookie));
    request.only_in = incarnation;
    request.sink = [&](Entry&& entry) {
      ++count;
      if (!needs_completion(entry)) return sink(std::move(entry));
      ranged.push_back(std::move(entry));
      return true;
    };
    connection.submit(request);
    connection.wait(request);
    attempt.never_sent = request.never_sent && cookie.empty();
    if (!request.never_sent) attempt.incarnation = request.incarnation;
    if (!request.answer.outcome) {
      Error error = std::move(request.answer.outcome).error();
      if (!cookie.empty() && refuses_cookie(error))
        error = as_fault(Fault::page_cookie_refused, std::move(error))
                    .with_context("the server no longer knows the page that it sent last");
      return fail(std::move(error));
    }
    GMSACTL_TRY(refuse_foreign_base(search, request.references));
    // RFC 2696 §3: the control comes with each answer. Without it a full page could be anything but the last.
    if (page_size != 0 && !request.answer.paged && count >= page_size)
      return fail(fault(Fault::undecodable, "the server does not say whether more follows a page of " +
                                                std::to_string(count) + " entries"));
    cookie = std::move(request.answer.cookie);
    incarnation = request.incarnation;
    GMSACTL_TRY(complete_ranges(connection, incarnation, search, ranged));
    for (Entry& entry : ranged)
      if (!sink(std::move(entry))) {
        if (!cookie.empty()) forget_pages(connection, search, cookie, incarnation);
        return fail(search_stopped());
      }
  } while (!cookie.empty());
  return {};
}

/// A controller that is no global catalog answers a referral where an object named by its GUID or SID is
/// gone, since another domain might hold it ([MS-ADTS] 3.1.1.4.6). What is asked for like that here is of
/// this domain, so a domain that does not know it either settles the matter.
Error LibldapTransport::without_referral(const std::string& dn, Error error) {
  if (!error.native || error.native->code != LDAP_REFERRAL) return error;
  const std::string filter = filter_for(dn);
  if (filter.empty()) return error;
  const auto root = read(*this, "", {"defaultNamingContext"});
  const auto domain = root ? root->first("defaultNamingContext") : std::nullopt;
  if (!domain) return error;
  SearchRequest search;
  search.base = *domain;
  search.filter = filter;
  search.attributes = {"1.1"};
  const auto found = search_all(*this, search);
  if (!found || !found->empty()) return error;
  error.kind = ErrorKind::not_found;
  error.hint.clear();
  return std::move(error).with_context("the object is gone");
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

namespace {

/// What is written was read from this server, so a referral for a write is that of a read-only controller,
/// which names a writable one ([MS-ADTS] 3.1.1.5.1.1), whatever it shows of itself.
Error of_write(Error error) {
  if (!error.native || error.native->code != LDAP_REFERRAL || error.kind != ErrorKind::unsupported)
    return error;
  error.hint = "Name a writable domain controller of this domain with --server or directory.servers";
  return std::move(error).with_context("the server takes no writes, as a read-only domain controller does");
}

}  // namespace

Result<void> LibldapTransport::write(Send send) {
  const Caller caller(callers_);
  Connection& first = *connections_.front();
  if (InSink::here() || first.on_dispatcher())
    return fail(ErrorKind::internal,
                "a write was begun by a search's entry sink, which would wait for itself");
  Request request;
  request.send = std::move(send);
  request.write = true;
  first.submit(request);
  first.wait(request);
  return request.answer.outcome;
}

Result<void> LibldapTransport::write_to(const std::string& dn, Send send) {
  auto outcome = write(std::move(send));
  if (!outcome) outcome.error() = of_write(without_referral(dn, std::move(outcome).error()));
  return outcome;
}

Result<void> LibldapTransport::add(const std::string& dn, const std::vector<Attribute>& attributes) {
  auto outcome = write(GMSACTL_TRY(add_request(dn, attributes)));
  if (!outcome) outcome.error() = of_write(std::move(outcome).error());
  return outcome;
}

Result<void> LibldapTransport::modify(const std::string& dn, const std::vector<Modification>& changes) {
  return write_to(dn, GMSACTL_TRY(modify_request(dn, changes)));
}

Result<void> LibldapTransport::rename(const std::string& dn, const std::string& new_rdn,
                                      const std::string& new_parent) {
  auto renamed = write_to(dn, GMSACTL_TRY(rename_request(dn, new_rdn, new_parent)));
  if (renamed || !dn.starts_with('<') || renamed.error().kind != ErrorKind::not_found) return renamed;
  // Samba knows <GUID=…> everywhere but here, so it is asked for the DN and told that.
  const Entry entry = GMSACTL_TRY(read(*this, dn, {"1.1"}));
  return write(GMSACTL_TRY(rename_request(entry.dn, new_rdn, new_parent)));
}

Result<void> LibldapTransport::remove(const std::string& dn) {
  return write_to(dn, GMSACTL_TRY(remove_request(dn)));
}

}  // namespace gmsactl::ldap
