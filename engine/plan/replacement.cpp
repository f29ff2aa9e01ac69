#include "engine/plan/replacement.h"

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/fields.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

bool is_replaced(const Context& context, const model::ResourceId& id, const model::Gmsa& spec,
                 const model::LiveGmsa& live) {
  return model::has_other_interval(live, spec) && context.options.allow_replace.contains(model::address(id));
}

namespace {

/// Each takes what the account has and nobody manages over into what is wanted of the new one.
class Carrying {
 public:
  Carrying(model::GmsaChange& detail, model::Change& change) : detail_(detail), change_(change) {}

  void carry(const model::GmsaField& row, const model::FlagField& flag) {
    if (flag.wanted(wanted_) || (live_.user_account_control & flag.bit) == 0) return;
    detail_.user_account_control |= flag.bit;
    carried_.emplace_back(row.key);
  }
  void carry(const model::GmsaField& row, const model::ListField& list) {
    const auto& values = live_.*list.live;
    if (wanted_.*list.declared || values.empty()) return;
    wanted_.*list.declared = values;
    carried_.push_back(std::string(row.key) + " " + join(values, ", "));
  }
  void carry(const model::GmsaField& row, const model::GmsaText& text) {
    if (wanted_.*text.declared || !(live_.*text.live)) return;
    wanted_.*text.declared = live_.*text.live;
    carried_.emplace_back(row.key);
    // A new account has room for one.
    if (text.more != nullptr && !(live_.*text.more).empty())
      change_.reasons.push_back("of several values of " + std::string(row.key) +
                                " the first is kept; lost: " + join(live_.*text.more, ", "));
  }
  void carry(const model::GmsaField& row, model::GmsaHook hook) {
    // The others are always declared.
    if (hook != model::GmsaHook::service_principal_names ||
        wanted_.service_principal_names_mode == model::SpnMode::exact)
      return;
    auto& spns = detail_.service_principal_names;
    const auto others = minus_folded(live_.service_principal_names, spns);
    spns.insert(spns.end(), others.begin(), others.end());
    if (!others.empty()) carried_.push_back(std::string(row.key) + " " + join(others, ", "));
  }

  void finish() {
    if (!carried_.empty()) change_.reasons.push_back("kept by the new account: " + join(carried_, "; "));
  }

 private:
  model::GmsaChange& detail_;
  model::Change& change_;
  const model::LiveGmsa& live_ = *detail_.live;
  model::Gmsa& wanted_ = detail_.desired;
  std::vector<std::string> carried_;
};

}  // namespace

void carry_over(model::GmsaChange& detail, model::Change& change) {
  Carrying carrying(detail, change);
  for (const auto& row : model::gmsa_fields)
    std::visit([&](const auto& access) { carrying.carry(row, access); }, row.access);
  carrying.finish();
}

}  // namespace gmsactl::plan
