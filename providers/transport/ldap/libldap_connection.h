// One connection and the thread that owns its libldap handle. Callers in any thread hand in requests; the
// dispatcher sends up to a window of them without waiting for answers, and completes each as its answer
// comes. libldap is called from the dispatcher alone, so it needs no lock and no callback ever runs in two
// threads at once.
//
// A connection that breaks answers `unavailable` to what was under way. The next search opens it again, a
// write never does: only its caller knows whether what it wants is still right.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "providers/transport/ldap/libldap_request.h"
#include "providers/transport/ldap/libldap_session.h"

namespace gmsactl::ldap {

/// One request and, once it is done, its answer. Belongs to the caller, who must wait() before letting go of
/// it.
struct Request {
  Send send;
  EntrySink sink;  ///< of a search; called on the dispatcher thread
  bool write = false;
  bool endless = false;  ///< no answer is ever overdue
  uint64_t only_in = 0;  ///< not 0: only on this incarnation of the connection (a page's cookie dies with it)

  Answer answer;
  std::vector<std::string> references;  ///< search result references that came with it
  uint64_t incarnation = 0;             ///< on which the answer came
  bool never_sent = false;              ///< the outcome is known: nothing happened

 private:
  friend class Connection;
  bool done_ = false;
  bool sent_again_ = false;
  std::condition_variable answered_;
};

class Connection {
 public:
  Connection(std::shared_ptr<Session> session, Counters& counters);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins to open the connection; wait_open() is how it went.
  void start();
  [[nodiscard]] Result<void> wait_open();
  /// Answers everything with `cancelled`, at once and from now on. Idempotent. begin_stop() does not wait for
  /// that, so a sink may call it.
  void stop();
  void begin_stop();

  void submit(Request& request);
  void wait(Request& request);

  /// Sends nothing more on this incarnation and closes it when what is under way there is answered. The next
  /// request opens the connection anew, a write as well: nothing is unknown then.
  void renew(uint64_t incarnation);

  /// Requests queued and under way.
  size_t load() const { return load_.load(std::memory_order_relaxed); }
  /// False until it is open for the first time, and after that could not be done.
  bool usable() const { return usable_.load(std::memory_order_acquire); }
  void give_up() { usable_.store(false, std::memory_order_release); }
  bool on_dispatcher() const { return std::this_thread::get_id() == thread_.get_id(); }

  /// Searches of several pages under way. AD keeps ten result sets a connection (MaxResultSetsPerConn) and
  /// drops the oldest beyond that.
  std::counting_semaphore<> pages{8};

 private:
  struct Flight {
    Request* request;
    std::chrono::steady_clock::time_point deadline;
  };
  enum class Sending { sent, nothing_to_send, window_full, blocked };  // sent: or finished without

  void run();
  void serve();
  bool to_be_renewed();
  void close_to_renew();
  Sending send_next();
  Request* next_request();
  bool ready_to_send(Request& request);
  void sent(Request& request, int id);
  bool drain();
  void receive(::ldapmsg* message);
  void expire();
  void idle();
  void broke(Error why);
  Result<void> open();
  void finish(Request& request, Answer answer, bool never_sent = false);
  void finish_all(const Error& why);
  void wake();

  const std::shared_ptr<Session> session_;
  Counters& counters_;
  FileDescriptor wake_;

  std::mutex mutex_;  // guards the next group
  std::deque<Request*> queue_;
  std::optional<Result<void>> opened_;
  std::condition_variable opened_changed_;
  bool stopping_ = false;
  uint64_t worn_out_ = 0;  ///< the last incarnation to be renewed

  // The dispatcher's own.
  Handle handle_;
  int descriptor_ = -1;
  uint64_t incarnation_ = 0;
  std::unordered_map<int, Flight> under_way_;
  std::optional<Error> why_closed_;
  std::optional<Error> refusal_;  // we were not let in; asking again could lock the account out
  bool renewed_ = false;          // closed by us, with nothing under way
  bool half_sent_ = false;        // libldap holds the rest of a request that the socket did not take

  std::atomic<size_t> load_{0};
  std::atomic<bool> usable_{false};
  std::thread thread_;
};

}  // namespace gmsactl::ldap
