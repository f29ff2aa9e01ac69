// A directory in a temporary LDIF file, planned by the provider and written through a transport that fails on
// demand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "engine/plan/make_plan.h"
#include "providers/directory/directory_provider.h"
#include "providers/directory/writer.h"
#include "providers/transport/ldap/connect.h"
#include "tests/fakes/fake_world.h"
#include "tests/fakes/faulty_transport.h"
#include "tests/fakes/samples.h"

namespace gmsactl {

class LdifWorld : public testing::Test {
 protected:
  LdifWorld() {
    std::string name = testing::TempDir() + "gmsactl-XXXXXX";
    const int file = mkstemp(name.data());
    if (file >= 0) close(file);
    path_ = name;
    std::ofstream(path_)
        << "dn: DC=contoso,DC=com\nobjectClass: domainDNS\n\n"
           "dn: CN=HOST01,OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\n\n"
           "dn: CN=HOST02,OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\n\n"
           "dn: CN=5e3c4f0a-8a55-4f0e-9d3b-0f6f3a1c2b7d,CN=Master Root Keys,"
           "CN=Group Key Distribution Service,CN=Services,CN=Configuration,DC=contoso,DC=com\n"
           "objectClass: msKds-ProvRootKey\nmsKds-UseStartTime: 132223104000000000\n";
  }
  ~LdifWorld() override { std::remove(path_.c_str()); }

  /// Reads the file anew.
  model::Plan plan(const model::Desired& desired, const plan::Options& options = {}) {
    auto provider = directory::DirectoryProvider::create(desired.environment, {{"ldif:" + path_}, {}});
    if (!provider) throw std::runtime_error(provider.error().message);
    auto seen = (*provider)->observe(desired, events_);
    if (!seen) throw std::runtime_error(seen.error().message);
    return plan::make_plan(desired, *seen, options);
  }

  struct Applied {
    std::map<std::string, model::ChangeResult> results;  ///< by address
    std::vector<std::string> writes;
    const model::ChangeResult& of(const std::string& address) const { return results.at(address); }
  };

  /// Nothing is worth waiting for in a file.
  static directory::Patience no_patience() {
    using std::chrono::milliseconds;
    return {milliseconds(0), milliseconds(50), milliseconds(0), 4, milliseconds(0), milliseconds(50), {}};
  }

  /// Carries the plan out and saves the file. `arrange` sets the faults; `between` makes of the directory
  /// another one that behaves otherwise.
  using Wrap = std::function<std::unique_ptr<ldap::Transport>(ldap::Transport&)>;
  Applied apply(const model::Plan& plan, const std::function<void(fakes::FaultyTransport&)>& arrange = {},
                const Wrap& between = {}) {
    auto file = ldap::open_ldif(path_).value();
    const auto other = between ? between(*file) : nullptr;
    fakes::FaultyTransport faulty(other ? *other : *file);
    if (arrange) arrange(faulty);
    const auto root = ldap::read(*file, "", {}).value();
    directory::Writer writer(faulty, root, "adminDescription", patience_);
    Applied applied;
    for (const auto& change : plan.changes)
      applied.results.emplace(model::address(change.id), writer.apply(change));
    EXPECT_TRUE(file->flush().has_value());
    applied.writes = faulty.writes;
    return applied;
  }

  /// Makes live what is declared.
  void bring_about(const model::Desired& desired) {
    for (const auto& [address, result] : apply(plan(desired)).results)
      EXPECT_EQ(result.outcome, model::Outcome::applied)
          << address << (result.error ? ": " + result.error->message : "");
  }

  std::vector<std::string> left_to_do(const model::Desired& desired) {
    std::vector<std::string> left;
    for (const auto& change : plan(desired).changes)
      for (const auto& field : change.fields)
        left.push_back(model::address(change.id) + " " + std::string(field.path));
    return left;
  }

  std::string path_;
  directory::Patience patience_ = no_patience();
  fakes::NoEvents events_;
};

}  // namespace gmsactl
