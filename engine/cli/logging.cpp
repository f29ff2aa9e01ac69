#include "engine/cli/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"

namespace gmsactl::cli {

namespace {

bool json_lines = false;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::trace:
      return spdlog::level::trace;
  }
  return spdlog::level::info;
}

}  // namespace

void start_logging(const std::string& level, const std::string& format) {
  json_lines = format == "json";
  auto logger =
      std::make_shared<spdlog::logger>("gmsactl", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  // In JSON lines the message is the rest of the object, from its first key on.
  if (json_lines)
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
  else
    logger->set_pattern("%H:%M:%S.%e %l %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view event,
         std::initializer_list<std::pair<std::string_view, std::string>> details) {
  if (!spdlog::should_log(spdlog_level(level))) return;
  std::string line;
  if (json_lines) {
    nlohmann::ordered_json object;
    object["event"] = event;
    for (const auto& [key, value] : details) object[std::string(key)] = without_credentials(value);
    line = object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    line = line.substr(1, line.size() - 2);
  } else {
    line = event;
    for (const auto& [key, value] : details)
      line += " " + std::string(key) + "=" + printable(without_credentials(value));
  }
  spdlog::log(spdlog_level(level), "{}", line);
}

}  // namespace gmsactl::cli
