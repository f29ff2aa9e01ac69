#include "providers/directory/batch.h"

#include <algorithm>
#include <future>
#include <mutex>

#include "engine/base/text.h"
#include "engine/model/dn.h"

namespace gmsactl::directory {

namespace {
/// Batches under way at once: enough to hide the round-trip time, few enough not to crowd others out of the
/// server.
constexpr size_t batches_at_once = 4;
constexpr size_t reads_at_once = 8;

/// Runs `work` on up to `threads` threads, and gives the first failure.
Result<void> side_by_side(size_t threads, const std::function<Result<void>()>& work) {
  std::vector<std::future<Result<void>>> others;
  for (size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work));
  Result<void> result = work();
  for (auto& other : others)
    if (auto one = other.get(); !one && result) result = std::move(one);
  return result;
}
}  // namespace

std::string clause(std::string_view attribute, std::string_view value) {
  return "(" + std::string(attribute) + "=" + model::escape_filter_value(value) + ")";
}

Result<void> search_any(ldap::Reader& transport, const std::string& base,
                        const std::vector<std::string>& clauses, std::string_view and_also,
                        const std::vector<std::string>& attributes,
                        const std::function<void(ldap::Entry&&)>& take,
                        const std::vector<ldap::Control>& controls) {
  std::mutex mutex;
  std::atomic<size_t> next{0};
  const auto work = [&]() -> Result<void> {
    for (;;) {
      const size_t first = next.fetch_add(clauses_per_filter);
      if (first >= clauses.size()) return {};
      ldap::SearchRequest request;
      request.base = base;
      request.attributes = attributes;
      request.controls = controls;
      request.filter = "(|";
      const size_t last = std::min(clauses.size(), first + clauses_per_filter);
      for (size_t i = first; i < last; ++i) request.filter += clauses[i];
      request.filter += ")";
      if (!and_also.empty()) request.filter = "(&" + std::string(and_also) + request.filter + ")";
      GMSACTL_TRY(transport.search(request, [&](ldap::Entry&& entry) {
        const std::lock_guard lock(mutex);
        take(std::move(entry));
        return true;
      }));
    }
  };
  const size_t batches = (clauses.size() + clauses_per_filter - 1) / clauses_per_filter;
  return side_by_side(std::min(batches, batches_at_once), work);
}

Result<void> read_each(ldap::Reader& transport, const std::vector<std::string>& dns,
                       const std::vector<std::string>& attributes,
                       const std::function<void(size_t, ldap::Entry&&)>& take,
                       const std::vector<ldap::Control>& controls) {
  std::mutex mutex;
  std::atomic<size_t> next{0};
  const auto work = [&]() -> Result<void> {
    for (;;) {
      const size_t at = next.fetch_add(1);
      if (at >= dns.size()) return {};
      auto entry = ldap::read(transport, dns[at], attributes, controls);
      if (!entry && entry.error().kind == ErrorKind::not_found) continue;
      if (!entry) return fail(std::move(entry).error().with_context(printable(dns[at])));
      const std::lock_guard lock(mutex);
      take(at, std::move(*entry));
    }
  };
  return side_by_side(std::min(dns.size(), reads_at_once), work);
}

}  // namespace gmsactl::directory
