#include "engine/report/json_values.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/report/plan_json.h"

namespace gmsactl::report {

Json tool_json(const std::string& version) { return {{"name", tool_name}, {"version", version}}; }

Json value_json(const model::FieldValue& value) {
  struct Encode {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool b) const { return b; }
    Json operator()(int64_t number) const { return number; }
    Json operator()(const std::string& text) const { return text; }
    Json operator()(const std::vector<std::string>& list) const { return Json(list); }
  };
  return std::visit(Encode{}, value);
}

Json fields_json(const std::vector<model::FieldChange>& fields) {
  const auto is_list = [](const model::FieldValue& value) {
    return std::holds_alternative<std::vector<std::string>>(value);
  };
  Json list = Json::array();
  for (const auto& field : fields) {
    Json entry;
    entry["path"] = field.path;
    entry["before"] = value_json(field.before);
    entry["after"] = value_json(field.after);
    if (is_list(field.before) || is_list(field.after)) {
      entry["added"] = field.added;
      entry["removed"] = field.removed;
    }
    entry["cause"] = text_or_null(field.cause);
    list.push_back(std::move(entry));
  }
  return list;
}

Json error_json(const Error& error) {
  Json entry;
  entry["kind"] = name(error.kind);
  entry["message"] = error.message;
  entry["hint"] = error.hint;
  entry["native"] = nullptr;
  if (error.native) {
    Json native;
    native["code"] = error.native->code;
    native["name"] = error.native->name;
    native["extended"] = error.native->extended ? Json(*error.native->extended) : Json(nullptr);
    entry["native"] = std::move(native);
  }
  return entry;
}

Json place_json(const SourceRange& where) {
  if (where.file.empty()) return nullptr;
  return {{"file", where.file}, {"line", where.line}, {"column", where.column}};
}

Json source_json(const SourceCommit& source) {
  Json entry{{"commit", source.commit}, {"dirty", source.dirty}};
  if (!source.author.empty()) entry["author"] = source.author;
  return entry;
}

Json diagnostics_json(const Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const auto& diagnostic : diagnostics) {
    const bool placed = diagnostic.where && !diagnostic.where->file.empty();
    Json entry;
    entry["severity"] = name(diagnostic.severity);
    entry["code"] = diagnostic.code;
    entry["summary"] = diagnostic.summary;
    entry["detail"] = diagnostic.detail;
    entry["hint"] = diagnostic.hint;
    entry["file"] = placed ? Json(diagnostic.where->file) : Json(nullptr);
    entry["line"] = placed ? Json(diagnostic.where->line) : Json(nullptr);
    entry["column"] = placed ? Json(diagnostic.where->column) : Json(nullptr);
    entry["address"] = text_or_null(diagnostic.address);
    list.push_back(std::move(entry));
  }
  return list;
}

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

namespace {

/// Of the code points that a terminal might obey or hide; the input is valid UTF-8, so three bytes tell.
bool unsafe(uint32_t code) {
  return code == 0x7F || (code >= 0x80 && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) || code == 0xFEFF;
}

}  // namespace

namespace {

std::string escaped(const std::string& plain) {
  std::string text;
  text.reserve(plain.size() + 1);
  for (size_t i = 0; i < plain.size();) {
    const auto byte = [&](size_t k) {
      return static_cast<unsigned>(static_cast<unsigned char>(plain[i + k]));
    };
    const size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    uint32_t code = byte(0);
    if (length == 2) code = (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    if (length == 3) code = (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    if (length < 4 && unsafe(code)) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", code);
      text += escape.data();
    } else {
      text.append(plain, i, length);
    }
    i += length;
  }
  text += '\n';
  return text;
}

}  // namespace

std::string document_text(const Json& document) {
  return escaped(document.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string line_text(const Json& document) {
  return escaped(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string canonical_text(const Json& document) {
  return nlohmann::json(document).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace gmsactl::report
