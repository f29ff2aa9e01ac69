#include "engine/report/style.h"

namespace gmsactl::report {

namespace {

std::string_view escape(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::strong:
      return "\x1b[1m";
    case Tone::faint:
      return "\x1b[2m";
    case Tone::red:
      return "\x1b[31m";
    case Tone::green:
      return "\x1b[32m";
    case Tone::yellow:
      return "\x1b[33m";
    case Tone::blue:
      return "\x1b[34m";
    case Tone::cyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

std::string paint(Color color, Tone tone, std::string_view text) {
  if (color == Color::off || tone == Tone::plain || text.empty()) return std::string(text);
  return std::string(escape(tone)) + std::string(text) + "\x1b[0m";
}

Tone tone(model::Action action) {
  switch (action) {
    case model::Action::create:
      return Tone::green;
    case model::Action::update:
      return Tone::yellow;
    case model::Action::replace:
    case model::Action::remove:
      return Tone::red;
    case model::Action::move:
      return Tone::cyan;
    case model::Action::adopt:
      return Tone::blue;
  }
  return Tone::plain;
}

Tone tone(Severity severity) {
  switch (severity) {
    case Severity::note:
      return Tone::blue;
    case Severity::warning:
      return Tone::yellow;
    case Severity::error:
      return Tone::red;
  }
  return Tone::plain;
}

}  // namespace gmsactl::report
