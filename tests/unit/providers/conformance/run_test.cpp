// A run on a directory in a file: what it tells of a good one and of broken ones, and that it leaves nothing.
#include "providers/conformance/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <set>

#include "providers/transport/ldap/connect.h"
#include "tests/fakes/faulty_transport.h"

namespace gmsactl::conformance {
namespace {

using fakes::FaultyTransport;
using testing::HasSubstr;
using testing::IsEmpty;

class Conformance : public testing::Test {
 protected:
  Conformance() {
    std::string name = testing::TempDir() + "gmsactl-conformance-XXXXXX";
    const int file = mkstemp(name.data());
    if (file >= 0) close(file);
    path_ = name;
    std::ofstream(path_) << "dn: DC=contoso,DC=com\nobjectClass: domainDNS\n\n"
                            "dn: CN=5e3c4f0a-8a55-4f0e-9d3b-0f6f3a1c2b7d,CN=Master Root Keys,CN=Group Key "
                            "Distribution Service,"
                            "CN=Services,CN=Configuration,DC=contoso,DC=com\n"
                            "objectClass: msKds-ProvRootKey\nmsKds-UseStartTime: 132223104000000000\n\n"
                            "dn: OU=Test,DC=contoso,DC=com\nobjectClass: organizationalUnit\n\n"
                            "dn: OU=Managed,OU=Parent,DC=contoso,DC=com\nobjectClass: organizationalUnit\n\n"
                            "dn: CN=Web,OU=Managed,OU=Parent,DC=contoso,DC=com\nobjectClass: group\n"
                            "adminDescription: gmsactl/1 o=a e=b n=HostGroup/Web\n\n"
                            "dn: CN=Folder,DC=contoso,DC=com\nobjectClass: container\n";
    file_ = ldap::open_ldif(path_).value();
    root_ = ldap::read(*file_, "", {}).value();
  }
  ~Conformance() override { std::remove(path_.c_str()); }

  static Setting setting(const std::string& unit) {
    return {model::Dn::parse(unit).value(), {}, "adminDescription", [](const std::string&) {
              return Result<void>();
            }};
  }
  std::set<std::string> everything() {
    std::set<std::string> all;
    ldap::SearchRequest request;
    request.base = "DC=contoso,DC=com";
    const auto found = ldap::search_all(*file_, request).value();
    for (const auto& entry : found) all.insert(entry.dn);
    return all;
  }
  Report run_on(ldap::Transport& directory, std::stop_token stop = {}) {
    auto report = conformance::run(directory, root_, setting("OU=Test,DC=contoso,DC=com"), stop);
    EXPECT_TRUE(report.has_value());
    return std::move(*report);
  }
  static const Finding& of(const Report& report, const std::string& id) {
    for (const auto& finding : report.findings)
      if (finding.id == id) return finding;
    throw std::runtime_error("no check " + id);
  }

  std::string path_;
  std::unique_ptr<ldap::Transport> file_;
  Entry root_;
};

TEST_F(Conformance, a_directory_in_a_file_answers_as_assumed_and_is_left_as_it_was) {
  const auto before = everything();
  const auto report = run_on(*file_);
  for (const auto& finding : report.findings)
    EXPECT_TRUE(finding.verdict == Verdict::as_assumed || finding.verdict == Verdict::not_tried)
        << finding.id << ": " << testing::PrintToString(finding.evidence);
  size_t tried = 0;
  for (const auto& finding : report.findings) tried += finding.verdict == Verdict::as_assumed ? 1 : 0;
  EXPECT_GE(tried, 35U);
  EXPECT_THAT(report.left_behind, IsEmpty());
  EXPECT_EQ(everything(), before);
}

TEST_F(Conformance, each_check_has_an_id_of_its_own_and_says_what_it_assumes) {
  std::set<std::string> ids;
  for (const auto& check : all_checks()) {
    EXPECT_TRUE(ids.insert(check.id).second) << check.id;
    EXPECT_FALSE(check.assumes.empty() || check.assumes.ends_with(".")) << check.id;
    EXPECT_FALSE(check.source.empty()) << check.id;
  }
}

/// A controller whose account database takes a swap for a blind replacement, which is what U1 asks.
class BlindReplace : public FaultyTransport {
 public:
  BlindReplace(ldap::Transport& inner, std::string attribute)
      : FaultyTransport(inner), attribute_(std::move(attribute)) {}
  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override {
    auto blind = changes;
    for (auto& change : blind)
      if (change.attribute == attribute_)
        change.operation =
            change.operation == ModifyOperation::add ? ModifyOperation::replace : change.operation;
    std::erase_if(blind, [&](const auto& change) {
      return change.attribute == attribute_ && change.operation == ModifyOperation::remove &&
             changes.size() > 1;
    });
    return FaultyTransport::modify(dn, blind);
  }

