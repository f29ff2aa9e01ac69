#include "engine/drift/news.h"

#include <algorithm>
#include <utility>

namespace gmsactl::drift {

News Newsroom::compare(const model::Plan& plan) {
  News news;
  const auto before = std::exchange(told_, {});
  const auto tell = [&](const model::ResourceId& id, Story story) {
    const auto known = before.find(id);
    const bool fresh = known == before.end() || !(known->second == story);
    told_.insert_or_assign(id, std::move(story));
    return fresh;
  };
  for (const auto& change : plan.changes)
    if (tell(change.id, {change.action, change.fields, {}})) news.different.push_back(&change);
  for (const auto& resource : plan.unreadable)
    if (tell(resource.id, {model::Action::update, {}, resource.why.message}))
      news.unreadable.push_back(&resource);
  for (const auto& [id, story] : before)
    if (!told_.contains(id)) news.in_sync.push_back(id);
  for (const auto& diagnostic : plan.diagnostics)
    if (std::find(diagnostics_.begin(), diagnostics_.end(), diagnostic) == diagnostics_.end())
      news.diagnostics.push_back(diagnostic);
  diagnostics_ = plan.diagnostics;
  return news;
}

}  // namespace gmsactl::drift
