// Layout: SPNs and places are listed account by account; each account stands in the middle of its own, each
// group of its accounts, each host of its groups, and whatever would lie upon another is pushed down.
#include "engine/report/graph_svg.h"

#include <algorithm>
#include <cmath>

#include "engine/report/markup.h"

namespace gmsactl::report {

namespace {

struct Lane {
  std::string_view title;
  double left;
  double width;
};
constexpr std::array<Lane, column_count> lanes = {
    {{"Hosts", 1, 160}, {"Groups", 211, 200}, {"Accounts", 461, 180}, {"SPNs, credential specs", 691, 290}}};
constexpr double width = 982;
constexpr double row = 30;
constexpr double height = 24;

const Lane& lane(Column column) { return lanes[static_cast<size_t>(column)]; }

std::string number(double value) {
  const long tenths = std::lround(value * 10);
  return std::to_string(tenths / 10) + (tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "");
}

std::string sized(double x, double y, double w, double h) {
  return " x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(w) + "\" height=\"" +
         number(h) + "\"";
}

/// The y of each node's upper edge.
class Layout {
 public:
  explicit Layout(const Graph& graph) : graph_(graph), y_(graph.nodes.size()) {
    for (const auto column : {Column::uses, Column::accounts, Column::groups, Column::hosts}) {
      std::vector<size_t> nodes;
      for (size_t i = 0; i < graph.nodes.size(); ++i)
        if (graph.nodes[i].column == column) nodes.push_back(i);
      stack(nodes, column == Column::uses ? by_account(nodes) : beside_what_they_lead_to(nodes));
    }
  }

  double y(size_t node) const { return y_[node]; }
  double bottom() const { return bottom_; }
  /// Of a column, where the next node would be.
  double end(Column column) const { return ends_[static_cast<size_t>(column)]; }

 private:
  /// The position that each would have if it were alone.
  std::vector<double> by_account(const std::vector<size_t>& nodes) const {
    std::vector<double> wanted(graph_.nodes.size());
    for (const auto& edge : graph_.edges) wanted[edge.to] = static_cast<double>(edge.from);
    std::vector<size_t> sorted = nodes;
    std::stable_sort(sorted.begin(), sorted.end(), [&](size_t a, size_t b) { return wanted[a] < wanted[b]; });
    for (size_t i = 0; i < sorted.size(); ++i) wanted[sorted[i]] = static_cast<double>(i) * row;
    return wanted;
  }

  std::vector<double> beside_what_they_lead_to(const std::vector<size_t>& nodes) const {
    std::vector<double> sum(graph_.nodes.size());
    std::vector<size_t> count(graph_.nodes.size());
    for (const auto& edge : graph_.edges) {
      if (graph_.nodes[edge.from].column == graph_.nodes[edge.to].column) continue;
      sum[edge.from] += y_[edge.to];
      ++count[edge.from];
    }
    double last = 0;
    for (const size_t i : nodes)
      last = sum[i] = count[i] != 0 ? sum[i] / static_cast<double>(count[i]) : last;
    return sum;
  }

  void stack(std::vector<size_t> nodes, const std::vector<double>& wanted) {
    std::stable_sort(nodes.begin(), nodes.end(), [&](size_t a, size_t b) { return wanted[a] < wanted[b]; });
    double next = 0;
    for (const size_t i : nodes) {
      y_[i] = std::max(next, wanted[i]);
      next = y_[i] + row;
    }
    if (nodes.empty()) return;
    const auto column = static_cast<size_t>(graph_.nodes[nodes.front()].column);
    ends_[column] = next;
    bottom_ = std::max(bottom_, next + (graph_.left_out[column] != 0 ? row : 0));
  }

