#include "engine/cli/run_identity.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/base/text.h"

namespace gmsactl::cli {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string pipeline_url() {
  if (const auto run = variable("GITHUB_RUN_ID"); !run.empty())
    return variable("GITHUB_SERVER_URL") + "/" + variable("GITHUB_REPOSITORY") + "/actions/runs/" + run;
  if (auto job = variable("CI_JOB_URL"); !job.empty()) return job;
  if (const auto build = variable("BUILD_BUILDID"); !build.empty())
    return variable("SYSTEM_COLLECTIONURI") + variable("SYSTEM_TEAMPROJECT") +
           "/_build/results?buildId=" + build;
  return variable("BUILD_URL");
}

std::string user() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return "uid " + std::to_string(geteuid());
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Distinct for each start of each machine, and for each container on it: process ids are told apart there
/// only.
std::string machine() {
  std::array<char, 64> name_space{};
  const std::string boot = file_text("/proc/sys/kernel/random/boot_id");
  if (boot.empty() || readlink("/proc/self/ns/pid", name_space.data(), name_space.size() - 1) < 0) return {};
  const std::string_view digits = name_space.data();  // "pid:[4026531836]"
  return boot + "." +
         std::string(digits.substr(digits.find('[') + 1, digits.find(']') - digits.find('[') - 1));
}

/// When the process began, in clock ticks: an id that was used again is another process. Empty where there is
/// none.
std::string started(const std::string& pid) {
  const std::string stat = file_text("/proc/" + pid + "/stat");
  const size_t name_end = stat.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return {};
  constexpr size_t start_time = 20;  // of the fields after the name (proc(5): starttime is the 22nd)
  const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');
  // A zombie runs no more.
  return fields.size() < start_time || fields[0] == "Z" ? std::string() : std::string(fields[start_time - 1]);
}

}  // namespace

bool process_gone(const std::string& process) {
  const auto parts = split(process, '/');
  if (parts.size() != 3 || parts[0].empty() || parts[0] != machine()) return false;
  return started(std::string(parts[1])) != parts[2];
}

ports::LockHolder run_identity() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  ports::LockHolder identity;
  identity.holder = user();
  identity.host = host.data();
  identity.url = pipeline_url();
  const std::string pid = std::to_string(getpid());
  if (const auto place = machine(); !place.empty()) identity.process = place + "/" + pid + "/" + started(pid);
  return identity;
}

}  // namespace gmsactl::cli
