#include "engine/model/plan.h"

#include <algorithm>

namespace gmsactl::model {

std::string_view name(Action action) {
  switch (action) {
    case Action::create:
      return "create";
    case Action::update:
      return "update";
    case Action::replace:
      return "replace";
    case Action::remove:
      return "delete";
    case Action::move:
      return "move";
    case Action::adopt:
      return "adopt";
  }
  return "";
}

std::string_view symbol(Action action) {
  switch (action) {
    case Action::create:
      return "+";
    case Action::update:
      return "~";
    case Action::replace:
      return "-/+";
    case Action::remove:
      return "-";
    case Action::move:
      return ">";
    case Action::adopt:
      return "=";
  }
  return "";
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::applied:
      return "applied";
    case Outcome::already_done:
      return "already done";
    case Outcome::failed:
      return "failed";
    case Outcome::partial:
      return "partly done";
    case Outcome::conflict:
      return "conflict";
    case Outcome::unknown:
      return "unknown";
    case Outcome::skipped:
      return "skipped";
    case Outcome::stopped:
      return "not begun";
  }
  return "";
}

std::string place_text(const Change& change) {
  const auto* spec = std::get_if<CredentialSpecChange>(&change.detail);
  if (spec == nullptr) return change.dn.text();
  std::string text = "SpecTarget/" + spec->target;
  if (!spec->host.name.empty()) text += " on " + spec->host.address;
  return text;
}

size_t Plan::count(Action action) const {
  return static_cast<size_t>(
      std::count_if(changes.begin(), changes.end(), [&](const Change& c) { return c.action == action; }));
}

}  // namespace gmsactl::model
