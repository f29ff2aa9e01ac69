#include "engine/report/graph.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "engine/base/text.h"

namespace gmsactl::report {

using model::Change;
using model::FieldChange;
using model::Kind;

namespace {

/// More nodes in a column than anybody looks at.
constexpr std::array<size_t, column_count> room = {24, 24, 24, 72};

struct Element {
  std::string text;
  Mark mark;
};

const std::vector<std::string>& list_of(const model::FieldValue& value) {
  static const std::vector<std::string> none;
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  return list != nullptr ? *list : none;
}

/// The elements of a list before and after; where the field does not change, `unchanged`.
std::vector<Element> elements(const Change& change, std::string_view path,
                              const std::vector<std::string>& unchanged) {
  std::vector<Element> list;
  const auto field = std::find_if(change.fields.begin(), change.fields.end(),
                                  [&](const FieldChange& each) { return each.path == path; });
  if (field == change.fields.end()) {
    for (const auto& text : unchanged) list.push_back({text, Mark::kept});
    return list;
  }
  std::set<std::string, LessFolded> added(field->added.begin(), field->added.end());
  for (const auto& text : field->removed) list.push_back({text, Mark::removed});
  for (const auto& text : field->added) list.push_back({text, Mark::added});
  for (const auto& text : list_of(field->after))
    if (!added.contains(text)) list.push_back({text, Mark::kept});
  return list;
}

std::vector<std::string> displays(const std::vector<model::PlannedPrincipal>& principals) {
  std::vector<std::string> texts;
  texts.reserve(principals.size());
  for (const auto& principal : principals) texts.push_back(principal.display);
  return texts;
}

std::vector<std::string> common_names(const std::vector<std::string>& dns) {
  std::vector<std::string> names;
  for (const auto& text : dns) {
    const auto dn = model::Dn::parse(text);
    names.push_back(dn && !dn->empty() ? dn->leaf().value : text);
  }
  return names;
}

/// The plan as one graph, and which nodes of it hang together.
class Whole {
 public:
  explicit Whole(const model::Plan& plan) {
    for (const auto& change : plan.changes)
      if (change.id.kind == Kind::host_group) name_group(change);
    for (const auto& change : plan.changes) switch (change.id.kind) {
        case Kind::host_group:
          add_group(change);
          break;
        case Kind::gmsa:
          add_account(change);
          break;
        case Kind::credential_spec:
          add_spec(change);
          break;
        case Kind::kds_root_key:
        case Kind::container:
          break;
      }
  }

  std::vector<Graph> parts() {
    std::map<size_t, size_t> part_of;  // by the root of what hangs together
    std::vector<std::vector<size_t>> members;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const auto [found, added] = part_of.emplace(root(i), members.size());
      if (added) members.emplace_back();
      members[found->second].push_back(i);
    }
    std::vector<std::vector<GraphEdge>> edges(members.size());
    for (const auto& edge : edges_) edges[part_of.at(root(edge.to))].push_back(edge);
    std::vector<std::vector<HostEdge>> hosts(members.size());
    for (const auto& edge : hosts_) hosts[part_of.at(root(edge.to))].push_back(edge);
    std::vector<Graph> result;
    for (size_t i = 0; i < members.size(); ++i)
      if (members[i].size() + hosts[i].size() > 1) result.push_back(part(members[i], edges[i], hosts[i]));
    return result;
  }

 private:
  struct HostEdge {
    std::string host;
    size_t to;
    Mark mark;
  };

  size_t node(Column column, const std::string& label, const Change* change) {
    const auto [found, added] = index_.emplace(std::pair(column, fold(label)), nodes_.size());
    if (added) {
      nodes_.push_back({column, label, change});
      parent_.push_back(nodes_.size() - 1);
    } else if (change != nullptr) {
      nodes_[found->second].change = change;
    }
    return found->second;
  }

