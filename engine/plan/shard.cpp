#include "engine/plan/shard.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/text.h"

namespace gmsactl::plan {

using model::Desired;
using model::Kind;
using model::PrincipalRef;
using model::ResourceId;

namespace {

std::string target_address(const std::string& name) { return "SpecTarget/" + name; }

/// Finds which declarations belong together, and what their unit is called: the first of its addresses.
class Units {
 public:
  explicit Units(const Desired& desired) : desired_(desired) {
    for (const auto& group : desired.host_groups)
      add(model::address({Kind::host_group, group.name}), group.spec.sam_account_name);
    for (const auto& account : desired.accounts)
      add(model::address({Kind::gmsa, account.name}), account.spec.sam_account_name + "$");
    for (const auto& target : desired.spec_targets) add(target_address(target.name), {});
    parents_.resize(addresses_.size());
    std::iota(parents_.begin(), parents_.end(), size_t{0});
    join_references();
    join_folders();
  }

  /// By address, the first address of its unit.
  std::map<std::string, std::string> names() {
    std::vector<size_t> first(addresses_.size());
    std::iota(first.begin(), first.end(), size_t{0});
    for (size_t i = 0; i < addresses_.size(); ++i) {
      size_t& best = first[root(i)];
      if (addresses_[i] < addresses_[best]) best = i;
    }
    std::map<std::string, std::string> names;
    for (size_t i = 0; i < addresses_.size(); ++i) names.emplace(addresses_[i], addresses_[first[root(i)]]);
    return names;
  }

 private:
  void add(std::string address, const std::string& sam_account_name) {
    if (!sam_account_name.empty()) by_sam_account_name_.emplace(fold(sam_account_name), addresses_.size());
    by_address_.emplace(address, addresses_.size());
    addresses_.push_back(std::move(address));
  }

  size_t root(size_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }
  void join(size_t a, size_t b) { parents_[root(a)] = root(b); }
  void join(size_t a, const std::string& address) {
    if (const auto found = by_address_.find(address); found != by_address_.end()) join(a, found->second);
  }

  /// A declared group or account may also be named as any other principal is. A DN or a SID can't be
  /// recognised without the directory.
  void join(size_t a, const std::vector<PrincipalRef>& refs) {
    for (const auto& ref : refs) {
      if (ref.form == PrincipalRef::Form::host_group) join(a, model::address({Kind::host_group, ref.text}));
      if (ref.form != PrincipalRef::Form::name && ref.form != PrincipalRef::Form::qualified) continue;
      const std::string name = fold(model::qualified_name(ref.text).name);
      for (const auto& each : {name, name + "$"})
        if (const auto found = by_sam_account_name_.find(each); found != by_sam_account_name_.end())
          join(a, found->second);
    }
  }

  void join_references() {
    for (const auto& group : desired_.host_groups)
      if (group.spec.members)
        join(by_address_.at(model::address({Kind::host_group, group.name})), *group.spec.members);
    for (const auto& account : desired_.accounts) {
      const size_t own = by_address_.at(model::address({Kind::gmsa, account.name}));
      join(own, account.spec.principals);
      if (!account.spec.credential_spec) continue;
      for (const auto& more : account.spec.credential_spec->additional_accounts)
        if (!more.gmsa.empty()) join(own, model::address({Kind::gmsa, more.gmsa}));
      for (const auto& target : account.spec.credential_spec->targets)
        if (is_folder(target.text)) join(own, target_address(target.text));
    }
  }

  bool is_folder(const std::string& name) const {
    return std::any_of(desired_.spec_targets.begin(), desired_.spec_targets.end(), [&](const auto& target) {
      return target.name == name && (std::holds_alternative<model::DirectoryTarget>(target.spec.place) ||
                                     std::holds_alternative<model::DockerTarget>(target.spec.place));
    });
  }

  /// The list of files in a folder is written as a whole, so one run at a time may. Targets that are, or may
  /// be, one folder under two names belong together as well.
  void join_folders() {
    std::map<std::string, size_t> folders;
    for (const auto& target : desired_.spec_targets) {
      const size_t own = by_address_.at(target_address(target.name));
      const auto note = [&](const std::string& key) {
        const auto [found, fresh] = folders.emplace(key, own);
        if (!fresh) join(own, found->second);
      };
      if (const auto* directory = std::get_if<model::DirectoryTarget>(&target.spec.place))
        note("path " + directory->path);
      if (const auto* docker = std::get_if<model::DockerTarget>(&target.spec.place))
        for (const auto& host : docker->hosts)
          note((host.form == PrincipalRef::Form::host_group ? "group " : "host ") + fold(host.text));
    }
  }

  const Desired& desired_;
  std::vector<std::string> addresses_;
  std::map<std::string, size_t> by_address_;
  std::map<std::string, size_t> by_sam_account_name_;  // folded; of accounts with the $
  std::vector<size_t> parents_;
};

std::optional<uint32_t> number(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Shard::text() const { return std::to_string(index) + "/" + std::to_string(count); }

std::optional<Shard> parse_shard(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto index = number(text.substr(0, slash));
  const auto count = number(text.substr(slash + 1));
  if (!index || !count || *index >= *count) return std::nullopt;
  return Shard{*index, *count};
}

uint32_t shard_of(std::string_view address, uint32_t count) {
  // 60 bits: as many as the arithmetic of a shell can check.
  const std::string digits = sha256(address).substr(0, 15);
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return static_cast<uint32_t>(value % count);
}

ShardMembers::ShardMembers(const Desired& desired, Shard shard) : shard_(shard) {
  for (const auto& [address, unit] : Units(desired).names())
    parts_.emplace(address, shard_of(unit, shard.count));
  for (const auto& account : desired.accounts) {
    if (!account.spec.credential_spec) continue;
    const uint32_t part = parts_.at(model::address({Kind::gmsa, account.name}));
    for (const auto& target : account.spec.credential_spec->targets)
      parts_.emplace(model::address({Kind::credential_spec, target.text + "/" + account.name}), part);
  }
}

ShardMembers ShardMembers::all_of(const Desired& desired, Shard shard) {
  ShardMembers members(desired, shard);
  for (auto& [address, part] : members.parts_) part = shard.index;
  return members;
}

bool ShardMembers::has(const std::string& address) const {
  const auto found = parts_.find(address);
  return (found == parts_.end() ? shard_of(address, shard_.count) : found->second) == shard_.index;
}

bool ShardMembers::has_spec(const ResourceId& id) const {
  const std::string address = model::address(id);
  for (const auto& known : {address, address.substr(0, address.rfind('@'))})
    if (parts_.contains(known)) return has(known);
  for (size_t slash = id.name.find('/'); slash != std::string::npos; slash = id.name.find('/', slash + 1))
    if (const auto target = target_address(id.name.substr(0, slash)); parts_.contains(target))
      return has(target);
  return has(address);
}

bool ShardMembers::has(const ResourceId& id) const {
  switch (id.kind) {
    case Kind::kds_root_key:
      return shard_.index == 0;
    case Kind::container:  // made by whoever needs it; to find it made by another part is no matter
      return true;
    case Kind::host_group:
    case Kind::gmsa:
      return has(model::address(id));
    case Kind::credential_spec:
      return has_spec(id);
  }
  return false;
}

}  // namespace gmsactl::plan
