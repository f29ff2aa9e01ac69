#include "engine/report/changed.h"

#include <gmsactl/version.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/report/json_values.h"

namespace gmsactl::report {

using model::Action;
using Presence = EnvironmentDifference::Presence;

namespace {

std::string name_of(const ManifestRevision& side) {
  if (side.revision.empty()) return "the work tree";
  const std::string id = side.commit.substr(0, 12);
  return side.commit.starts_with(side.revision) ? id : printable(side.revision) + " (" + id + ")";
}

std::string_view word(Presence presence) {
  switch (presence) {
    case Presence::both:
      return "changed";
    case Presence::added:
      return "added";
    case Presence::removed:
      return "removed";
  }
  return {};
}

class Text {
 public:
  explicit Text(Color color) : color_(color) {}

  std::string render(const ManifestDifference& difference) {
    for (const auto& each : difference.environments) environment(each);
    ending(difference);
    return std::move(text_);
  }

 private:
  void environment(const EnvironmentDifference& one) {
    text_ += paint(color_, Tone::strong, "Environment " + printable(one.name));
    if (one.presence != Presence::both) {
      text_ += ": " + std::string(word(one.presence));
    } else if (!one.changes.settings.empty()) {
      const std::vector<std::string> settings(one.changes.settings.begin(), one.changes.settings.end());
      text_ += ": differs in " + join(settings, ", ");
    }
    text_ += "\n\n";
    struct Line {
      model::ResourceId id;
      Action action;
    };
    std::vector<Line> lines;
    for (const auto& id : one.changes.added) lines.push_back({id, Action::create});
    for (const auto& id : one.changes.changed) lines.push_back({id, Action::update});
    for (const auto& id : one.changes.removed) lines.push_back({id, Action::remove});
    std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.id < b.id; });
    for (const auto& [id, action] : lines)
      text_ +=
          "  " + paint(color_, tone(action), symbol(action)) + " " + printable(model::address(id)) + "\n";
    if (!lines.empty()) text_ += "\n";
    added_ += one.changes.added.size();
    changed_ += one.changes.changed.size();
    removed_ += one.changes.removed.size();
  }

  void ending(const ManifestDifference& difference) {
    const std::string between = " between " + name_of(difference.from) + " and " + name_of(difference.to);
    if (difference.environments.empty()) {
      text_ += "No environment or address differs" + between;
      if (!difference.files.empty())
        text_ += ", although the text of " + plural(difference.files.size(), "file") + " does";
      text_ += ".\n";
      return;
    }
    text_ += "Changed" + between + ": " + plural(difference.environments.size(), "environment") + "; " +
             std::to_string(added_) + " added, " + std::to_string(changed_) + " changed, " +
             std::to_string(removed_) + " removed.\n";
  }

  Color color_;
  std::string text_;
  size_t added_ = 0;
  size_t changed_ = 0;
  size_t removed_ = 0;
};

Json side_json(const ManifestRevision& side) {
  return {{"revision", text_or_null(side.revision)}, {"commit", text_or_null(side.commit)}};
}

Json addresses_json(const std::vector<model::ResourceId>& ids) {
  Json list = Json::array();
  for (const auto& id : ids) list.push_back(model::address(id));
  return list;
}

}  // namespace

std::string changed_text(const ManifestDifference& difference, Color color) {
  return Text(color).render(difference);
}

std::string changed_json(const ManifestDifference& difference) {
  Json document;
  document["formatVersion"] = format_version;
  document["tool"] = tool_json(version);
  document["from"] = side_json(difference.from);
  document["to"] = side_json(difference.to);
  document["files"] = difference.files;
  document["environments"] = Json::array();
  for (const auto& one : difference.environments) {
    Json entry;
    entry["name"] = one.name;
    entry["change"] = word(one.presence);
    entry["settings"] = one.changes.settings;
    entry["added"] = addresses_json(one.changes.added);
    entry["removed"] = addresses_json(one.changes.removed);
    entry["changed"] = addresses_json(one.changes.changed);
    document["environments"].push_back(std::move(entry));
  }
  return document_text(document);
}

}  // namespace gmsactl::report
