// Reading the JSON documents that gmsactl writes: values that know where in the document they stand, and the
// pieces that the plan document and the apply report have in common. Fails closed: what is missing, malformed
// or of another major version is refused; unknown keys are passed over. Internal to engine/report.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plan.h"
#include "engine/report/json_values.h"
#include "engine/report/plan_json.h"

namespace gmsactl::report {

/// Thrown by Value, and caught in guarded(), the one way in.
struct Malformed {
  ErrorKind kind;
  std::string message;
};

[[noreturn]] void malformed(const std::string& path, std::string_view what);

/// A JSON value and where in the document it stands, which every complaint names.
class Value {
 public:
  Value(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  Value operator[](const char* key) const {
    if (!json_.is_object()) malformed(path_, "is not an object");
    const auto found = json_.find(key);
    if (found == json_.end()) malformed(path_, "lacks \"" + std::string(key) + "\"");
    return {*found, path_ == "the document" ? key : path_ + "." + key};
  }
  bool has(const char* key) const { return json_.is_object() && json_.contains(key); }
  bool is_null() const { return json_.is_null(); }
  const Json& json() const { return json_; }

  std::string text() const {
    if (!json_.is_string()) malformed(path_, "is not a string");
    return json_.get<std::string>();
  }
  std::string text_or_empty() const { return is_null() ? std::string() : text(); }
  std::string required_text() const {
    auto result = text();
    if (result.empty()) malformed(path_, "is empty");
    return result;
  }
  bool boolean() const {
    if (!json_.is_boolean()) malformed(path_, "is not true or false");
    return json_.get<bool>();
  }
  uint64_t count(uint64_t limit) const {
    if (!json_.is_number_unsigned() || json_.get<uint64_t>() > limit)
      malformed(path_, "is not a number within its range");
    return json_.get<uint64_t>();
  }
  int64_t integer() const {
    const bool fits =
        json_.is_number_unsigned() ? json_.get<uint64_t>() <= uint64_t{INT64_MAX} : json_.is_number_integer();
    if (!fits) malformed(path_, "is not a whole number within its range");
    return json_.get<int64_t>();
  }
  std::vector<Value> elements() const {
    if (!json_.is_array()) malformed(path_, "is not an array");
    std::vector<Value> values;
    for (size_t i = 0; i < json_.size(); ++i)
      values.emplace_back(json_[i], path_ + "[" + std::to_string(i) + "]");
    return values;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> list;
    for (const auto& element : elements()) list.push_back(element.text());
    return list;
  }
  template <class Enum>
  Enum one_of(std::initializer_list<Enum> values) const {
    const auto wanted = text();
    for (const Enum value : values)
      if (name(value) == wanted) return value;
    malformed(path_, "has a value that this version doesn't know");
  }
  /// The value of a Result, or a complaint that names the place.
  template <class T>
  T checked(Result<T>&& result) const {
    if (!result) malformed(path_, "is not valid: " + result.error().message);
    return std::move(*result);
  }
  [[noreturn]] void refuse(std::string_view why) const { malformed(path_, why); }

 private:
  const Json& json_;
  std::string path_;
};

bool all_of(std::string_view text, std::string_view allowed);
inline constexpr std::string_view digits = "0123456789";

model::Action action_of(const Value& value);
model::Kind kind_of(const Value& value);
/// Of an entry with kind, name and address, which must agree.
model::ResourceId id_of(const Value& entry);
SourceRange place_of(const Value& file, const Value& line, const Value& column);
std::string_view cause_of(const Value& value);
model::FieldChange field_of(const Value& entry);
Error error_of(const Value& entry);
Diagnostic diagnostic_of(const Value& entry);
SourceCommit source_of(const Value& source);
/// "2026-01-31T12:00:00Z", seconds as a fraction allowed.
bool is_time(std::string_view text);
/// Terraform's rule: another minor version only adds, another major one means something else.
std::string checked_version(const Value& value);

/// Nesting deeper than any document has is refused.
Json parsed(std::string_view text);

/// `what` it should be, "plan", and what to do where it is not.
template <class Read>
auto guarded(std::string_view text, std::string_view what, std::string_view hint, Read read)
    -> Result<decltype(read(Value(std::declval<Json>(), "")))> {
  const auto refused = [&](ErrorKind kind, const std::string& why) {
    return fail(kind, "this is no " + std::string(what) + " that gmsactl can read: " + why,
                std::string(hint));
  };
  try {
    const Json json = parsed(text);
    return read(Value(json, "the document"));
  } catch (const Malformed& error) {
    return refused(error.kind, error.message);
  } catch (const Json::parse_error& error) {
    return refused(ErrorKind::corrupt, "it is not JSON at byte " + std::to_string(error.byte));
  } catch (const Json::exception& error) {
    return refused(ErrorKind::corrupt, error.what());
  }
}

/// Of several environments the documents stand in a list under `list`; of one, the document stands by itself.
template <class Read>
auto each_document(const Value& root, const char* list, Read read) {
  std::vector<decltype(read(root))> documents;
  if (!root.has(list)) {
    documents.push_back(read(root));
    return documents;
  }
  checked_version(root["formatVersion"]);
  for (const auto& element : root[list].elements()) documents.push_back(read(element));
  return documents;
}

}  // namespace gmsactl::report
