// Draws a Graph as SVG in four columns, for a page that brings the colours. Internal to engine/report.
#pragma once

#include <functional>
#include <string>

#include "engine/report/graph.h"

namespace gmsactl::report {

/// The id of the element that a changed node leads to.
using Anchor = std::function<std::string(const model::Change&)>;

std::string graph_svg(const Graph& graph, const Anchor& anchor);
/// The columns' names, in line with graph_svg().
std::string graph_heading_svg();

}  // namespace gmsactl::report
