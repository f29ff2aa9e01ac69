// The directory and the places that credential specs are delivered to, behind the engine's one seam. The only
// code that knows both; each of them knows nothing of the other.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/plan/make_plan.h"
#include "engine/ports/audit.h"
#include "engine/ports/provider.h"
#include "engine/ports/spec_target.h"
#include "providers/credentialspec/open_target.h"

namespace gmsactl::directory {
class DirectoryProvider;
}

namespace gmsactl::cli {

class Estate : public ports::Provider {
 public:
  Estate(std::unique_ptr<directory::DirectoryProvider> directory, credentialspec::TargetOptions options);
  ~Estate() override;

  /// Which places are worth a look; everything until it is called.
  void limit_to(plan::Options options) { selection_ = std::move(options); }

  /// The directory first, since it tells which hosts there are; then all targets at the same time.
  [[nodiscard]] Result<model::Observations> observe(const model::Desired& desired,
                                                    ports::EventSink& events) override;
  model::ChangeResult apply(const model::Change& change) override;
  [[nodiscard]] Result<void> begin_writes() override;
  [[nodiscard]] Result<void> flush() override;

  directory::DirectoryProvider& directory() { return *directory_; }
  /// Every write from here on is noted there, and every change with what became of it. Not owned.
  void audit_to(ports::AuditLog* log);
  const directory::DirectoryProvider& directory() const { return *directory_; }

 private:
  struct Look;
  bool may_have_leftovers(const model::Desired& desired, const std::string& target,
                          const model::SpecHost& host) const;
  Result<ports::SpecTarget*> target(const model::Declaration<model::SpecTarget>& declaration,
                                    const model::Environment& environment);

  std::unique_ptr<directory::DirectoryProvider> directory_;
  credentialspec::TargetOptions options_;
  ports::AuditLog* audit_ = nullptr;
  plan::Options selection_;
  std::map<std::string, std::unique_ptr<ports::SpecTarget>> targets_;  // by metadata.name
};

}  // namespace gmsactl::cli
