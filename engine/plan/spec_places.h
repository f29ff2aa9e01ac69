// Which places a SpecTarget means: its hosts, HostGroups taken apart into their computers. Pure; asked by the
// planner, and beforehand by whoever observes those places.
#pragma once

#include <string>
#include <vector>

#include "engine/model/live.h"
#include "engine/plan/make_plan.h"

namespace gmsactl::plan {

struct SpecPlaces {
  /// By name. Of a target that has one place only, one host without a name.
  std::vector<model::SpecHost> hosts;
  /// Members that are no computers and no HostGroups of the manifests, so their hosts are not known.
  std::vector<model::PrincipalRef> left_out;
};

/// Needs the directory part of `seen`: principals tell computers from groups.
SpecPlaces spec_places(const model::SpecTarget& target, const model::Desired& desired,
                       const model::Observations& seen);

/// CredentialSpec/TARGET/ACCOUNT or CredentialSpec/TARGET/ACCOUNT@HOST.
model::ResourceId spec_id(const std::string& target, const std::string& account, const model::SpecHost& host);

/// Those whose spec is delivered to the target, in the order of the manifests.
std::vector<const model::Declaration<model::Gmsa>*> delivered_to(const std::string& target,
                                                                 const model::Desired& desired);

/// Whether --target and --exclude leave anything of the target in the plan.
bool concerns_target(const Options& options, const std::string& target, const model::Desired& desired,
                     const std::vector<model::SpecHost>& hosts);

}  // namespace gmsactl::plan
