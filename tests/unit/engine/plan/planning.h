// What every planner test needs: plan against a FakeWorld, and look at the result in few words.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/plan/make_plan.h"
#include "tests/fakes/fake_world.h"
#include "tests/fakes/samples.h"

namespace gmsactl {

inline model::Plan plan_for(fakes::FakeWorld& world, const model::Desired& desired,
                            const plan::Options& options = {}) {
  fakes::NoEvents events;
  return plan::make_plan(desired, world.observe(desired, events).value(), options);
}

/// "create GMSA/Web01", in the plan's order.
inline std::vector<std::string> actions(const model::Plan& plan) {
  std::vector<std::string> result;
  for (const auto& change : plan.changes)
    result.push_back(std::string(name(change.action)) + " " + model::address(change.id));
  return result;
}

inline std::vector<std::string> addresses(const std::vector<model::ResourceId>& ids) {
  std::vector<std::string> result;
  for (const auto& id : ids) result.push_back(model::address(id));
  return result;
}

inline std::vector<std::string> unreadable(const model::Plan& plan) {
  std::vector<std::string> result;
  for (const auto& one : plan.unreadable) result.push_back(model::address(one.id));
  return result;
}

/// "GMSA0205 GMSA/Web01", errors and warnings alike.
inline std::vector<std::string> findings(const model::Plan& plan) {
  std::vector<std::string> result;
  for (const auto& one : plan.diagnostics) result.push_back(std::string(one.code) + " " + one.address);
  return result;
}

inline const model::Change& change_of(const model::Plan& plan, std::string_view address) {
  const auto found = std::find_if(plan.changes.begin(), plan.changes.end(),
                                  [&](const auto& change) { return model::address(change.id) == address; });
  if (found == plan.changes.end()) throw std::runtime_error("no change of " + std::string(address));
  return *found;
}

inline std::vector<std::string> paths(const model::Change& change) {
  std::vector<std::string> result;
  for (const auto& field : change.fields) result.emplace_back(field.path);
  return result;
}

inline const model::FieldChange& field_of(const model::Change& change, std::string_view path) {
  const auto found = std::find_if(change.fields.begin(), change.fields.end(),
                                  [&](const auto& field) { return field.path == path; });
  if (found == change.fields.end()) throw std::runtime_error("no field " + std::string(path));
  return *found;
}

inline std::string descriptor(std::vector<model::Sid> readers, const std::vector<model::Ace>& kept = {}) {
  std::sort(readers.begin(), readers.end());
  return model::SecurityDescriptor::encode_readers(readers, kept);
}

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Texts = std::vector<std::string>;

}  // namespace gmsactl