  size_t root(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  void connect(size_t from, size_t to, Mark mark) {
    edges_.push_back({from, to, mark});
    parent_[std::max(root(from), root(to))] = std::min(root(from), root(to));
  }

  /// Members and readers are written by any of a group's names.
  void name_group(const Change& change) {
    const std::string& name = change.id.name;
    groups_[name] = groups_["HostGroup/" + name] = name;
    for (const auto& field : change.fields)
      if (field.path == "samAccountName" || field.path == "commonName")
        for (const auto* value : {&field.before, &field.after})
          if (const auto* text = std::get_if<std::string>(value)) groups_.emplace(*text, name);
    if (const auto* detail = std::get_if<model::GroupChange>(&change.detail)) {
      groups_.emplace(detail->desired.sam_account_name, name);
      groups_.emplace(detail->desired.common_name, name);
    }
  }

  /// A computer's name ends with $; what else may be a member is a group of some kind.
  void connect_principal(const Element& principal, size_t to) {
    const auto group = groups_.find(principal.text);
    if (group == groups_.end() && principal.text.ends_with('$'))
      hosts_.push_back({principal.text, to, principal.mark});
    else if (const size_t from =
                 node(Column::groups, group != groups_.end() ? group->second : principal.text, nullptr);
             from != to)
      connect(from, to, principal.mark);
  }

  void add_group(const Change& change) {
    const size_t group = node(Column::groups, change.id.name, &change);
    const auto* detail = std::get_if<model::GroupChange>(&change.detail);
    const auto unchanged =
        detail != nullptr && detail->live ? common_names(detail->live->members) : std::vector<std::string>{};
    for (const auto& member : elements(change, "members", unchanged)) connect_principal(member, group);
  }

  void add_account(const Change& change) {
    const size_t account = node(Column::accounts, change.id.name, &change);
    const auto* detail = std::get_if<model::GmsaChange>(&change.detail);
    const auto readers = detail != nullptr ? displays(detail->readers) : std::vector<std::string>{};
    for (const auto& reader : elements(change, "principalsAllowedToRetrieveManagedPassword", readers))
      connect_principal(reader, account);
    const auto spns = detail != nullptr ? detail->service_principal_names : std::vector<std::string>{};
    for (const auto& spn : elements(change, "servicePrincipalNames", spns))
      connect(account, node(Column::uses, spn.text, nullptr), spn.mark);
  }

  /// TARGET/ACCOUNT or TARGET/ACCOUNT@HOST.
  void add_spec(const Change& change) {
    const auto& name = change.id.name;
    const auto slash = std::min(name.find('/'), name.size());
    const auto at = std::min(name.find('@', slash), name.size());
    const std::string account = slash < at ? name.substr(slash + 1, at - slash - 1) : name;
    const size_t place = nodes_.size();
    nodes_.push_back({Column::uses, name.substr(0, slash) + name.substr(at), &change});
    parent_.push_back(place);
    connect(node(Column::accounts, account, nullptr), place,
            change.action == model::Action::create   ? Mark::added
            : change.action == model::Action::remove ? Mark::removed
                                                     : Mark::kept);
  }

  Graph part(const std::vector<size_t>& members, std::vector<GraphEdge> edges,
             const std::vector<HostEdge>& hosts) const {
    Graph graph;
    std::map<size_t, size_t> place;
    for (const size_t i : members) {
      place[i] = graph.nodes.size();
      graph.nodes.push_back(nodes_[i]);
    }
    for (auto& edge : edges) edge = {place.at(edge.from), place.at(edge.to), edge.mark};
    std::map<std::string, size_t> host_index;
    for (const auto& edge : hosts) {
      const auto [found, added] = host_index.emplace(fold(edge.host), graph.nodes.size());
      if (added) graph.nodes.push_back({Column::hosts, edge.host, nullptr});
      edges.push_back({found->second, place.at(edge.to), edge.mark});
    }
    graph.edges = std::move(edges);
    return limited(graph);
  }

  /// Without the nodes that have no room.
  static Graph limited(const Graph& graph) {
    std::vector<bool> matters(graph.nodes.size());
    for (size_t i = 0; i < graph.nodes.size(); ++i) matters[i] = graph.nodes[i].change != nullptr;
    for (const auto& edge : graph.edges)
      if (edge.mark != Mark::kept) matters[edge.from] = matters[edge.to] = true;
    std::vector<size_t> order(graph.nodes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return matters[a] > matters[b]; });
    std::array<size_t, column_count> used{};
    std::vector<bool> shown(graph.nodes.size());
    for (const size_t i : order) {
      const auto column = static_cast<size_t>(graph.nodes[i].column);
      shown[i] = used[column] < room[column];
      ++used[column];
    }
    Graph result;
    std::vector<size_t> place(graph.nodes.size());
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      place[i] = result.nodes.size();
      if (shown[i]) result.nodes.push_back(graph.nodes[i]);
    }
    for (const auto& edge : graph.edges)
      if (shown[edge.from] && shown[edge.to])
        result.edges.push_back({place[edge.from], place[edge.to], edge.mark});
    for (size_t column = 0; column < column_count; ++column)
      result.left_out[column] = used[column] - std::min(used[column], room[column]);
    return result;
  }

  std::vector<GraphNode> nodes_;
  std::vector<GraphEdge> edges_;
  std::vector<HostEdge> hosts_;
  std::vector<size_t> parent_;  // of what hangs together; the first node is the root
  std::map<std::pair<Column, std::string>, size_t> index_;
  std::map<std::string, std::string, LessFolded> groups_;  // any name of a group to its own
};

}  // namespace

std::vector<Graph> graphs(const model::Plan& plan) { return Whole(plan).parts(); }

}  // namespace gmsactl::report
