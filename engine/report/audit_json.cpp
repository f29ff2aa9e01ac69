#include "engine/report/audit_json.h"

#include <nlohmann/json.hpp>

#include "engine/report/apply_json.h"
#include "engine/report/json_values.h"

namespace gmsactl::report {

namespace {

Json line_json(const AuditContext& context, const std::string& time, std::string_view type) {
  Json line;
  line["time"] = time;
  line["type"] = type;
  line["environment"] = context.environment;
  line["domain"] = context.domain;
  line["server"] = context.server;
  line["planDigest"] = context.plan_digest;
  line["commit"] = context.source ? Json(context.source->commit) : Json(nullptr);
  line["dirty"] = context.source ? Json(context.source->dirty) : Json(nullptr);
  line["who"] = context.who;
  line["host"] = context.host;
  line["url"] = text_or_null(context.url);
  return line;
}

Json usn_json(const std::optional<uint64_t>& usn) { return usn ? Json(*usn) : Json(nullptr); }

std::string finished(const Json& line) { return line_text(line); }

}  // namespace

std::string audit_line(const AuditContext& context, const std::string& time,
                       const ports::WriteRecord& write) {
  Json line = line_json(context, time, "request");
  line["operation"] = write.operation;
  line["dn"] = write.dn;
  line["attributes"] = write.attributes;
  const bool has_code = write.error && write.error->native;
  line["result"]["code"] = has_code ? Json(write.error->native->code) : write.error ? Json(nullptr) : Json(0);
  line["result"]["name"] = has_code      ? Json(write.error->native->name)
                           : write.error ? Json(name(write.error->kind))
                                         : Json("success");
  // Whether it was carried out: no answer says nothing about that.
  line["result"]["outcome"] = !write.error                    ? "carriedOut"
                              : outcome_unknown(*write.error) ? "unknown"
                                                              : "refused";
  line["result"]["message"] = write.error ? Json(write.error->message) : Json(nullptr);
  line["usnBefore"] = usn_json(write.usn_before);
  line["usnAfter"] = usn_json(write.usn_after);
  return finished(line);
}

std::string audit_line(const AuditContext& context, const std::string& time, const model::Change& change,
                       const model::ChangeResult& result) {
  Json line = line_json(context, time, "change");
  line["address"] = model::address(result.id);
  line["action"] = name(result.action);
  line["outcome"] = outcome_key(result.outcome);
  line["place"] = text_or_null(model::place_text(change));
  line["objectGuid"] = change.guid.empty() ? Json(nullptr) : Json(change.guid.text());
  line["fields"] = Json::array();
  for (const auto& field : change.fields) line["fields"].push_back(field.path);
  line["written"] = result.written;
  line["error"] = result.error ? error_json(*result.error) : Json(nullptr);
  return finished(line);
}

}  // namespace gmsactl::report
