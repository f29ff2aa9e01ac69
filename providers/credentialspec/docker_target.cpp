#include "providers/credentialspec/docker_target.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "providers/credentialspec/docker_host.h"
#include "providers/credentialspec/spec_folder.h"
#include "providers/transport/docker/engine.h"
#include "providers/transport/files/local_folder.h"
#include "providers/transport/sftp/sftp_folder.h"
#include "providers/transport/smb/smb_folder.h"

namespace gmsactl::credentialspec {

namespace {

using model::HostTransport;
using model::SpecHost;
using Places = std::map<std::string, model::Observation<model::LivePlace>>;

/// Sessions that stay open for what comes next: to connect costs more than all the rest, and a plan is
/// followed by writing and reading back. A process may have 1,024 files open where nobody has raised that;
/// behind each SMB session is a program that takes 3 MB.
constexpr size_t most_open_sessions = 256;
constexpr size_t most_open_programs = 64;

/// What an engine tells is good to know, and not worth waiting long for.
constexpr std::chrono::milliseconds patience_with_engines{10'000};

/// One host: its folder is opened when it is first needed, and one thing at a time is done there.
struct Host {
  std::mutex mutex;
  std::atomic<int> wanted{0};            // by how many threads, the one that holds the mutex included
  std::optional<SpecLocation> location;  // once it is known
  std::vector<model::PlaceNote> notes;
  std::unique_ptr<files::FileStore> folder;
};

class Wanted {
 public:
  explicit Wanted(Host& host) : host_(host) { host_.wanted.fetch_add(1); }
  ~Wanted() { host_.wanted.fetch_sub(1); }
  Wanted(const Wanted&) = delete;
  Wanted& operator=(const Wanted&) = delete;

 private:
  Host& host_;
};

class DockerTarget : public ports::SpecTarget {
 public:
  DockerTarget(const model::DockerTarget& target, const Owner& owner, const TargetOptions& options)
      : target_(target), owner_(owner), options_(options) {}

  Places observe(std::span<const SpecHost> hosts, std::span<const model::Declaration<model::Gmsa>* const>,
                 ports::EventSink& events) override {
    std::vector<std::optional<model::Observation<model::LivePlace>>> seen(hosts.size());
    std::atomic<size_t> next{0};
    std::atomic<size_t> done{0};
    const auto work = [&] {
      for (size_t i; (i = next.fetch_add(1)) < hosts.size();) {
        seen[i] = observe_host(hosts[i]);
        events.progress("reading hosts", done.fetch_add(1) + 1, hosts.size());
      }
    };
    {
      std::vector<std::jthread> workers;
      for (size_t i = 1; i < std::min(options_.parallelism, hosts.size()); ++i) workers.emplace_back(work);
      work();
    }
    Places places;
    for (size_t i = 0; i < hosts.size(); ++i) places.emplace(hosts[i].name, std::move(*seen[i]));
    return places;
  }

  model::ChangeResult apply(const model::Change& change) override {
    const auto& detail = std::get<model::CredentialSpecChange>(change.detail);
    Host& host = host_of(detail.host);
    const Wanted wanted(host);
    const std::lock_guard lock(host.mutex);
    auto opened = open(detail.host, host);
    if (!opened) return {change.id, change.action, model::Outcome::failed, std::move(opened).error(), {}};
    auto result = apply_to_folder(*host.folder, owner_, change);
    keep_or_close(host, result.error);
    return result;
  }

 private:
  Host& host_of(const SpecHost& host) {
    const std::lock_guard lock(mutex_);
    auto& found = hosts_[host.name];
    if (!found) found = std::make_unique<Host>();
    return *found;
  }

  model::Observation<model::LivePlace> observe_host(const SpecHost& spec_host) {
    Host& host = host_of(spec_host);
    const Wanted wanted(host);
    const std::lock_guard lock(host.mutex);
    if (auto opened = open(spec_host, host); !opened) return model::Unreadable{std::move(opened).error()};
    auto seen = observe_folder(*host.folder, {});
    const auto* unreadable = std::get_if<model::Unreadable>(&seen);
    keep_or_close(host, unreadable != nullptr ? std::optional(unreadable->why) : std::nullopt);
    // A folder that is not there yet has no specs in it; what is known about the host is to be told all the
    // same.
    if (std::holds_alternative<model::Absent>(seen) && !host.notes.empty()) seen = model::LivePlace{};
    if (auto* place = std::get_if<model::LivePlace>(&seen))
      place->notes.insert(place->notes.end(), host.notes.begin(), host.notes.end());
    return seen;
  }

  /// Asks the host's engine, where there is one to ask; once a run.
  const SpecLocation& locate(const SpecHost& spec_host, Host& host) {
    if (host.location) return *host.location;
    std::string data_root;
    if (!target_.engine.empty()) {
      const auto info = docker::Engine(engine_options(spec_host)).info();
      if (info) {
        host.notes = known_issues(*info, spec_host);
        data_root = info->data_root;
      } else {
        host.notes = {silent_engine(target_, spec_host, info.error())};
      }
    }
    return host.location.emplace(spec_location(target_, spec_host, data_root));
  }

  Result<void> open(const SpecHost& spec_host, Host& host) {
    if (host.folder) return {};
    const auto& [share, path] = locate(spec_host, host);
    switch (target_.transport.type) {
      case HostTransport::Type::local:
        host.folder = files::local_folder(path);
        break;
      case HostTransport::Type::sftp:
        host.folder = GMSACTL_TRY(sftp::open_folder(sftp_options(spec_host), path));
        break;
      case HostTransport::Type::smb:
        host.folder = GMSACTL_TRY(smb::open_folder(
            {spec_host.address, target_.transport.port, share, options_.timeout, "smbclient"}, path));
        break;
    }
    open_.fetch_add(1);
    return {};
  }

  docker::Options engine_options(const SpecHost& host) const {
    return {with_host(target_.engine, host.address), target_.engine_ca_file, target_.engine_cert_file,
            target_.engine_key_file, std::min(options_.timeout, patience_with_engines)};
  }

  sftp::Options sftp_options(const SpecHost& host) const {
    const auto& transport = target_.transport;
    sftp::Options options;
    options.host = host.address;
    options.port = transport.port;
    options.username = transport.username;
    options.identity_file = transport.identity_file;
    options.known_hosts_file = transport.known_hosts_file;
    options.timeout = options_.timeout;
    using From = HostTransport::Authentication;
    options.authentication = transport.authentication == From::key        ? sftp::Authentication::key
                             : transport.authentication == From::agent    ? sftp::Authentication::agent
                             : transport.authentication == From::kerberos ? sftp::Authentication::kerberos
                                                                          : sftp::Authentication::automatic;
    return options;
  }

  /// A session that broke is no good; one that somebody waits for stays, whatever the number.
  void keep_or_close(Host& host, const std::optional<Error>& error) {
    const bool broke = error && outcome_unknown(error->kind);
    const size_t most =
        target_.transport.type == HostTransport::Type::smb ? most_open_programs : most_open_sessions;
    const bool keep = host.wanted.load() > 1 || open_.load() <= std::max(options_.parallelism, most);
    if (!broke && keep) return;
    host.folder.reset();
    open_.fetch_sub(1);
  }

  model::DockerTarget target_;
  Owner owner_;
  TargetOptions options_;
  std::mutex mutex_;  // of hosts_
  std::map<std::string, std::unique_ptr<Host>> hosts_;
  std::atomic<size_t> open_{0};
};

}  // namespace

std::unique_ptr<ports::SpecTarget> docker_target(const model::DockerTarget& target, const Owner& owner,
                                                 const TargetOptions& options) {
  return std::make_unique<DockerTarget>(target, owner, options);
}

}  // namespace gmsactl::credentialspec
