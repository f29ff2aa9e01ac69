// Builds the FieldChanges of one change. Internal to engine/plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/plan.h"

namespace gmsactl::plan {

class Fields {
 public:
  explicit Fields(std::vector<model::FieldChange>& changes) : changes_(changes) {}

  void value(std::string_view path, model::FieldValue before, model::FieldValue after);
  /// A set of texts; only what differs case-insensitively is added or removed. Nothing where the sets are
  /// equal.
  void set(std::string_view path, std::vector<std::string> before, std::vector<std::string> after);
  /// An optional text where the manifest's empty text means cleared and nothing means not managed.
  void text(std::string_view path, const std::optional<std::string>& live,
            const std::optional<std::string>& wanted);

 private:
  std::vector<model::FieldChange>& changes_;
};

model::FieldValue text_value(const std::optional<std::string>& text);
/// Elements of `a` that `b` lacks, compared case-insensitively; sorted.
std::vector<std::string> minus_folded(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace gmsactl::plan
