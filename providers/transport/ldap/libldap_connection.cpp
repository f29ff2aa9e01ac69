#include "providers/transport/ldap/libldap_connection.h"

#include <ldap.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>
#include <vector>

#include "providers/transport/ldap/recovery.h"

namespace gmsactl::ldap {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int messages_between_sends = 64;
constexpr auto half_sent_pause = std::chrono::milliseconds(5);

/// When the answer to a request, or the next part of it, is overdue.
Clock::time_point deadline_of(const Request& request, std::chrono::milliseconds patience) {
  return request.endless ? Clock::time_point::max() : Clock::now() + patience;
}

/// SIGPIPE would end the process when the server is gone, and Ctrl-C belongs to the main thread.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Error stopped() { return Error{ErrorKind::cancelled, "the connection is being closed", {}, std::nullopt}; }

}  // namespace

Connection::Connection(std::shared_ptr<Session> session, Counters& counters)
    : session_(std::move(session)), counters_(counters), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Connection::~Connection() { stop(); }

void Connection::start() {
  thread_ = std::thread([this] { run(); });
}

Result<void> Connection::wait_open() {
  std::unique_lock lock(mutex_);
  opened_changed_.wait(lock, [this] { return opened_.has_value(); });
  return *opened_;
}

void Connection::begin_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
}

void Connection::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
}

void Connection::submit(Request& request) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      request.answer.outcome = fail(stopped());
      request.never_sent = request.done_ = true;
      return;
    }
    load_.fetch_add(1, std::memory_order_relaxed);
    queue_.push_back(&request);
    if (queue_.size() > 1) return;  // the dispatcher was woken for the one before and has not come to it yet
  }
  wake();
}

void Connection::wait(Request& request) {
  std::unique_lock lock(mutex_);
  request.answered_.wait(lock, [&] { return request.done_; });
}

void Connection::renew(uint64_t incarnation) {
  {
    const std::lock_guard lock(mutex_);
    worn_out_ = std::max(worn_out_, incarnation);
  }
  wake();
}

void Connection::wake() {
  const uint64_t one = 1;
  // A full counter wakes as well as one more would.
  (void)!write(wake_.get(), &one, sizeof one);
}

void Connection::run() {
  block_signals();
  auto result = open();
  const bool opened = result.has_value();
  usable_.store(opened, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    opened_ = std::move(result);
    opened_changed_.notify_all();
  }
  serve();
  finish_all(stopped());
  handle_.reset();
}

void Connection::serve() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (to_be_renewed()) {
      close_to_renew();
    } else {
      while (send_next() == Sending::sent) {
      }
    }
    if (drain()) continue;
    expire();
    idle();
  }
}

bool Connection::to_be_renewed() {
  const std::lock_guard lock(mutex_);
  return handle_ && worn_out_ >= incarnation_;
}

void Connection::close_to_renew() {
  if (!under_way_.empty()) return;
  handle_.reset();
  half_sent_ = false;
  renewed_ = true;
  why_closed_ = fault(Fault::connection_lost, "the connection to " + session_->endpoint().url() +
                                                  " was given up, to open another one");
  wake();  // for what waits in the queue
}

Request* Connection::next_request() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty() || stopping_) return nullptr;
  if (handle_ && worn_out_ >= incarnation_) return nullptr;  // serve() opens another first
  Request* request = queue_.front();
  queue_.pop_front();
  return request;
}

/// A handle for this request, opening one if the request may; else the request is finished.
bool Connection::ready_to_send(Request& request) {
  const auto refuse = [&](Error why) {
    finish(request, {fail(std::move(why)), {}}, true);
    return false;
  };
  if (!handle_) {
    Error why = why_closed_.value_or(stopped());
    if ((request.write && !renewed_) || request.only_in != 0)
      return refuse(std::move(why).with_context("nothing was sent"));
    if (refusal_) return refuse(*refusal_);
    if (auto result = open(); !result) return refuse(std::move(result).error());
  }
  if (request.only_in != 0 && request.only_in != incarnation_)
    return refuse(fault(Fault::lost_between_pages, "the connection was lost between two parts of an answer"));
  return true;
}

Connection::Sending Connection::send_next() {
  if (under_way_.size() >= static_cast<size_t>(session_->options().window)) return Sending::window_full;
  Request* request = next_request();
  if (!request) return Sending::nothing_to_send;
  if (!ready_to_send(*request)) return Sending::sent;
  int id = 0;
  const int code = request->send(handle_.get(), id);
  if (code == LDAP_SUCCESS) {
    sent(*request, id);
    return Sending::sent;
  }
  if (code == LDAP_BUSY) {  // the one before is not out yet
    const std::lock_guard lock(mutex_);
    queue_.push_front(request);
    half_sent_ = true;
    return Sending::blocked;
  }
  Error error = handle_error(handle_.get(), code);
  if (code != LDAP_SERVER_DOWN) {
    finish(*request, {fail(std::move(error)), {}}, true);
    return Sending::sent;
  }
  broke(std::move(error));
  if (request->write || request->only_in != 0 || request->sent_again_) {
    finish(*request, {fail(*why_closed_), {}});
  } else {  // a search changes nothing, so once more on a new connection
    request->sent_again_ = true;
    const std::lock_guard lock(mutex_);
    queue_.push_front(request);
  }
  return Sending::sent;
}

void Connection::sent(Request& request, int id) {
  int last = LDAP_SUCCESS;
  (void)ldap_get_option(handle_.get(), LDAP_OPT_RESULT_CODE, &last);
  half_sent_ = last == LDAP_BUSY;
  (request.write ? counters_.writes : counters_.searches).fetch_add(1, std::memory_order_relaxed);
  under_way_.emplace(id, Flight{&request, deadline_of(request, session_->options().request_timeout)});
}

