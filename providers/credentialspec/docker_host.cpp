#include "providers/credentialspec/docker_host.h"

#include <algorithm>

#include "engine/base/text.h"

namespace gmsactl::credentialspec {

using model::HostTransport;
using model::PlaceNote;
using model::SpecHost;

namespace {

constexpr std::string_view usual_root = "C:\\ProgramData\\docker";
constexpr std::string_view folder = "CredentialSpecs";

constexpr int build_1703 = 15063;
constexpr int build_1803 = 17134;
constexpr int build_2019 = 17763;  // and 1809
constexpr int revision_with_containerd = 1817;

bool has_drive(std::string_view path) {
  return path.size() >= 3 && fold(path[0]) >= 'a' && fold(path[0]) <= 'z' && path[1] == ':' &&
         (path[2] == '\\' || path[2] == '/');
}

/// "/C:/ProgramData/docker/CredentialSpecs", as an SFTP server on Windows names it.
std::string sftp_path(std::string root) {
  std::replace(root.begin(), root.end(), '\\', '/');
  while (root.ends_with('/')) root.pop_back();
  return (root.starts_with('/') ? "" : "/") + root + "/" + std::string(folder);
}

/// On the share that every drive has, "C$".
SpecLocation smb_location(std::string_view root) {
  std::string path(root.substr(3));
  std::replace(path.begin(), path.end(), '/', '\\');
  while (path.ends_with('\\')) path.pop_back();
  return {std::string(1, root[0]) + "$", (path.empty() ? "" : path + "\\") + std::string(folder)};
}

std::string build_text(const docker::EngineInfo& info) {
  return std::to_string(info.build) + (info.revision < 0 ? "" : "." + std::to_string(info.revision));
}

}  // namespace

std::string with_host(std::string text, const std::string& name) {
  constexpr std::string_view placeholder = "{host}";
  for (size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += name.size())
    text.replace(at, placeholder.size(), name);
  return text;
}

SpecLocation spec_location(const model::DockerTarget& target, const SpecHost& host,
                           const std::string& data_root) {
  const auto& transport = target.transport;
  const bool is_smb = transport.type == HostTransport::Type::smb;
  if (!target.path.empty())
    return {is_smb && transport.share.empty() ? "C$" : transport.share, with_host(target.path, host.name)};
  if (!is_smb) {
    const bool usable = has_drive(data_root) || data_root.starts_with('/');
    return {{}, sftp_path(usable ? data_root : std::string(usual_root))};
  }
  SpecLocation told = smb_location(has_drive(data_root) ? std::string_view(data_root) : usual_root);
  if (transport.share.empty() || equal_folded(transport.share, told.share)) return told;
  // Which folder a share of that name is, only its owner knows.
  return {transport.share, smb_location(usual_root).path};
}

std::vector<PlaceNote> known_issues(const docker::EngineInfo& info, const SpecHost& host) {
  std::vector<PlaceNote> notes;
  if (info.os_type != "windows") {
    notes.push_back({"GMSA0245", "An engine runs no Windows containers",
                     "The Docker Engine of " + host.name + " runs " + info.os_type +
                         " containers, which can't use a credential spec.",
                     "Switch it to Windows containers, or take the host out of SpecTarget.spec.hosts."});
    return notes;
  }
  const std::string on = host.name + " runs Windows build " + build_text(info);
  if (info.build > 0 && info.build < build_2019)
    notes.push_back(
        {"GMSA0232", "A container's hostname must be the account's name",
         on + ", which is older than Windows Server 2019: a container there is known by its account only "
              "if its hostname is the account's name, and two at a time with one account disturb each "
              "other.",
         "Give docker run --hostname with the account's sAMAccountName, one container for each account."});
  if (info.build >= build_1703 && info.build <= build_1803 && info.isolation == "hyperv")
    notes.push_back(
        {"GMSA0233", "Hyper-V isolation does not work with a credential spec",
         on + ", and isolates containers by Hyper-V unless told otherwise: in versions 1703 to 1803 those "
              "with a credential spec hang or fail.",
         "Run them with --isolation=process, or update the host to version 1809 or later."});
  if (info.build == build_2019 && info.revision >= 0 && info.revision < revision_with_containerd &&
      info.uses_containerd)
    notes.push_back(
        {"GMSA0234", "containerd does not know credential specs on this build",
         on + ", and its engine uses containerd, which takes credential specs from 17763.1817 on.",
         "Install KB5000822 or a later cumulative update."});
  return notes;
}

PlaceNote silent_engine(const model::DockerTarget& target, const SpecHost& host, const Error& why) {
  return {"GMSA0244", "A Docker Engine could not be asked",
          "The Docker Engine of " + host.name + " told nothing: " + why.message + ". " +
              (target.path.empty() ? "Its data root is taken for the usual one, and known" : "Known") +
              " issues of its Windows are not looked for.",
          why.hint};
}

}  // namespace gmsactl::credentialspec
