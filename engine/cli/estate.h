// The directory and the places that credential specs are delivered to, behind the engine's one seam: an
// estate that is only looked at, and one that is written as well. The only code that knows both sides; each
// of them knows nothing of the other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/plan/make_plan.h"
#include "engine/ports/audit.h"
#include "engine/ports/provider.h"
#include "engine/ports/spec_target.h"
#include "providers/credentialspec/open_target.h"

namespace gmsactl::directory {
class DirectoryObserver;
class DirectoryProvider;
}  // namespace gmsactl::directory

namespace gmsactl::cli {

/// What drift and watch hold: whatever it refers to has no way to write.
class ReadingEstate : public ports::Observer {
 public:
  ReadingEstate(std::unique_ptr<directory::DirectoryObserver> directory,
                credentialspec::TargetOptions options);
  ~ReadingEstate() override;

  /// Which places are worth a look; everything until it is called.
  void limit_to(plan::Options options) { selection_ = std::move(options); }

  /// The directory first, since it tells which hosts there are; then all targets at the same time.
  [[nodiscard]] Result<model::Observations> observe(const model::Desired& desired,
                                                    ports::EventSink& events) override;
  [[nodiscard]] Result<model::LastWrites> last_writes(std::span<const model::Guid> objects) override;

  directory::DirectoryObserver& directory() { return *directory_; }

 private:
  std::unique_ptr<directory::DirectoryObserver> directory_;
  credentialspec::TargetOptions options_;
  plan::Options selection_;
  std::map<std::string, std::unique_ptr<ports::SpecObserver>> targets_;  // by metadata.name
};

/// What apply holds.
class Estate : public ports::Provider {
 public:
  Estate(std::unique_ptr<directory::DirectoryProvider> directory, credentialspec::TargetOptions options);
  ~Estate() override;

  void limit_to(plan::Options options) { selection_ = std::move(options); }

  [[nodiscard]] Result<model::Observations> observe(const model::Desired& desired,
                                                    ports::EventSink& events) override;
  [[nodiscard]] Result<model::LastWrites> last_writes(std::span<const model::Guid> objects) override;
  model::ChangeResult apply(const model::Change& change) override;
  [[nodiscard]] Result<void> begin_writes() override;
  [[nodiscard]] Result<void> flush() override;

  directory::DirectoryProvider& directory() { return *directory_; }
  /// Every write from here on is noted there, and every change with what became of it. Not owned.
  void audit_to(ports::AuditLog* log);
  const directory::DirectoryProvider& directory() const { return *directory_; }

 private:
  std::unique_ptr<directory::DirectoryProvider> directory_;
  credentialspec::TargetOptions options_;
  ports::AuditLog* audit_ = nullptr;
  plan::Options selection_;
  std::map<std::string, std::unique_ptr<ports::SpecTarget>> targets_;  // by metadata.name
};

}  // namespace gmsactl::cli