/// Takes what has arrived; true if there may be more. The layers below buffer, so an idle socket alone proves
/// nothing.
bool Connection::drain() {
  for (int taken = 0; handle_; ++taken) {
    if (taken == messages_between_sends) return true;
    timeval no_time{0, 0};
    LDAPMessage* message = nullptr;
    const int type = ldap_result(handle_.get(), LDAP_RES_ANY, LDAP_MSG_ONE, &no_time, &message);
    if (type == 0) return taken > 0;
    if (type < 0) {
      int code = LDAP_SERVER_DOWN;
      (void)ldap_get_option(handle_.get(), LDAP_OPT_RESULT_CODE, &code);
      Error error = handle_error(handle_.get(), code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
      broke(std::move(error));
      return true;
    }
    const std::unique_ptr<LDAPMessage, int (*)(LDAPMessage*)> owned(message, ldap_msgfree);
    receive(message);
  }
  return false;
}

void Connection::receive(::ldapmsg* message) {
  const int id = ldap_msgid(message);
  const auto found = under_way_.find(id);
  if (id == LDAP_RES_UNSOLICITED && ldap_msgtype(message) == LDAP_RES_EXTENDED) {
    if (auto notice = decode_notice(handle_.get(), message)) broke(std::move(*notice));
    return;
  }
  if (found == under_way_.end()) return;  // abandoned
  Flight& flight = found->second;
  flight.deadline = deadline_of(*flight.request, session_->options().request_timeout);
  const int type = ldap_msgtype(message);
  if (type == LDAP_RES_INTERMEDIATE) return;
  Request& request = *flight.request;
  if (type == LDAP_RES_SEARCH_REFERENCE) {
    for (auto& url : decode_reference(handle_.get(), message)) request.references.push_back(std::move(url));
    return;
  }
  if (type != LDAP_RES_SEARCH_ENTRY) {
    under_way_.erase(found);
    return finish(request, decode_answer(handle_.get(), message));
  }
  counters_.entries.fetch_add(1, std::memory_order_relaxed);
  Result<void> taken;
  if (auto entry = decode_entry(handle_.get(), message); !entry)
    taken = fail(std::move(entry).error());
  else if (!request.sink || !request.sink(std::move(*entry)))
    taken = fail(ErrorKind::cancelled, "the search was stopped");
  if (taken) return;
  (void)ldap_abandon_ext(handle_.get(), id, nullptr, nullptr);
  under_way_.erase(found);
  finish(request, {std::move(taken), {}});
}

void Connection::expire() {
  const auto now = Clock::now();
  for (auto each = under_way_.begin(); each != under_way_.end();) {
    if (each->second.deadline > now) {
      ++each;
      continue;
    }
    (void)ldap_abandon_ext(handle_.get(), each->first, nullptr, nullptr);
    Request& request = *each->second.request;
    each = under_way_.erase(each);
    finish(request, {fail(fault(Fault::no_answer,
                                session_->endpoint().url() + " did not answer in " +
                                    std::to_string(session_->options().request_timeout.count()) + " ms")),
                     {}});
  }
}

/// Sleeps until something arrives, somebody calls or a request's time is over.
void Connection::idle() {
  auto until = Clock::time_point::max();
  for (const auto& [id, flight] : under_way_) until = std::min(until, flight.deadline);
  if (half_sent_) until = std::min(until, Clock::now() + half_sent_pause);
  int timeout = -1;
  if (until != Clock::time_point::max())
    timeout = static_cast<int>(std::clamp<long>(
        std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count(), 0, 3'600'000));
  std::array<pollfd, 2> waiting{pollfd{wake_.get(), POLLIN, 0},
                                pollfd{handle_ ? descriptor_ : -1, POLLIN, 0}};
  (void)poll(waiting.data(), waiting.size(), timeout);
  uint64_t calls = 0;
  (void)!::read(wake_.get(), &calls, sizeof calls);
}

void Connection::broke(Error why) {
  why = as_fault(Fault::connection_lost, std::move(why));
  why = std::move(why).with_context("the connection to " + session_->endpoint().url() + " was lost");
  why_closed_ = why;
  half_sent_ = renewed_ = false;
  auto lost = std::exchange(under_way_, {});
  for (auto& [id, flight] : lost) finish(*flight.request, {fail(why), {}});
  handle_.reset();
}

Result<void> Connection::open() {
  counters_.binds.fetch_add(1, std::memory_order_relaxed);
  auto handle = session_->open();
  if (!handle) {
    why_closed_ = handle.error();
    if (why_closed_->kind == ErrorKind::unauthenticated) refusal_ = why_closed_;
    return fail(std::move(handle).error());
  }
  handle_ = std::move(*handle);
  renewed_ = false;
  ++incarnation_;
  (void)ldap_get_option(handle_.get(), LDAP_OPT_DESC, &descriptor_);
  return {};
}

void Connection::finish(Request& request, Answer answer, bool never_sent) {
  load_.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  request.answer = std::move(answer);
  if (never_sent && !request.answer.outcome) request.answer.outcome.error().not_sent = true;
  request.incarnation = incarnation_;
  request.never_sent = never_sent;
  request.done_ = true;
  request.answered_.notify_one();  // under the lock: the waiter destroys the request as soon as it can
}

void Connection::finish_all(const Error& why) {
  auto lost = std::exchange(under_way_, {});
  for (auto& [id, flight] : lost) finish(*flight.request, {fail(why), {}});
  std::deque<Request*> queued;
  {
    const std::lock_guard lock(mutex_);
    queued.swap(queue_);
  }
  for (Request* request : queued) finish(*request, {fail(why), {}}, true);
}

}  // namespace gmsactl::ldap