 private:
  std::string attribute_;
};

TEST_F(Conformance, a_swap_that_overwrites_is_seen_for_that_attribute_alone) {
  for (const std::string attribute : {"userAccountControl", "sAMAccountName", "description"}) {
    BlindReplace blind(*file_, attribute);
    const auto report = run_on(blind);
    EXPECT_EQ(of(report, "swap." + attribute).verdict, Verdict::different);
    EXPECT_THAT(of(report, "swap." + attribute).evidence,
                testing::Contains(HasSubstr("NOT AS ASSUMED: the live value was overwritten")));
    EXPECT_EQ(of(report, "swap.displayName").verdict, Verdict::as_assumed);
    EXPECT_TRUE(report.left_behind.empty());
  }
}

/// One on which every modification is permissive (fLDAPUsePermMod).
class Permissive : public FaultyTransport {
 public:
  using FaultyTransport::FaultyTransport;
  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override {
    std::vector<Modification> kept;
    for (const auto& change : changes) {
      auto one = FaultyTransport::modify(dn, {change});
      if (!one && one.error().kind != ErrorKind::conflict) return one;
    }
    return {};
  }
};

TEST_F(Conformance, a_permissive_controller_is_seen) {
  Permissive permissive(*file_);
  const auto report = run_on(permissive);
  EXPECT_EQ(of(report, "modify.notPermissive").verdict, Verdict::different);
  EXPECT_EQ(of(report, "modify.atomic").verdict, Verdict::different);
  EXPECT_EQ(of(report, "swap.group.member").verdict, Verdict::different);
}

TEST_F(Conformance, who_may_not_make_a_container_still_learns_what_is_only_read) {
  FaultyTransport refusing(*file_);
  refusing.faults[1] = FaultyTransport::refused(ErrorKind::denied, "no right");
  const auto before = everything();
  const auto report = run_on(refusing);
  EXPECT_EQ(of(report, "swap.description").verdict, Verdict::not_allowed);
  EXPECT_EQ(of(report, "forest.heuristics").verdict, Verdict::as_assumed);
  EXPECT_EQ(refusing.writes.size(), 1U) << "nothing is tried outside of a container of its own";
  EXPECT_EQ(everything(), before);
}

TEST_F(Conformance, a_lost_answer_ends_the_trying_and_what_was_made_goes) {
  const auto before = everything();
  for (const size_t cut : {1U, 2U, 5U, 17U, 60U}) {
    FaultyTransport faulty(*file_);
    faulty.faults[cut] = FaultyTransport::lost_answer();
    const auto report = run_on(faulty);
    EXPECT_EQ(report.findings.back().verdict, Verdict::not_tried);
    EXPECT_THAT(report.left_behind, IsEmpty());
    EXPECT_EQ(everything(), before) << "cut at write " << cut;
  }
}

TEST_F(Conformance, an_interruption_ends_it_and_what_was_made_goes) {
  const auto before = everything();
  std::stop_source stop;
  auto interrupted = setting("OU=Test,DC=contoso,DC=com");
  interrupted.told = [&](const Finding& finding) {
    if (finding.id == "modify.atomic") stop.request_stop();
  };
  const auto report = conformance::run(*file_, root_, interrupted, stop.get_token()).value();
  EXPECT_EQ(of(report, "modify.atomic").verdict, Verdict::as_assumed);
  EXPECT_EQ(of(report, "modify.order").verdict, Verdict::not_tried);
  EXPECT_EQ(everything(), before);
}

TEST_F(Conformance, units_in_which_it_has_no_business_are_refused_before_any_write) {
  const auto refusal = [&](const std::string& unit, std::vector<model::Dn> used = {}) {
    auto asked = setting(unit);
    asked.used = std::move(used);
    const auto checked = check_unit(*file_, root_, asked);
    return checked ? std::string("accepted") : checked.error().message;
  };
  EXPECT_EQ(refusal("OU=Test,DC=contoso,DC=com"), "accepted");
  EXPECT_THAT(refusal("DC=contoso,DC=com"), HasSubstr("is not below the domain"));
  EXPECT_THAT(refusal("OU=Test,DC=fabrikam,DC=com"), HasSubstr("is not below the domain"));
  EXPECT_THAT(refusal("CN=Users,DC=contoso,DC=com"), HasSubstr("is not an organizational unit"));
  EXPECT_THAT(refusal("CN=Folder,DC=contoso,DC=com"), HasSubstr("is not an organizational unit"));
  EXPECT_THAT(refusal("OU=Managed,OU=Parent,DC=contoso,DC=com"), HasSubstr("holds managed objects: CN=Web"));
  EXPECT_THAT(refusal("OU=Parent,DC=contoso,DC=com"), HasSubstr("holds managed objects: CN=Web"));
  const auto test = model::Dn::parse("OU=Test,DC=contoso,DC=com").value();
  EXPECT_THAT(refusal("OU=Test,DC=contoso,DC=com", {test}), HasSubstr("which an environment manages"));
  EXPECT_THAT(refusal("OU=Test,DC=contoso,DC=com", {test.child("OU", "Below")}),
              HasSubstr("which an environment manages"));
  EXPECT_EQ(check_unit(*file_, root_, setting("OU=Nobody,DC=contoso,DC=com")).error().kind,
            ErrorKind::not_found);
}

}  // namespace
}  // namespace gmsactl::conformance
