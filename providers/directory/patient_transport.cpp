#include "providers/directory/patient_transport.h"

#include <thread>

namespace gmsactl::directory {

namespace {

using Clock = std::chrono::steady_clock;

/// How often a request is sent whose answers are lost.
constexpr int sendings = 4;

/// Pauses that double, until the time is over.
class Pauses {
 public:
  Pauses(std::chrono::milliseconds first, std::chrono::milliseconds limit)
      : pause_(first), end_(Clock::now() + limit) {}
  /// False where there is no time left.
  bool wait() {
    if (Clock::now() + pause_ > end_) return false;
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(pause_ * 2, std::chrono::milliseconds(2'000));
    return true;
  }

 private:
  std::chrono::milliseconds pause_;
  const Clock::time_point end_;
};

}  // namespace

Result<void> PatientTransport::search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) {
  Pauses pauses(patience_.first_pause, patience_.limit);
  for (;;) {
    // Kept until all of it is there: half of an answer that is asked for again would come twice.
    std::vector<ldap::Entry> entries;
    auto read = inner_.search(request, [&](ldap::Entry&& entry) {
      entries.push_back(std::move(entry));
      return true;
    });
    if (!read) {
      if (read.error().kind != ErrorKind::unavailable || !pauses.wait()) return read;
      continue;
    }
    for (auto& entry : entries)
      if (!sink(std::move(entry))) return fail(ErrorKind::cancelled, "the search was stopped");
    return {};
  }
}

/// What never left is sent when a read has opened the connection again.
Result<void> PatientTransport::sent(const std::function<Result<void>()>& send) {
  Pauses pauses(patience_.first_pause, patience_.limit);
  for (;;) {
    auto answer = send();
    if (answer || !answer.error().not_sent || !outcome_unknown(answer.error().kind)) return answer;
    if (auto open = ldap::read(*this, "", {"currentTime"}); !open || !pauses.wait()) return answer;
  }
}

Result<void> PatientTransport::add(const std::string& dn, const std::vector<ldap::Attribute>& attributes) {
  return sent([&] { return inner_.add(dn, attributes); });
}
Result<void> PatientTransport::modify(const std::string& dn, const std::vector<ldap::Modification>& changes) {
  return sent([&] { return inner_.modify(dn, changes); });
}
Result<void> PatientTransport::rename(const std::string& dn, const std::string& new_rdn,
                                      const std::string& new_parent) {
  return sent([&] { return inner_.rename(dn, new_rdn, new_parent); });
}
Result<void> PatientTransport::remove(const std::string& dn) {
  return sent([&] { return inner_.remove(dn); });
}

Fate PatientTransport::carry_out(const std::function<Result<void>()>& send,
                                 const std::function<Result<bool>()>& shows) {
  bool lost = false;
  Pauses pauses(patience_.first_pause, patience_.limit);
  for (int sending = 1;; ++sending) {
    auto answer = send();
    if (answer) return {};
    Error error = std::move(answer).error();
    const bool no_answer = outcome_unknown(error);
    if (!no_answer && !lost) return {Fate::refused, std::move(error)};
    lost = true;
    auto seen = shows();
    if (!seen) return {Fate::unknown, std::move(error)};
    if (*seen) return {};
    // The guard itself has failed, and will fail for the lost one too.
    if (error.kind == ErrorKind::conflict || error.kind == ErrorKind::already_exists)
      return {Fate::refused, std::move(error)};
    if (!no_answer || sending == sendings || !pauses.wait()) return settled(shows, std::move(error));
  }
}

/// highestCommittedUSN goes up with whatever the controller writes ([MS-ADTS] 3.1.1.3.2.6). A directory in a
/// file has none, and nothing under way either.
std::optional<std::string> PatientTransport::last_commit() {
  const auto root = ldap::read(*this, "", {"highestCommittedUSN"});
  const auto usn = root ? root->first("highestCommittedUSN") : std::nullopt;
  return usn ? std::optional<std::string>(*usn) : std::nullopt;
}

Fate PatientTransport::settled(const std::function<Result<bool>()>& shows, Error error) {
  auto pause = patience_.settling;
  for (int look = 1; look <= patience_.looks; ++look) {
    const auto before = last_commit();
    std::this_thread::sleep_for(pause);
    auto seen = shows();
    if (!seen) break;
    if (*seen) return {};
    if (last_commit() == before) return {Fate::refused, std::move(error)};
    pause *= 2;
  }
  return {Fate::unknown, std::move(error)};
}

}  // namespace gmsactl::directory
