// The ownership marker: one line of text in an attribute of each managed object, which says whose it is,
// under which declaration, whether it is protected, and what was last applied to it. There is no state file;
// this is all that is remembered, and it can't get lost apart from the object.
//
//   gmsactl/1 o=platform e=prod n=GMSA/WebApp01 g=7 p=0 f=enabled:b5bea41b,path:1c8f0d11
//
// It is a note among those who may write the object, not a protection against them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/resource.h"

namespace gmsactl::model {

struct Marker {
  /// rangeUpper of adminDescription and its like ([MS-ADA1] 2.6).
  static constexpr size_t longest = 1024;

  std::string owner;        ///< Environment.spec.owner
  std::string environment;  ///< its metadata.name
  ResourceId id;            ///< of the declaration
  uint32_t generation = 1;  ///< goes up with each write of gmsactl
  bool protect = false;     ///< not to be deleted, whatever the manifests say by then
  /// Set before the object is deleted, by compare and swap: whoever changes the marker meanwhile stops that.
  bool deleting = false;
  /// Behind the name of a list in `applied`: a change of it was begun, and not all of it is written. The hash
  /// is of what it is to become.
  static constexpr std::string_view in_part = ".part";

  /// Hash of each managed field's last applied value, by the field's name in the manifest. Lists may have a
  /// suffix that says how they were compared.
  std::map<std::string, std::string, std::less<>> applied;

  /// `invalid` for whatever the writer would not have written, unknown keys aside, which are left out.
  [[nodiscard]] static Result<Marker> parse(std::string_view text);
  /// Whether it means to be a marker, of whatever version and however damaged.
  static bool looks_like_one(std::string_view text);
  /// May be longer than `longest`: then it can't be written.
  std::string text() const;
  /// What the markers of one environment begin with, for a filter that finds them.
  static std::string prefix(std::string_view owner, std::string_view environment);

  bool operator==(const Marker&) const = default;
};

/// What the marker attribute says of an object.
enum class Ownership {
  none,               ///< nothing is there
  ours,               ///< this owner and this environment
  other_environment,  ///< this owner, another environment
  other_owner,
  unintelligible,  ///< somebody's text, or a marker that does not decode
};
struct OwnershipReading {
  Ownership ownership = Ownership::none;
  std::optional<Marker> marker;  ///< where it decodes
};
OwnershipReading read_ownership(const std::optional<std::string>& text, std::string_view owner,
                                std::string_view environment);

}  // namespace gmsactl::model
