#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/text.h"
#include "engine/model/filetime.h"
#include "engine/report/json_values.h"
#include "engine/report/plan_json.h"

namespace gmsactl::report {

using model::Action;
using model::ResourceId;

namespace {

/// Deeper nesting than any document has; rendering and comparing go down recursively.
constexpr int deepest = 32;

/// Thrown by Value and by the JSON library, and caught in guarded(), the one way in.
struct Malformed {
  ErrorKind kind;
  std::string message;
};

[[noreturn]] void malformed(const std::string& path, std::string_view what) {
  throw Malformed{ErrorKind::corrupt, path + " " + std::string(what)};
}

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

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789";

Action action_of(const Value& value) {
  return value.one_of(
      {Action::create, Action::update, Action::replace, Action::remove, Action::move, Action::adopt});
}

model::Kind kind_of(const Value& value) {
  using model::Kind;
  return value.one_of(
      {Kind::kds_root_key, Kind::container, Kind::host_group, Kind::gmsa, Kind::credential_spec});
}

ErrorKind error_kind_of(const Value& value) {
  return value.one_of({ErrorKind::invalid, ErrorKind::not_found, ErrorKind::already_exists,
                       ErrorKind::conflict, ErrorKind::unauthenticated, ErrorKind::denied,
                       ErrorKind::unavailable, ErrorKind::timeout, ErrorKind::unsupported,
                       ErrorKind::constraint, ErrorKind::cancelled, ErrorKind::corrupt, ErrorKind::internal});
}

ResourceId id_of(const Value& entry) {
  ResourceId id{kind_of(entry["kind"]), entry["name"].required_text()};
  if (entry["address"].text() != model::address(id)) entry["address"].refuse("is not kind/name");
  return id;
}

ResourceId id_of_address(const Value& value) {
  const auto text = value.text();
  const auto slash = text.find('/');
  for (const auto kind : {model::Kind::kds_root_key, model::Kind::container, model::Kind::host_group,
                          model::Kind::gmsa, model::Kind::credential_spec})
    if (slash != std::string::npos && slash + 1 < text.size() && text.substr(0, slash) == model::name(kind))
      return {kind, text.substr(slash + 1)};
  value.refuse("is no address");
}

SourceRange place_of(const Value& file, const Value& line, const Value& column) {
  SourceRange where;
  where.file = intern(file.required_text());
  where.line = static_cast<uint32_t>(line.count(UINT32_MAX));
  where.column = static_cast<uint32_t>(column.count(UINT32_MAX));
  return where;
}

/// Where something is declared, which may not be known.
SourceRange declared_at_of(const Value& value) {
  return value.is_null() ? SourceRange{} : place_of(value["file"], value["line"], value["column"]);
}

model::FieldValue field_value(const Value& value) {
  const Json& json = value.json();
  if (json.is_null()) return std::monostate{};
  if (json.is_boolean()) return value.boolean();
  if (json.is_number()) return value.integer();
  if (json.is_string()) return value.text();
  return value.texts();
}

std::string_view cause_of(const Value& value) {
  const auto text = value.text_or_empty();
  for (const std::string_view cause : {std::string_view(), model::cause::fresh, model::cause::drift,
                                       model::cause::pending, model::cause::both})
    if (text == cause) return cause;
  value.refuse("has a value that this version doesn't know");
}

model::FieldChange field_of(const Value& entry) {
  model::FieldChange field;
  const auto path = entry["path"].required_text();
  if (path.size() > 64 || !all_of(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789."))
    entry["path"].refuse("is no field's name");
  field.path = intern(path);
  field.before = field_value(entry["before"]);
  field.after = field_value(entry["after"]);
  const auto is_list = [](const model::FieldValue& v) {
    return std::holds_alternative<std::vector<std::string>>(v);
  };
  if (is_list(field.before) || is_list(field.after)) {
    field.added = entry["added"].texts();
    field.removed = entry["removed"].texts();
  }
  field.cause = cause_of(entry["cause"]);
  if (entry.has("changedAt")) {
    const auto time = model::parse_filetime_text(entry["changedAt"].text());
    if (!time) entry["changedAt"].refuse("is not a time in UTC");
    field.last_write = model::LastWrite{*time, entry["changedOn"].text_or_empty(),
                                        static_cast<uint32_t>(entry["version"].count(UINT32_MAX))};
  }
  return field;
}

std::string guard_of(const Value& value) {
  const auto text = value.text();
  if (text.size() != 16 || !all_of(text, "0123456789abcdef")) value.refuse("is no hash of a value");
  return text;
}

model::PlanInputs inputs_of(const Value& entry) {
  constexpr uint64_t longest = uint64_t{366} * 24 * 3600;
  model::PlanInputs inputs;
  inputs.valid_for = std::chrono::seconds(entry["validForSeconds"].count(longest));
  inputs.paths = entry["paths"].texts();
  inputs.servers = entry["servers"].texts();
  inputs.targets = entry["targets"].texts();
  inputs.excludes = entry["excludes"].texts();
  inputs.allow_replace = entry["allowReplace"].texts();
  inputs.adopt = entry["adopt"].boolean();
  inputs.prune = entry["prune"].boolean();
  if (!entry["allowDeletes"].is_null())
    inputs.allow_deletes = static_cast<size_t>(entry["allowDeletes"].count(UINT32_MAX));
  inputs.not_applicable = entry["notApplicable"].text_or_empty();
  for (const auto& text : entry["manifests"].elements())
    inputs.manifests.push_back({text["file"].required_text(), text["folder"].text(),
                                static_cast<uint32_t>(text["line"].count(10'000'000)), text["text"].text()});
  return inputs;
}

model::Change change_of(const Value& entry) {
  model::Change change;
  change.id = id_of(entry);
  change.action = action_of(entry["action"]);
  const bool in_directory = change.id.kind != model::Kind::credential_spec;
  if (entry["dn"].is_null() == in_directory) entry["dn"].refuse("does not go with the kind");
  if (in_directory) change.dn = entry["dn"].checked(model::Dn::parse(entry["dn"].required_text()));
  const auto guid = entry["objectGuid"];
  if (!guid.is_null()) change.guid = guid.checked(model::Guid::parse(guid.text()));
  if (in_directory ? change.guid.empty() != (change.action == Action::create) : !change.guid.empty())
    guid.refuse("does not go with the action");
  change.cause = cause_of(entry["cause"]);
  for (const auto& field : entry["fields"].elements()) change.fields.push_back(field_of(field));
  for (const auto& guard : entry["guards"].elements())
    change.guards.push_back(
        {guard["path"].required_text(), guard_of(guard["before"]), guard_of(guard["after"])});
  change.reasons = entry["reasons"].texts();
  for (const auto& address : entry["requires"].elements()) change.requires_.push_back(id_of_address(address));
  change.declared_at = declared_at_of(entry["declaredAt"]);
  return change;
}

Error error_of(const Value& entry) {
  Error error{error_kind_of(entry["kind"]), entry["message"].text(), entry["hint"].text(), std::nullopt};
  const auto native = entry["native"];
  if (native.is_null()) return error;
  NativeCode code;
  const auto number = native["code"].integer();
  if (number < INT32_MIN || number > INT32_MAX) native["code"].refuse("is not a number within its range");
  code.code = static_cast<int>(number);
  code.name = native["name"].text();
  if (!native["extended"].is_null())
    code.extended = static_cast<uint32_t>(native["extended"].count(UINT32_MAX));
  error.native = std::move(code);
  return error;
}

Diagnostic diagnostic_of(const Value& entry) {
  Diagnostic diagnostic;
  diagnostic.severity = entry["severity"].one_of({Severity::note, Severity::warning, Severity::error});
  const auto code = entry["code"].text();
  if (code.size() != 8 || !code.starts_with("GMSA") || !all_of(code.substr(4), digits))
    entry["code"].refuse("is no diagnostic's code");
  diagnostic.code = intern(code);
  diagnostic.summary = entry["summary"].text();
  diagnostic.detail = entry["detail"].text();
  diagnostic.hint = entry["hint"].text();
  if (!entry["file"].is_null()) diagnostic.where = place_of(entry["file"], entry["line"], entry["column"]);
  diagnostic.address = entry["address"].text_or_empty();
  return diagnostic;
}

Summary summary_of(const Value& entry) {
  const auto count = [&](const char* key) { return static_cast<size_t>(entry[key].count(UINT32_MAX)); };
  return {.create = count("create"),
          .update = count("update"),
          .replace = count("replace"),
          .remove = count("delete"),
          .move = count("move"),
          .adopt = count("adopt"),
          .unchanged = count("unchanged"),
          .unreadable = count("unreadable")};
}

/// "2026-01-31T12:00:00Z", seconds as a fraction allowed.
bool is_time(std::string_view text) {
  static constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() <= shape.size() || !text.ends_with('Z')) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool digit = digits.find(text[i]) != std::string_view::npos;
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return false;
  }
  const auto fraction = text.substr(shape.size(), text.size() - shape.size() - 1);
  return fraction.empty() ||
         (fraction.size() > 1 && fraction[0] == '.' && all_of(fraction.substr(1), digits));
}

/// Terraform's rule: another minor version only adds, another major one means something else.
std::string checked_version(const Value& value) {
  const auto text = value.text();
  const auto dot = text.find('.');
  if (dot == 0 || dot == std::string::npos || dot + 1 == text.size() ||
      !all_of(text.substr(0, dot), digits) || !all_of(text.substr(dot + 1), digits))
    value.refuse("is not MAJOR.MINOR");
  if (text.substr(0, dot) != "1")
    throw Malformed{ErrorKind::unsupported,
                    "formatVersion " + text + " is not one that this version reads (1.x)"};
  return text;
}

void check_consistency(const PlanDocument& document, const Value& root) {
  auto counted = summarise(document.plan);
  counted.unchanged = document.summary.unchanged;
  if (!(counted == document.summary)) root["summary"].refuse("does not count what is listed");
  std::set<ResourceId> seen;
  for (const auto& change : document.plan.changes)
    if (!seen.insert(change.id).second)
      root["changes"].refuse("lists " + model::address(change.id) + " twice");
  for (const auto& resource : document.plan.unreadable)
    if (!seen.insert(resource.id).second)
      root["unreadable"].refuse("lists " + model::address(resource.id) + " again");
}

PlanDocument document_of(const Value& root) {
  PlanDocument document;
  document.format_version = checked_version(root["formatVersion"]);
  if (root["tool"]["name"].text() != tool_name) root["tool"].refuse("is another program");
  document.tool_version = root["tool"]["version"].required_text();
  model::Plan& plan = document.plan;
  plan.environment = root["environment"].required_text();
  plan.domain = root["domain"].required_text();
  plan.domain_sid = root["domainSid"].text();
  plan.server = root["server"].text();
  plan.declared_at = declared_at_of(root["declaredAt"]);
  document.stamp.created_at = root["createdAt"].text();
  if (!is_time(document.stamp.created_at)) root["createdAt"].refuse("is not a time in UTC");
  if (root.has("source")) {
    const auto source = root["source"];
    document.stamp.source = SourceCommit{source["commit"].required_text(), source["dirty"].boolean(),
                                         source.has("author") ? source["author"].text() : std::string()};
  }
  document.digest = root["digest"].text();
  if (document.digest != document_digest(root.json()))
    root["digest"].refuse("does not fit: the document was changed after it was written");
  document.summary = summary_of(root["summary"]);
  for (const auto& change : root["changes"].elements()) plan.changes.push_back(change_of(change));
  for (const auto& entry : root["unreadable"].elements())
    plan.unreadable.push_back({id_of(entry), error_of(entry["error"])});
  for (const auto& diagnostic : root["diagnostics"].elements())
    plan.diagnostics.push_back(diagnostic_of(diagnostic));
  plan.inputs = inputs_of(root["inputs"]);
  // A plan of an environment whose domain could not be reached has no SID, and nothing to carry out.
  if (!plan.domain_sid.empty() || !plan.changes.empty()) {
    const auto sid = root["domainSid"].checked(model::Sid::parse(plan.domain_sid));
    if (!sid.is_domain()) root["domainSid"].refuse("is not a domain's SID");
  }
  check_consistency(document, root);
  return document;
}

Json parsed(std::string_view text) {
  const auto guard = [](int depth, Json::parse_event_t, Json&) {
    if (depth > deepest) throw Malformed{ErrorKind::corrupt, "the document is nested too deeply"};
    return true;
  };
  return Json::parse(text, guard);
}

template <class Read>
auto guarded(std::string_view text, Read read) -> Result<decltype(read(Value(std::declval<Json>(), "")))> {
  const auto refused = [](ErrorKind kind, const std::string& why) {
    return fail(kind, "this is no plan that gmsactl can read: " + why,
                "Make the plan again with gmsactl plan --out FILE.");
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

}  // namespace

Result<PlanDocument> parse_plan_json(std::string_view text) { return guarded(text, document_of); }

Result<std::vector<PlanDocument>> parse_plans_json(std::string_view text) {
  return guarded(text, [](const Value& root) {
    std::vector<PlanDocument> documents;
    if (!root.has("plans")) {
      documents.push_back(document_of(root));
      return documents;
    }
    checked_version(root["formatVersion"]);
    for (const auto& plan : root["plans"].elements()) documents.push_back(document_of(plan));
    return documents;
  });
}

}  // namespace gmsactl::report
