// Builds the FieldChanges of one change and, beside them, what the object's ownership marker is to say: each
// managed field goes through here, whether it differs or not. Internal to engine/plan.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/fields.h"
#include "engine/model/marker.h"
#include "engine/model/plan.h"

namespace gmsactl::plan {

/// Everything that was compared of one object, and what its marker says was applied last. What is hashed of
/// it is hashed at the end, and only where something is to be written: most objects of an estate are as they
/// shall be.
struct Ledger {
  struct Identities {
    std::vector<std::string> before;
    std::vector<std::string> after;
  };
  struct Record {
    std::string_view path;
    model::FieldValue before;
    model::FieldValue after;
    bool fold_text = false;
    /// Of a list: only the declared values were compared, and others may stand beside them.
    bool additive = false;
    /// Where a value is shown by something else than what it is: by names in place of SIDs.
    std::function<Identities()> identities = {};
  };

  /// What was live after the last apply, as far as its hash says. Only a list that was applied as a whole
  /// says that nothing else was there.
  enum class Basis : unsigned char {
    whole,
    adopted,   ///< as a whole, but as it was found: nobody has declared it
    additive,  ///< the declared values alone
    part,      ///< a change of the whole was begun, so what is live may be of either side of it
  };
  struct Last {
    std::string_view hash;
    Basis basis = Basis::whole;
  };

  /// By the field's path, with a suffix where the basis is another than `whole`.
  std::map<std::string, std::string, std::less<>> applied;
  std::vector<Record> records;
  /// Lists that lose values of which the last apply does not prove that somebody declared them, or that they
  /// came later.
  std::vector<std::string_view> undeclared_losses;
  /// Whether drift of a field is to be left as it is; what was left is collected.
  std::function<bool(std::string_view)> accepts;
  std::vector<model::FieldChange> accepted;

  bool left_alone(std::string_view path) const;
  bool has(std::string_view path) const;
  /// Null where the field is not managed.
  const Record* record_of(std::string_view path) const;
  std::optional<Last> last(std::string_view path) const;
  /// The field's path, of a key of `applied`.
  static std::string_view path_of(std::string_view key);
  /// For the marker: the hash of each wanted value.
  std::map<std::string, std::string, std::less<>> applied_afterwards() const;
  /// The same of each live value, for what is taken over as it is.
  std::map<std::string, std::string, std::less<>> live_values() const;
  std::vector<model::Guard> guards() const;
};

/// Why live and desired differ, given what was applied last. Empty where they don't. Each may be absent: a
/// live value that is not set, a field that was never applied.
///
/// | desired | live | applied | cause |
/// |---|---|---|---|
/// | x | x | any | none |
/// | x | y | x | drift: somebody changed what is live |
/// | x | y | y | pending: the manifest changed |
/// | x | y | absent | pending |
/// | x | y | z | both |
/// | absent | any | any | none: not managed |
std::string_view cause_of(const std::optional<std::string>& desired, const std::optional<std::string>& live,
                          const std::optional<std::string>& applied);

/// Sixteen hexadecimal digits of a value, equal for what compares equal.
std::string guard_hash(const model::FieldValue& value, bool fold_text);
/// Its first eight, equal for what compares equal: lists as sets, names in any case.
std::string value_hash(const model::FieldValue& value, bool fold_text);

class Fields {
 public:
  /// Nothing is remembered, and no cause is known.
  explicit Fields(std::vector<model::FieldChange>& changes) : changes_(changes) {}
  Fields(std::vector<model::FieldChange>& changes, Ledger& ledger) : changes_(changes), ledger_(&ledger) {}

  // Each says whether there is a difference.
  bool value(std::string_view path, model::FieldValue before, model::FieldValue after);
  /// Texts that are equal in any case, as names in AD are.
  bool name(std::string_view path, const std::optional<std::string>& live, const std::string& wanted);
  /// A set of texts; only what differs case-insensitively is added or removed.
  bool set(std::string_view path, std::vector<std::string> before, std::vector<std::string> after);
  /// An optional text where the manifest's empty text means cleared and nothing means not managed.
  bool text(std::string_view path, const std::optional<std::string>& live,
            const std::optional<std::string>& wanted);
  bool text(std::string_view path, model::FieldValue live, const std::optional<std::string>& wanted);
  /// One that was made elsewhere. `before` and `after` are what it is judged by.
  bool add(model::FieldChange change, const model::FieldValue& before, const model::FieldValue& after);
  /// The same of a list that may hold other values than the declared ones: `before` are those of the declared
  /// ones that are live.
  bool add_additive(model::FieldChange change, const model::FieldValue& before,
                    const model::FieldValue& after);
  /// The same where there is no difference.
  void note(std::string_view path, const model::FieldValue& value, bool additive = false);
  /// Those of `doubtful`, undeclared values of a live list, that were not in it after the last apply:
  /// somebody has added them since. None where what is remembered of that apply does not prove it.
  std::vector<std::string> came_later(std::string_view path, const std::vector<std::string>& declared,
                                      const std::vector<std::string>& doubtful) const;
  /// What a field's values are apart from how they are shown: its guard goes by these.
  /// Called at the end, if at all; what it refers to must be there still.
  void identify(std::string_view path, const std::function<Ledger::Identities()>& identities);

 private:
  void record(std::string_view path, const model::FieldValue& before, const model::FieldValue& after,
              bool fold_text, bool additive = false);
  /// Works the cause out. False where it is drift that somebody has accepted.
  bool take(model::FieldChange change);

  std::vector<model::FieldChange>& changes_;
  Ledger* ledger_ = nullptr;
};

model::FieldValue text_value(const std::optional<std::string>& text);
/// Where the directory holds several values for what is one text in a manifest: all of them, as a list.
model::FieldValue text_value(const std::optional<std::string>& first, const std::vector<std::string>& more);
/// What the object has of a field that is one text in a manifest.
template <class Spec, class Live>
model::FieldValue live_text(const model::TextField<Spec, Live>& text, const Live& live) {
  return text.more == nullptr ? text_value(live.*text.live) : text_value(live.*text.live, live.*text.more);
}
/// The path of what an account's SPNs are in a plan.
inline constexpr std::string_view spn_field =
    model::field_of_hook(model::gmsa_fields, model::GmsaHook::service_principal_names).key;
/// Null where the change does not concern it.
const model::FieldChange* field_of(const model::Change& change, std::string_view path);

bool contains_folded(const std::vector<std::string>& list, std::string_view text);
/// Elements of `a` that `b` lacks, compared case-insensitively; sorted.
std::vector<std::string> minus_folded(const std::vector<std::string>& a, const std::vector<std::string>& b);
/// The same in the order of `from`.
std::vector<std::string> without_folded(const std::vector<std::string>& from,
                                        const std::vector<std::string>& others);
/// The cause of a whole change: that of its fields where they agree, else both.
std::string_view common_cause(const std::vector<model::FieldChange>& fields);

}  // namespace gmsactl::plan
