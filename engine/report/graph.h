// What a plan touches, as graphs: which hosts are in which groups, which groups may use which accounts, and
// which SPNs and credential specs the accounts have. They show what the plan knows: the objects that change,
// and what these refer to, by name. Pure data; graph_svg.cpp draws it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/model/plan.h"

namespace gmsactl::report {

/// From left to right. Uses are SPNs, and places that credential specs are delivered to.
enum class Column { hosts, groups, accounts, uses };
inline constexpr size_t column_count = 4;

struct GraphNode {
  Column column = Column::accounts;
  std::string label;                      ///< as the plan has it, not made printable
  const model::Change* change = nullptr;  ///< null: the plan refers to it and leaves it as it is
};

enum class Mark { kept, added, removed };

/// By indices of nodes. Never from right to left.
struct GraphEdge {
  size_t from = 0;
  size_t to = 0;
  Mark mark = Mark::kept;
};

struct Graph {
  std::vector<GraphNode> nodes;  ///< in the plan's order within each column
  std::vector<GraphEdge> edges;
  std::array<size_t, column_count> left_out{};  ///< nodes for which there was no room
};

/// One for each set of groups and accounts that hang together, in the plan's order; a host is in each of them
/// that it belongs to, and what stands alone is in none. Of a column with too many nodes those that are new,
/// gone or changed come first.
std::vector<Graph> graphs(const model::Plan& plan);

}  // namespace gmsactl::report
