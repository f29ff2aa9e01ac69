// A directory held in memory: the objects of one LDIF file, what was made up to complete them, and the
// indexes that make look-ups fast. Keeps indexes and references right under change, but judges nothing: the
// server's rules are ldif_rules.h's, search is ldif_search.h's. Not thread-safe; the transport holds a lock.
//
// Values are views: into the file's text where it needs no decoding, else into the arena.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/guid.h"
#include "engine/model/sid.h"
#include "providers/transport/ldap/ldif_arena.h"
#include "providers/transport/ldap/ldif_schema.h"

namespace gmsactl::ldap::ldif {

using ObjectId = uint32_t;

struct Value {
  std::string_view text;
  AttributeId id = 0;
  bool derived = false;  ///< not in the file: made up when it was loaded
};
using Values = std::vector<Value>;

struct Object {
  std::string_view dn;
  std::string_view key;             ///< model::dn_key(dn)
  const ClassType* type = nullptr;  ///< the most derived class; null where none is known
  Values values;                    ///< those of one attribute stand together
  std::string_view preface;         ///< comments before it in the file
  std::string_view source;          ///< its lines in the file; empty: it is not in it
  bool changed = false;             ///< to be written anew
  bool deleted = false;

  std::string_view parent_key() const;
};

/// Of one attribute, in their order.
std::span<const Value> values_of(const Values& values, AttributeId id);
std::optional<std::string_view> first_of(const Values& values, AttributeId id);
/// Puts `texts` in the place of the attribute's values; none removes it.
void set_values_of(Values& values, AttributeId id, std::span<const std::string_view> texts);

/// Where a key's parent starts in it: after the first ',' that is not escaped; the key's size where there is
/// none.
size_t parent_offset(std::string_view key);
/// Whether the key is that of `ancestor` or lies below it.
bool is_within(std::string_view key, std::string_view ancestor);

/// "<GUID=…>;<SID=…>;CN=…" ([MS-ADTS] 3.1.1.3.4.1.5) taken apart; a plain DN is `dn` alone.
struct ExtendedDn {
  std::string_view dn;
  std::optional<model::Guid> guid;
  std::optional<model::Sid> sid;
};
ExtendedDn split_extended_dn(std::string_view text);

class Directory {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Directory>> load(std::string text);

  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  /// By DN, <GUID=…>, <SID=…> or <WKGUID=…,DN>.
  std::optional<ObjectId> find(std::string_view dn);
  std::optional<ObjectId> find_key(std::string_view key) const;
  const Object& operator[](ObjectId id) const { return objects_[id]; }
  /// Ids go from 0 to here; objects that were deleted keep theirs.
  ObjectId size() const { return static_cast<ObjectId>(objects_.size()); }
  AttributeTable& attributes() { return attributes_; }
  Arena& arena() { return arena_; }
  /// The file's record with an empty DN, or nothing in it.
  const Object& root_dse() const { return root_dse_; }

  const std::string& domain_dn() const { return domain_dn_; }
  const std::string& configuration_dn() const { return configuration_dn_; }
  const model::Sid& domain_sid() const { return domain_sid_; }
  /// Keys of the naming contexts; a search in one does not go on into another ([MS-ADTS] 3.1.1.3.1.3.1).
  const std::vector<std::string>& naming_contexts() const { return naming_contexts_; }
  /// "CN=Computer,CN=Schema,CN=Configuration,…"
  std::string_view category_dn(const ClassType& type);

  /// A value as it compares: folded, a DN's key, or as it is.
  std::string normalised(AttributeId id, std::string_view value) const;
  bool equal(AttributeId id, std::string_view value, std::string_view normalised_value) const;
  /// Objects that have the value, in the order of the file. Builds an index when an attribute is first asked
  /// for.
  std::vector<ObjectId> with_value(AttributeId id, std::string_view normalised_value);
  /// Objects that have any value of the attribute.
  std::vector<ObjectId> having(AttributeId id);
  /// Objects that have a DN value with this key, in any attribute; an id may be there more than once.
  std::vector<ObjectId> referring_to(std::string_view key);

  ObjectId insert(Object object);
  void set_values(ObjectId id, Values values);
  /// Gives the object another DN; those below it and references to it are the caller's.
  void relocate(ObjectId id, const std::string& dn);
  void erase(ObjectId id);
  uint64_t next_usn();
  model::Sid next_sid();
  bool changed() const { return changed_; }
  void mark_saved() { changed_ = false; }

  /// The file as it is to be saved: records that did not change byte for byte as they were, those that did
  /// anew, new ones at the end.
  std::string text();

 private:
  Directory() = default;
  friend class Completion;

  struct Index {
    std::unordered_multimap<uint64_t, ObjectId> postings;
  };

  Result<void> read(std::string text);
  void order_values(Values& values);
  uint64_t hash(AttributeId id, std::string_view value) const;
  bool is_reference(AttributeId id) const;
  Index* built_index(AttributeId id);
  Index& index(AttributeId id);
  void post(ObjectId id, const Value& value);
  void withdraw(ObjectId id, const Value& value);
  std::optional<ObjectId> find_special(std::string_view dn);

  std::string file_;
  Arena arena_;
  AttributeTable attributes_;
  std::vector<Object> objects_;
  Object root_dse_;
  ObjectId root_dse_before_ = 0;  // the object it precedes in the file
  std::string_view trailer_;      // what follows the last record
  std::unordered_map<std::string_view, ObjectId> by_key_;
  std::map<AttributeId, Index> indexes_;
  std::optional<Index> references_;
  std::vector<uint32_t> seen_in_;  // per attribute, the record it was last met in
  uint32_t records_ = 0;

  std::string domain_dn_;
  std::string configuration_dn_;
  std::vector<std::string> naming_contexts_;
  model::Sid domain_sid_;
  std::map<std::string_view, std::string_view> categories_;
  uint64_t usn_ = 0;
  uint32_t next_rid_ = 0;
  bool changed_ = false;
};

}  // namespace gmsactl::ldap::ldif
