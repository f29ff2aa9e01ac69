// The order in which a client tries the targets of an SRV record set (RFC 2782, "Usage rules").
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "providers/transport/dns/srv.h"

namespace gmsactl::dns {

/// Lowest priority first; within a priority a random choice by weight. `random(n)` is uniform in 0…n.
std::vector<SrvRecord> order(std::vector<SrvRecord> records, const std::function<uint32_t(uint32_t)>& random);

}  // namespace gmsactl::dns