  const Graph& graph_;
  std::vector<double> y_;
  std::array<double, column_count> ends_{};
  double bottom_ = 0;
};

std::string_view css_class(Mark mark) {
  switch (mark) {
    case Mark::kept:
      return "kept";
    case Mark::added:
      return "added";
    case Mark::removed:
      return "removed";
  }
  return "";
}

std::string edge_path(const Graph& graph, const Layout& layout, const GraphEdge& edge) {
  const Lane& from = lane(graph.nodes[edge.from].column);
  const Lane& to = lane(graph.nodes[edge.to].column);
  const double y1 = layout.y(edge.from) + height / 2;
  const double y2 = layout.y(edge.to) + height / 2;
  double x1 = from.left + from.width;
  double bend = (to.left - x1) / 2;
  if (&from == &to) {  // a group in a group: around the left side
    x1 = from.left;
    bend = 0;
  }
  const double c1 = &from == &to ? x1 - 30 : x1 + bend;
  const double c2 = &from == &to ? x1 - 30 : to.left - bend;
  return "<path class=\"" + std::string(css_class(edge.mark)) + "\" d=\"M" + number(x1) + " " + number(y1) +
         "C" + number(c1) + " " + number(y1) + " " + number(c2) + " " + number(y2) + " " + number(to.left) +
         " " + number(y2) + "\"/>";
}

/// An <svg> of its own cuts off a label that is too long; the title has all of it.
std::string box(const GraphNode& node, double y, std::string_view css) {
  const Lane& place = lane(node.column);
  std::string text = "<svg class=\"node " + std::string(css) + "\"" +
                     sized(place.left, y, place.width, height) + "><title>" + escaped(node.label) +
                     "</title><rect" + sized(0.5, 0.5, place.width - 1, height - 1) + " rx=\"5\"/>";
  double x = 10;
  if (node.change != nullptr) {
    const auto symbol = model::symbol(node.change->action);
    text += "<text class=\"symbol\" x=\"8\" y=\"16\">" + escaped(symbol) + "</text>";
    x = symbol.size() > 1 ? 36 : 22;
  }
  return text + "<text x=\"" + number(x) + "\" y=\"16\">" + escaped(node.label) + "</text></svg>";
}

std::string opening(double bottom, const std::string& label) {
  return "<svg class=\"graph\" width=\"" + number(width) + "\" height=\"" + number(bottom) +
         "\" viewBox=\"0 0 " + number(width) + " " + number(bottom) + "\" role=\"group\"" +
         attribute("aria-label", label) + ">";
}

}  // namespace

std::string graph_heading_svg() {
  std::string text = opening(18, "Columns");
  for (const auto& column : lanes)
    text += "<text class=\"column\" x=\"" + number(column.left) + "\" y=\"12\">" + std::string(column.title) +
            "</text>";
  return text + "</svg>\n";
}

std::string graph_svg(const Graph& graph, const Anchor& anchor) {
  const Layout layout(graph);
  std::string text = opening(layout.bottom() - (row - height), "Who uses which account, and for what");
  // What changes is drawn last, so that nothing lies upon it.
  for (const auto mark : {Mark::kept, Mark::removed, Mark::added})
    for (const auto& edge : graph.edges)
      if (edge.mark == mark) text += edge_path(graph, layout, edge);
  std::vector<Mark> marks(graph.nodes.size());
  for (const auto& edge : graph.edges)
    if (graph.nodes[edge.to].column == Column::uses) marks[edge.to] = edge.mark;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& node = graph.nodes[i];
    if (node.change == nullptr) {
      text += box(node, layout.y(i), css_class(marks[i]));
      continue;
    }
    text += "<a" + attribute("href", "#" + anchor(*node.change)) + ">" +
            box(node, layout.y(i), name(node.change->action)) + "</a>";
  }
  for (size_t column = 0; column < column_count; ++column)
    if (graph.left_out[column] != 0)
      text += "<text class=\"more\" x=\"" + number(lanes[column].left + 10) + "\" y=\"" +
              number(layout.end(static_cast<Column>(column)) + 16) + "\">and " +
              std::to_string(graph.left_out[column]) + " more</text>";
  return text + "</svg>\n";
}

}  // namespace gmsactl::report
