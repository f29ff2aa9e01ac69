#include "providers/credentialspec/directory_target.h"

#include <mutex>

#include "providers/credentialspec/spec_folder.h"
#include "providers/transport/files/local_folder.h"

namespace gmsactl::credentialspec {

namespace {

using Format = model::DirectoryTarget::Format;

FolderFormat format_of(Format format) {
  switch (format) {
    case Format::docker:
      return {".json", true};
    case Format::kubernetes:
    case Format::compose:
      return {".yaml", false};
    case Format::service_fabric:
      return {".xml", false};
  }
  return {};
}

class DirectoryTarget : public ports::SpecTarget {
 public:
  DirectoryTarget(const model::DirectoryTarget& target, const Owner& owner)
      : folder_(files::local_folder(target.path)), format_(format_of(target.format)), owner_(owner) {}

  std::map<std::string, model::Observation<model::LivePlace>> observe(
      std::span<const model::SpecHost> hosts, std::span<const model::Declaration<model::Gmsa>* const>,
      ports::EventSink&) override {
    const std::lock_guard lock(mutex_);
    std::map<std::string, model::Observation<model::LivePlace>> places;
    for (const auto& host : hosts) places.emplace(host.name, observe_folder(*folder_, format_));
    return places;
  }

  model::ChangeResult apply(const model::Change& change) override {
    const std::lock_guard lock(mutex_);
    return apply_to_folder(*folder_, owner_, change);
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<files::FileStore> folder_;
  FolderFormat format_;
  Owner owner_;
};

}  // namespace

std::unique_ptr<ports::SpecTarget> directory_target(const model::DirectoryTarget& target,
                                                    const Owner& owner) {
  return std::make_unique<DirectoryTarget>(target, owner);
}

}  // namespace gmsactl::credentialspec
