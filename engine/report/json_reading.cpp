#include "engine/report/json_reading.h"

#include <set>
#include <vector>

#include "engine/base/text.h"
#include "engine/model/filetime.h"

namespace gmsactl::report {

using model::Action;
using model::ResourceId;

namespace {

/// Deeper nesting than any document has; rendering and comparing go down recursively.
constexpr int deepest = 32;

ErrorKind error_kind_of(const Value& value) {
  return value.one_of({ErrorKind::invalid, ErrorKind::not_found, ErrorKind::already_exists,
                       ErrorKind::conflict, ErrorKind::unauthenticated, ErrorKind::denied,
                       ErrorKind::unavailable, ErrorKind::timeout, ErrorKind::unsupported,
                       ErrorKind::constraint, ErrorKind::cancelled, ErrorKind::corrupt, ErrorKind::internal});
}

model::FieldValue field_value(const Value& value) {
  const Json& json = value.json();
  if (json.is_null()) return std::monostate{};
  if (json.is_boolean()) return value.boolean();
  if (json.is_number()) return value.integer();
  if (json.is_string()) return value.text();
  return value.texts();
}

}  // namespace

void malformed(const std::string& path, std::string_view what) {
  throw Malformed{ErrorKind::corrupt, path + " " + std::string(what)};
}

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

Action action_of(const Value& value) {
  return value.one_of(
      {Action::create, Action::update, Action::replace, Action::remove, Action::move, Action::adopt});
}

model::Kind kind_of(const Value& value) {
  using model::Kind;
  return value.one_of(
      {Kind::kds_root_key, Kind::container, Kind::host_group, Kind::gmsa, Kind::credential_spec});
}

ResourceId id_of(const Value& entry) {
  ResourceId id{kind_of(entry["kind"]), entry["name"].required_text()};
  if (entry["address"].text() != model::address(id)) entry["address"].refuse("is not kind/name");
  return id;
}

SourceRange place_of(const Value& file, const Value& line, const Value& column) {
  SourceRange where;
  where.file = intern(file.required_text());
  where.line = static_cast<uint32_t>(line.count(UINT32_MAX));
  where.column = static_cast<uint32_t>(column.count(UINT32_MAX));
  return where;
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

SourceCommit source_of(const Value& source) {
  return {source["commit"].required_text(), source["dirty"].boolean(),
          source.has("author") ? source["author"].text() : std::string()};
}

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

std::string checked_version(const Value& value) {
  auto text = value.text();
  const auto dot = text.find('.');
  if (dot == 0 || dot == std::string::npos || dot + 1 == text.size() ||
      !all_of(text.substr(0, dot), digits) || !all_of(text.substr(dot + 1), digits))
    value.refuse("is not MAJOR.MINOR");
  if (text.substr(0, dot) != "1")
    throw Malformed{ErrorKind::unsupported,
                    "formatVersion " + text + " is not one that this version reads (1.x)"};
  return text;
}

Json parsed(std::string_view text) {
  // Two values of one key would be two documents: what one program shows is not what another carries out.
  std::vector<std::set<std::string>> keys;
  const auto guard = [&keys](int depth, Json::parse_event_t event, Json& value) {
    if (depth > deepest) throw Malformed{ErrorKind::corrupt, "the document is nested too deeply"};
    if (event == Json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == Json::parse_event_t::key) {
      const auto& key = value.get_ref<const std::string&>();
      if (!keys.back().insert(key).second)
        throw Malformed{ErrorKind::corrupt, "the key " + printable(key) + " is there twice in one object"};
    }
    return true;
  };
  return Json::parse(text, guard);
}

}  // namespace gmsactl::report
