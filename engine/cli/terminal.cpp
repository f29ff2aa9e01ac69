#include "engine/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "engine/base/text.h"

namespace gmsactl::cli {

using report::Color;
using report::Tone;

namespace {
bool set_and_not_empty(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}
}  // namespace

Color color_for(const Options& options, int file_descriptor) {
  if (options.color == ColorChoice::always) return Color::on;
  if (options.color == ColorChoice::never || set_and_not_empty("NO_COLOR")) return Color::off;
  const char* force = std::getenv("CLICOLOR_FORCE");
  if (force != nullptr && *force != '\0' && std::string_view(force) != "0") return Color::on;
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return isatty(file_descriptor) == 1 && !dumb ? Color::on : Color::off;
}

report::ProgressOptions progress_options(const Options& options) {
  report::ProgressOptions progress;
  progress.terminal = isatty(STDERR_FILENO) == 1 && !options.quiet;
  progress.quiet = options.quiet;
  progress.color = color_for(options, STDERR_FILENO);
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) progress.width = size.ws_col;
  return progress;
}

bool can_ask() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

void print_diagnostics(const Options& options, const Diagnostics& diagnostics,
                       const report::SourceLines& source) {
  report::DiagnosticTextOptions style;
  style.color = color_for(options, STDERR_FILENO);
  for (const auto& diagnostic : diagnostics)
    if (!options.quiet || diagnostic.severity == Severity::error)
      std::cerr << report::diagnostic_text(diagnostic, source, style) << '\n';
}

void print_error(const Options& options, const std::string& what, const Error& error) {
  const Color color = color_for(options, STDERR_FILENO);
  std::cerr << paint(color, Tone::red, "error") << ": " << printable(without_credentials(what)) << ": "
            << printable(without_credentials(error.message)) << '\n';
  if (!error.hint.empty()) std::cerr << "  help: " << printable(without_credentials(error.hint)) << '\n';
}

void print_usage_error(const Options& options, const std::string& message, const std::string& hint) {
  const Color color = color_for(options, STDERR_FILENO);
  std::cerr << paint(color, Tone::red, "error") << ": " << printable(without_credentials(message)) << '\n';
  if (!hint.empty()) std::cerr << "  help: " << printable(hint) << '\n';
}

namespace {

std::string utc(std::time_t time, const char* form) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), form, &parts);
  return text.data();
}

}  // namespace

std::string utc_now() { return utc(std::time(nullptr), "%Y-%m-%dT%H:%M:%SZ"); }

std::string utc_now_exactly() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::string fraction = std::to_string(1000 + milliseconds % 1000);
  return utc(static_cast<std::time_t>(milliseconds / 1000), "%Y-%m-%dT%H:%M:%S.") + fraction.substr(1) + "Z";
}

}  // namespace gmsactl::cli
