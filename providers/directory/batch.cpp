#include "providers/directory/batch.h"

#include <algorithm>
#include <future>
#include <mutex>

#include "engine/model/dn.h"

namespace gmsactl::directory {

namespace {
/// Batches under way at once: enough to hide the round-trip time, few enough not to crowd others out of the
/// server.
constexpr size_t batches_at_once = 4;
}  // namespace

std::string clause(std::string_view attribute, std::string_view value) {
  return "(" + std::string(attribute) + "=" + model::escape_filter_value(value) + ")";
}

Result<void> search_any(ldap::Reader& transport, const std::string& base,
                        const std::vector<std::string>& clauses, std::string_view and_also,
                        const std::vector<std::string>& attributes,
                        const std::function<void(ldap::Entry&&)>& take) {
  std::mutex mutex;
  std::atomic<size_t> next{0};
  const auto work = [&]() -> Result<void> {
    for (;;) {
      const size_t first = next.fetch_add(clauses_per_filter);
      if (first >= clauses.size()) return {};
      ldap::SearchRequest request;
      request.base = base;
      request.attributes = attributes;
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
  std::vector<std::future<Result<void>>> others;
  for (size_t i = 1; i < std::min(batches, batches_at_once); ++i)
    others.push_back(std::async(std::launch::async, work));
  Result<void> result = work();
  for (auto& other : others)
    if (auto one = other.get(); !one && result) result = std::move(one);
  return result;
}

}  // namespace gmsactl::directory
