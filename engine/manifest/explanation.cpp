#include "engine/manifest/explanation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "engine/manifest/document.h"
#include "engine/manifest/reading.h"
#include "engine/model/fields.h"

namespace gmsactl::manifest {

namespace {

using Json = nlohmann::ordered_json;

/// Where a variable may stand in place of a value, the schema offers both; the first is the field's own.
const Json& own_type(const Json& field) {
  for (const char* choice : {"anyOf", "oneOf"})
    if (const auto found = field.find(choice); found != field.end())
      for (const auto& each : *found)
        if (each.value("type", Json()) != "null") return each;
  return field;
}

std::string counted(const Json& type, std::string_view least, std::string_view most) {
  const auto number = [&](std::string_view key) {
    const auto found = type.find(std::string(key));
    return found == type.end() ? std::string() : std::to_string(found->get<int64_t>());
  };
  const std::string from = number(least);
  const std::string to = number(most);
  if (!from.empty() && !to.empty()) return " from " + from + " to " + to;
  if (!to.empty()) return " up to " + to;
  return from.empty() ? "" : " from " + from;
}

std::string type_of(const Json& field) {
  const Json& type = own_type(field);
  if (const auto choices = type.find("enum"); choices != type.end()) {
    std::vector<std::string> words;
    for (const auto& each : *choices)
      words.push_back(each.is_string() ? each.get<std::string>() : each.dump());
    const std::vector<std::string_view> views(words.begin(), words.end());
    return enumerate(views, "or");
  }
  if (const auto fixed = type.find("const"); fixed != type.end()) return fixed->get<std::string>();
  const auto name = type.value("type", Json());
  const std::string first = name.is_array()    ? name.front().get<std::string>()
                            : name.is_string() ? name.get<std::string>()
                                               : std::string();
  if (first == "array") return "list";
  if (first == "object") return "mapping";
  if (first == "integer") return "number" + counted(type, "minimum", "maximum");
  if (first == "boolean") return "boolean";
  const auto longest = type.find("maxLength");
  return longest == type.end() ? "text" : "text of at most " + longest->dump() + " characters";
}

/// YAML in flow style is JSON without most of its quotes.
std::string flow(const Json& value) {
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    constexpr std::string_view special = ":#{}[],&*!|>'\"%@`";
    const bool plain = !text.empty() && text.find_first_of(special) == std::string::npos;
    return plain ? text : "\"" + text + "\"";
  }
  if (!value.is_structured()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& [key, each] : value.items())
    parts.push_back(value.is_object() ? key + ": " + flow(each) : flow(each));
  return (value.is_object() ? "{" : "[") + join(parts, ", ") + (value.is_object() ? "}" : "]");
}

std::string change_of(model::Mutability mutability) {
  switch (mutability) {
    case model::Mutability::in_place:
      return "in place";
    case model::Mutability::by_move:
      return "moves or renames the object";
    case model::Mutability::at_creation:
      return "replaces the object, if --allow-replace names it";
    case model::Mutability::rule:
      break;
  }
  return "";
}

using Inside = std::vector<std::pair<std::string, const Json*>>;

void add_fields(const Json& schema, Inside& inside) {
  if (const auto properties = schema.find("properties"); properties != schema.end())
    for (const auto& [key, each] : properties->items())
      if (std::none_of(inside.begin(), inside.end(), [&](const auto& other) { return other.first == key; }))
        inside.emplace_back(key, &each);
  for (const char* choice : {"anyOf", "oneOf", "allOf"})
    if (const auto variants = schema.find(choice); variants != schema.end())
      for (const auto& variant : *variants)
        add_fields(variant.contains("then") ? variant["then"] : variant, inside);
  if (const auto items = schema.find("items"); items != schema.end()) add_fields(*items, inside);
}

/// The fields inside of a mapping, or of the mappings in a list, by their names: those too that only one type
/// of it has.
Inside fields_inside(const Json& field) {
  Inside inside;
  add_fields(field, inside);
  return inside;
}

Explanation described(const std::string& path, const Json& field) {
  Explanation about;
  about.path = path;
  about.type = type_of(field);
  about.description = field.value("description", std::string());
  if (const auto value = field.find("default"); value != field.end()) about.default_value = flow(*value);
  if (const auto examples = field.find("examples"); examples != field.end() && !examples->empty())
    about.example = flow(examples->front());
  return about;
}

/// What the rows know of a field that is one of the spec's own.
void add_facts(Explanation& about, std::string_view kind, std::string_view key) {
  const auto* facts = kind == model::name(model::Kind::gmsa) ? model::facts_of(model::Kind::gmsa, key)
                      : kind == model::name(model::Kind::host_group)
                          ? model::facts_of(model::Kind::host_group, key)
                          : nullptr;
  if (facts == nullptr) return;
  about.type = facts->type;
  about.description = facts->sentence;
  about.attribute = facts->mutability == model::Mutability::by_move ? "" : std::string(facts->attribute);
  about.default_value = facts->default_value;
  about.change = change_of(facts->mutability);
  if (facts->mutability != model::Mutability::rule && facts->default_value.empty())
    about.default_value = "not managed";
  about.example = facts->example;
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    segments.emplace_back(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return segments;
}

}  // namespace

Result<Explanation> explain(std::string_view kind, std::string_view schema, std::string_view path) {
  const Json root = Json::parse(schema);
  auto segments = segments_of(path);
  // Nobody writes `spec` where he means a field of it.
  if (!segments.empty() &&
      std::find(document_keys.begin(), document_keys.end(), segments.front()) == document_keys.end())
    segments.insert(segments.begin(), "spec");
  const bool in_spec = segments.empty() || segments.front() == "spec";
  const Json* field = &root;
  if (segments.empty()) field = &root["properties"]["spec"];
  std::string at(kind);
  for (const auto& segment : segments) {
    const auto inside = fields_inside(*field);
    const auto found =
        std::find_if(inside.begin(), inside.end(), [&](const auto& each) { return each.first == segment; });
    if (found == inside.end()) {
      std::vector<std::string_view> names;
      for (const auto& each : inside) names.push_back(each.first);
      const auto near = did_you_mean(segment, names);
      return fail(ErrorKind::not_found, at + " has no field " + in_quotes(segment) + ".",
                  !near.empty()   ? near
                  : names.empty() ? "It has no fields."
                                  : "It has " + enumerate(names, "and") + ".");
    }
    field = found->second;
    if (&segment != &segments.front() || segment != "spec") at += "." + segment;
  }
  Explanation about = described(at, *field);
  if (segments.size() == 2 && in_spec) add_facts(about, kind, segments.back());
  if (segments.empty() || (segments.size() == 1 && in_spec)) {
    about.type.clear();
    about.description = root.value("description", std::string());
  }
  for (const auto& [key, each] : fields_inside(*field)) {
    Explanation inside = described(at + "." + key, *each);
    if (in_spec && segments.size() <= 1) add_facts(inside, kind, key);
    about.fields.push_back(std::move(inside));
  }
  return about;
}

std::string text(const Explanation& about) {
  std::string all = about.path + (about.type.empty() ? "" : "  (" + about.type + ")") + "\n";
  if (!about.description.empty()) all += "\n" + about.description + "\n";
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) all += std::string(name) + std::string(16 - name.size(), ' ') + value + "\n";
  };
  if (!about.attribute.empty() || !about.default_value.empty() || !about.change.empty() ||
      !about.example.empty())
    all += "\n";
  line("LDAP attribute", about.attribute);
  line("Default", about.default_value);
  line("A change", about.change);
  line("Example",
       about.example.empty() ? "" : about.path.substr(about.path.rfind('.') + 1) + ": " + about.example);
  if (about.fields.empty()) return all;
  all += "\nFields:\n";
  for (const auto& each : about.fields)
    all += "  " + each.path.substr(each.path.rfind('.') + 1) + "  (" + each.type + ")\n      " +
           each.description + "\n";
  return all;
}

}  // namespace gmsactl::manifest
