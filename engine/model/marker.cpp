#include "engine/model/marker.h"

#include <charconv>
#include <functional>

#include "engine/base/text.h"

namespace gmsactl::model {

namespace {

constexpr std::string_view family = "gmsactl/";
constexpr std::string_view version = "gmsactl/1";
constexpr size_t hash_length = 8;

bool is_hash(std::string_view text) {
  return text.size() == hash_length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<ResourceId> decode_id(std::string_view text) {
  const auto address = percent_decode(text);
  if (!address) return std::nullopt;
  for (const Kind kind : {Kind::host_group, Kind::gmsa}) {
    const std::string start = std::string(name(kind)) + "/";
    if (address->starts_with(start) && address->size() > start.size())
      return ResourceId{kind, address->substr(start.size())};
  }
  return std::nullopt;
}

bool read_fields(std::string_view text, Marker& marker) {
  if (text.empty()) return true;
  for (const auto entry : split(text, ',')) {
    const size_t colon = entry.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_hash(entry.substr(colon + 1))) return false;
    const auto field = percent_decode(entry.substr(0, colon));
    if (!field || !marker.applied.emplace(*field, entry.substr(colon + 1)).second) return false;
  }
  return true;
}

std::string head(std::string_view owner, std::string_view environment) {
  return std::string(version) + " o=" + percent_encode(owner) + " e=" + percent_encode(environment) + " ";
}

}  // namespace

bool Marker::looks_like_one(std::string_view text) { return text.starts_with(family); }

Result<Marker> Marker::parse(std::string_view text) {
  const auto malformed = [](std::string_view why) {
    return fail(ErrorKind::invalid, "the ownership marker " + std::string(why));
  };
  if (!looks_like_one(text)) return malformed("is some other text");
  if (text.size() > longest) return malformed("is too long");
  const auto words = split(text, ' ');
  if (words.front() != version) return malformed("is of a version that this gmsactl does not know");
  Marker marker;
  std::map<std::string_view, std::string_view> values;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].size() < 2 || words[i][1] != '=') return malformed("has a part that is no KEY=VALUE");
    if (!values.emplace(words[i].substr(0, 1), words[i].substr(2)).second)
      return malformed("has a key twice");
  }
  for (const std::string_view key : {"o", "e", "n", "g", "p", "f"})
    if (!values.contains(key)) return malformed("lacks " + std::string(key) + "=");
  auto owner = percent_decode(values["o"]);
  auto environment = percent_decode(values["e"]);
  auto id = decode_id(values["n"]);
  if (!owner || owner->empty() || !environment || environment->empty() || !id)
    return malformed("names nobody");
  marker.owner = std::move(*owner);
  marker.environment = std::move(*environment);
  marker.id = std::move(*id);
  const std::string_view generation = values["g"];
  const auto [end, error] =
      std::from_chars(generation.data(), generation.data() + generation.size(), marker.generation);
  if (error != std::errc{} || end != generation.data() + generation.size() || marker.generation == 0)
    return malformed("has no generation");
  const std::string_view protect = values["p"];
  if (protect != "0" && protect != "1") return malformed("does not say whether it is protected");
  marker.protect = protect == "1";
  marker.deleting = values.contains("d") && values["d"] == "1";
  if (!read_fields(values["f"], marker)) return malformed("has a field without its hash");
  return marker;
}

std::string Marker::prefix(std::string_view owner, std::string_view environment) {
  std::string text = head(owner, environment);
  // A server compares without case, but not what is encoded: "%C3%A4" and "%C3%84" are two to it.
  for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1))
    if (text[at + 1] >= '8') return text.substr(0, at);
  return text;
}

std::string Marker::text() const {
  std::string text = head(owner, environment) + "n=" + percent_encode(address(id)) +
                     " g=" + std::to_string(generation) + " p=" + (protect ? "1" : "0");
  if (deleting) text += " d=1";
  text += " f=";
  bool first = true;
  for (const auto& [field, hash] : applied) {
    if (!first) text += ",";
    first = false;
    text += percent_encode(field) + ":" + hash;
  }
  return text;
}

OwnershipReading read_ownership(const std::optional<std::string>& text, std::string_view owner,
                                std::string_view environment) {
  if (!text || text->empty()) return {};
  auto marker = Marker::parse(*text);
  if (!marker) return {Ownership::unintelligible, std::nullopt};
  // Names are the same in upper and lower case, here as in a manifest.
  const Ownership ownership = !equal_folded(marker->owner, owner)               ? Ownership::other_owner
                              : !equal_folded(marker->environment, environment) ? Ownership::other_environment
                                                                                : Ownership::ours;
  return {ownership, std::move(*marker)};
}

}  // namespace gmsactl::model
