#include "providers/transport/dns/srv_order.h"

#include <algorithm>
#include <tuple>

namespace gmsactl::dns {

std::vector<SrvRecord> order(std::vector<SrvRecord> records,
                             const std::function<uint32_t(uint32_t)>& random) {
  // Weight 0 goes before the others of its priority, so that it has a small chance too; the host name makes
  // the outcome a function of the random numbers alone.
  std::ranges::sort(records, {}, [](const SrvRecord& record) {
    return std::tuple(record.priority, record.weight != 0, record.host, record.port);
  });
  for (auto begin = records.begin(); begin != records.end(); ++begin) {
    const auto end = std::find_if(begin, records.end(),
                                  [&](const SrvRecord& each) { return each.priority != begin->priority; });
    uint32_t total = 0;
    for (auto each = begin; each != end; ++each) total += each->weight;
    const uint32_t mark = random(total);
    uint32_t sum = 0;
    for (auto each = begin; each != end; ++each) {
      sum += each->weight;
      if (sum < mark) continue;
      std::rotate(begin, each, each + 1);
      break;
    }
  }
  return records;
}

}  // namespace gmsactl::dns
