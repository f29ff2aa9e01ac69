// Colours of terminal text. A colour only repeats what a symbol or a word says already, so that text without
// colours loses nothing. Whether to use them (terminal, NO_COLOR, --color) is decided by engine/cli.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/plan.h"

namespace gmsactl::report {

enum class Color { off, on };

enum class Tone { plain, strong, faint, red, green, yellow, blue, cyan };

/// `text` in the tone, or as it is with Color::off. The caller has made it printable().
std::string paint(Color color, Tone tone, std::string_view text);

Tone tone(model::Action action);
Tone tone(Severity severity);

}  // namespace gmsactl::report
