#include "providers/transport/kubernetes/api.h"

#include <nlohmann/json.hpp>

#include "engine/base/text.h"

namespace gmsactl::kubernetes {

using Json = nlohmann::ordered_json;

namespace {

constexpr int page_size = 500;

std::string text_at(const Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return json.is_object() && found != json.end() && found->is_string() ? found->get<std::string>()
                                                                       : std::string();
}

/// "kubectl-client-side-apply owns .credspec.DomainJoinConfig.Sid", of each field in conflict.
std::string owners_in(const Json& status) {
  std::string text;
  const auto details = status.is_object() ? status.find("details") : status.end();
  if (!status.is_object() || details == status.end() || !details->is_object()) return text;
  const auto causes = details->find("causes");
  if (causes == details->end() || !causes->is_array()) return text;
  for (const auto& cause : *causes) {
    if (text_at(cause, "reason") != "FieldManagerConflict") continue;
    text += (text.empty() ? "" : "; ") + text_at(cause, "field") + ": " + text_at(cause, "message");
  }
  return printable(text);
}

}  // namespace

Error status_error(int http_status, const std::string& body, const std::string& place) {
  const Json status = Json::parse(body, nullptr, false);
  std::string words = printable(text_at(status, "message"));
  if (words.empty()) words = "HTTP status " + std::to_string(http_status);
  Error error{
      ErrorKind::internal, place + ": " + words, {}, NativeCode{http_status, text_at(status, "reason"), {}}};
  switch (http_status) {
    case 400:
    case 422:
      error.kind = ErrorKind::constraint;
      break;
    case 401:
      error.kind = ErrorKind::unauthenticated;
      error.hint = "The token or certificate of the kubeconfig's user is not taken; it may have expired";
      break;
    case 403:
      error.kind = ErrorKind::denied;
      error.hint =
          "Bind the user to a role that allows this: docs/targets/kubernetes.md lists what is needed";
      break;
    case 404:
      error.kind = ErrorKind::not_found;
      break;
    case 409:
      error.kind = ErrorKind::conflict;
      if (const std::string owners = owners_in(status); !owners.empty()) {
        error.message = place + ": another field manager owns what is to be changed: " + owners;
        error.hint =
            "Remove the fields there, or let that manager go, and apply again; nothing is taken over by "
            "force";
      }
      break;
    case 429:
    case 503:
    case 504:
      error.kind = ErrorKind::unavailable;
      break;
    default:
      break;
  }
  return error;
}

Result<std::string> Api::call(const std::string& method, const std::string& path, const std::string& type,
                              const std::string& body) {
  auto response = GMSACTL_TRY(connection_.client->send({method, path, type, body, {}}));
  if (response.status >= 300) {
    Error error = status_error(response.status, response.body, place());
    const std::string day = error.kind == ErrorKind::unauthenticated
                                ? http::expired_on(connection_.client->endpoint().cert_file)
                                : "";
    if (!day.empty()) error.message += ": the client certificate of the kubeconfig's user expired on " + day;
    return fail(std::move(error));
  }
  return std::move(response.body);
}

Result<std::string> Api::get(const std::string& path) { return call("GET", path, {}, {}); }

Result<std::vector<std::string>> Api::list(const std::string& path, const std::string& selector) {
  std::vector<std::string> items;
  std::string next;
  do {
    std::string query = path + "?limit=" + std::to_string(page_size);
    if (!selector.empty()) query += "&labelSelector=" + http::encode(selector);
    if (!next.empty()) query += "&continue=" + http::encode(next);
    const Json page = Json::parse(GMSACTL_TRY(get(query)), nullptr, false);
    const auto found = page.is_object() ? page.find("items") : page.end();
    if (!page.is_object() || found == page.end() || !found->is_array())
      return fail(ErrorKind::corrupt, place() + path + " is no list");
    for (const auto& item : *found)
      items.push_back(item.dump(-1, ' ', false, Json::error_handler_t::replace));
    const auto metadata = page.find("metadata");
    next = metadata == page.end() ? std::string() : text_at(*metadata, "continue");
  } while (!next.empty());
  return items;
}

Result<void> Api::apply(const std::string& path, const std::string& body) {
  GMSACTL_TRY(
      call("PATCH", path + "?fieldManager=gmsactl&force=false", "application/apply-patch+yaml", body));
  return {};
}

Result<void> Api::remove(const std::string& path) {
  GMSACTL_TRY(call("DELETE", path, {}, {}));
  return {};
}

}  // namespace gmsactl::kubernetes
