#include "engine/cli/run_identity.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace gmsactl::cli {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string pipeline_url() {
  if (const auto run = variable("GITHUB_RUN_ID"); !run.empty())
    return variable("GITHUB_SERVER_URL") + "/" + variable("GITHUB_REPOSITORY") + "/actions/runs/" + run;
  if (const auto job = variable("CI_JOB_URL"); !job.empty()) return job;
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

}  // namespace

ports::LockHolder run_identity() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  ports::LockHolder identity;
  identity.holder = user();
  identity.host = host.data();
  identity.url = pipeline_url();
  return identity;
}

}  // namespace gmsactl::cli
