#include "engine/report/summary.h"

namespace gmsactl::report {

using model::Action;

Summary summarise(const model::Plan& plan) {
  Summary summary;
  summary.create = plan.count(Action::create);
  summary.update = plan.count(Action::update);
  summary.replace = plan.count(Action::replace);
  summary.remove = plan.count(Action::remove);
  summary.move = plan.count(Action::move);
  summary.adopt = plan.count(Action::adopt);
  summary.unchanged = plan.unchanged.size();
  summary.unreadable = plan.unreadable.size();
  return summary;
}

Summary operator+(const Summary& a, const Summary& b) {
  return {.create = a.create + b.create,
          .update = a.update + b.update,
          .replace = a.replace + b.replace,
          .remove = a.remove + b.remove,
          .move = a.move + b.move,
          .adopt = a.adopt + b.adopt,
          .unchanged = a.unchanged + b.unchanged,
          .unreadable = a.unreadable + b.unreadable};
}

std::string plan_counts(const Summary& summary) {
  const auto count = [](size_t number, std::string_view words) {
    return std::to_string(number) + " " + std::string(words);
  };
  std::string text = count(summary.create, "to create, ") + count(summary.update, "to update, ");
  if (summary.move != 0) text += count(summary.move, "to move, ");
  if (summary.adopt != 0) text += count(summary.adopt, "to adopt, ");
  text += count(summary.replace, "to replace, ") + count(summary.remove, "to delete; ");
  text += count(summary.unchanged, "unchanged");
  if (summary.unreadable != 0) text += ", " + count(summary.unreadable, "unreadable");
  return text;
}

}  // namespace gmsactl::report
