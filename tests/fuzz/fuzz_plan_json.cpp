// A plan document from anywhere: what is accepted must render to a document that is accepted again and
// renders the same, and its text must not be able to command a terminal.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/report/json_values.h"
#include "engine/report/plan_json.h"
#include "engine/report/plan_text.h"

namespace {

using namespace gmsactl::report;

void check(std::string_view text) {
  const auto documents = parse_plans_json(text);
  if (!documents) return;
  for (const auto& document : *documents) {
    const auto rendered = plan_json(document);
    const auto again = parse_plan_json(rendered);
    if (!again || plan_json(*again) != rendered) std::abort();
    const auto shown = plan_text(document.plan, document.summary, {Color::off, /*explain=*/true});
    for (const char c : shown)
      if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  // No mutation hits upon a digest that fits, so what lies behind that check is reached by mending it.
  auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("digest")) return 0;
  json["digest"] = document_digest(json);
  check(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  return 0;
}
