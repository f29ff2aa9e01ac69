// What `gmsactl conformance` finds on each implementation, that each of its checks is able to find a
// difference, and that it leaves behind and touches nothing, wherever a run ends.
#include <gmock/gmock.h>

#include <set>

#include "engine/base/text.h"
#include "providers/transport/ldap/forwarding_transport.h"
#include "tests/contract/ldap/conformance.h"

namespace gmsactl::contract {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Conformance : public ConformanceContract {};

TEST_F(Conformance, every_assumption_is_kept_and_nothing_stays_or_is_touched) {
  const std::string unit = add_unit(unique("conf"));
  const auto before = state_of_everything();
  const Report report = run_in(unit, directory());
  EXPECT_EQ(report.findings.size(), conformance::all_checks().size());
  for (const auto& finding : report.findings) {
    // A file has neither rights nor notifications; everything else is tried everywhere.
    const bool tried = !is_file() || finding.verdict != Verdict::not_tried;
    if (tried) {
      EXPECT_EQ(name(finding.verdict), name(Verdict::as_assumed))
          << finding.id << testing::PrintToString(finding.evidence);
    }
    EXPECT_FALSE(finding.evidence.empty()) << finding.id;
  }
  if (is_file()) {
    std::set<std::string> server_only;
    for (const auto& check : conformance::all_checks())
      if (check.server_only) server_only.insert(check.id);
    EXPECT_THAT(with(report, Verdict::not_tried), testing::ElementsAreArray(server_only));
  }
  EXPECT_THAT(dns(report.left_behind), IsEmpty());
  EXPECT_THAT(report.removed_earlier, IsEmpty());
  EXPECT_THAT(touched_since(before), IsEmpty());
  EXPECT_THAT(below(unit), ElementsAre(unit));
}

/// Takes every refusal of a write for success, as one does that carries out nothing, or asks nobody.
class Yielding : public ldap::ForwardingTransport {
 public:
  using ForwardingTransport::ForwardingTransport;
  Result<void> add(const std::string& dn, const std::vector<Attribute>& attributes) override {
    (void)inner_.add(dn, attributes);
    return {};
  }
  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override {
    (void)inner_.modify(dn, changes);
    return {};
  }
  Result<void> rename(const std::string& dn, const std::string& rdn, const std::string& parent) override {
    (void)inner_.rename(dn, rdn, parent);
    return {};
  }
  Result<void> remove(const std::string& dn) override {
    (void)inner_.remove(dn);
    return {};
  }
};

/// Refuses every change of what is there, and names of 15 characters.
class Rigid : public ldap::ForwardingTransport {
 public:
  using ForwardingTransport::ForwardingTransport;
  Result<void> add(const std::string& dn, const std::vector<Attribute>& attributes) override {
    for (const auto& attribute : attributes)
      if (attribute.name == "sAMAccountName" && attribute.values.front().size() > 15) return refusal();
    return inner_.add(dn, attributes);
  }
  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override {
    (void)dn;
    (void)changes;
    return refusal();
  }

 private:
  static Result<void> refusal() {
    return fail(
        ldap::ldap_error(53, "00002035: SvcErr: DSID-031A1200, problem 5003 (WILL_NOT_PERFORM), data 0"));
  }
};

/// What it answers is not so: each value is another one, each object comes twice, root keys have no time and
/// unknown settings, and the forest is said to be permissive.
class Lying : public ldap::ForwardingTransport {
 public:
  using ForwardingTransport::ForwardingTransport;
  Result<void> search(const SearchRequest& request, const ldap::EntrySink& sink) override {
    if (request.base.starts_with("CN=Directory Service,")) {
      (void)sink({request.base, {{"dSHeuristics", {"00001"}}}});
      return {};
    }
    if (request.base.starts_with("CN=Group Key Distribution Service Server Configuration,")) {
      (void)sink({request.base, {{"msKds-Version", {"1"}}, {"msKds-KDFAlgorithmID", {"unheard of"}}}});
      return {};
    }
    return inner_.search(request, [&](Entry&& entry) {
      if (entry.dn.empty()) return sink(without_controls(std::move(entry)));
      std::erase_if(entry.attributes,
                    [](const auto& each) { return equal_folded(each.name, "msKds-UseStartTime"); });
      for (auto& attribute : entry.attributes)
        for (auto& value : attribute.values) value = "other";
      return sink(Entry(entry)) && sink(std::move(entry));
    });
  }
  Result<void> watch(const SearchRequest& request, const ldap::EntrySink& sink,
                     std::stop_token stop) override {
    return inner_.watch(
        request,
        [&](Entry&& entry) {
          entry.attributes.clear();
          return sink(std::move(entry));
        },
        std::move(stop));
  }

 private:
  static Entry without_controls(Entry entry) {
    std::erase_if(entry.attributes,
                  [](const auto& each) { return equal_folded(each.name, "supportedControl"); });
    return entry;
  }
};

TEST_F(Conformance, each_check_is_able_to_find_a_difference) {
  const std::string unit = add_unit(unique("conf"));
  Yielding yielding(directory());
  Rigid rigid(directory());
  Lying lying(directory());
  std::set<std::string> found;
  for (Transport* broken : std::initializer_list<Transport*>{&yielding, &rigid, &lying}) {
    auto refused = setting(unit);
    refused.connect = [](const std::string&) {
      return Result<void>(fail(ldap::ldap_error(
          49,
          "80090346: LdapErr: DSID-0C090709, comment: AcceptSecurityContext error, data 80090346, v4563")));
    };
    const Report report = run_in(refused, *broken);
    for (const auto& id : with(report, Verdict::different)) found.insert(id);
    EXPECT_THAT(below(unit), ElementsAre(unit));
  }
  for (const auto& check : conformance::all_checks()) {
    if (check.server_only && is_file()) continue;
    if (check.id == "spn.aliases") continue;  // either answer will do, and is noted
    EXPECT_TRUE(found.contains(check.id)) << check.id << " says 'as assumed' of whatever it is answered";
  }
}

/// From some write on nothing gets through any more, as after a kill or a lost connection. That write itself
/// is carried out, and its answer lost.
class Cut : public ldap::ForwardingTransport {
 public:
  Cut(Transport& inner, size_t at) : ForwardingTransport(inner), left_(at) {}
  Result<void> search(const SearchRequest& request, const ldap::EntrySink& sink) override {
    return left_ == 0 ? lost() : inner_.search(request, sink);
  }
  Result<void> watch(const SearchRequest& request, const ldap::EntrySink& sink,
                     std::stop_token stop) override {
    return left_ == 0 ? lost() : inner_.watch(request, sink, std::move(stop));
  }
  Result<void> add(const std::string& dn, const std::vector<Attribute>& attributes) override {
    return write([&] { return inner_.add(dn, attributes); });
  }
  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override {
    return write([&] { return inner_.modify(dn, changes); });
  }
  Result<void> rename(const std::string& dn, const std::string& rdn, const std::string& parent) override {
    return write([&] { return inner_.rename(dn, rdn, parent); });
  }
  Result<void> remove(const std::string& dn) override {
    return write([&] { return inner_.remove(dn); });
  }

 private:
  static Result<void> lost() { return fail(ErrorKind::unavailable, "the connection was cut"); }
  template <class Send>
  Result<void> write(const Send& send) {
    if (left_ == 0) return lost();
    auto outcome = send();
    return --left_ == 0 ? lost() : outcome;
  }
  size_t left_;
};

TEST_F(Conformance, a_run_that_is_cut_off_says_what_it_left_and_the_next_one_removes_it) {
  const std::string unit = add_unit(unique("conf"));
  const auto before = state_of_everything();
  for (const size_t at : {1U, 2U, 9U, 60U}) {
    Cut cut(directory(), at);
    const Report first = run_in(unit, cut);
    ASSERT_THAT(dns(first.left_behind), ElementsAre(StartsWith("OU=gmsactl-conformance-"))) << at;
    EXPECT_THAT(first.left_behind.front().why, HasSubstr("the connection was cut"));
    EXPECT_THAT(first.findings.back().evidence, ElementsAre(StartsWith("the connection was lost")));
    const std::string container = first.left_behind.front().dn;
    EXPECT_THAT(below(unit), Contains(container)) << "cut at write " << at;

    const Report second = clean(unit);
    EXPECT_THAT(second.removed_earlier, ElementsAre(container));
    EXPECT_THAT(dns(second.left_behind), IsEmpty());
    EXPECT_THAT(with(second, Verdict::different), IsEmpty());
    EXPECT_THAT(touched_since(before), IsEmpty()) << "cut at write " << at;
  }
}

TEST_F(Conformance, what_no_run_has_made_is_never_removed) {
  const std::string unit = add_unit(unique("conf"));
  const auto add_ou = [&](const std::string& name, const std::string& description) {
    const std::string dn = "OU=" + name + "," + unit;
    EXPECT_DONE(
        directory().add(dn, {{"objectClass", {"organizationalUnit"}}, {"description", {description}}}));
    return dn;
  };
  const std::string made = "Made by gmsactl conformance, which removes it";
  const std::string ours = add_ou("gmsactl-conformance-0a1b2c", made);
  const auto put = [&](const std::string& name) {
    const std::string dn = "CN=" + name + "," + ours;
    EXPECT_DONE(directory().add(dn, {{"objectClass", {"container"}}}));
    return dn;
  };
  const std::string theirs = put("somebody's");
  put("g0a1b2c7");
  std::vector<std::string> kept{
      unit,
      ours,
      theirs,
      add_ou("gmsactl-conformance-ffffff", "Made by hand"),
      add_ou("gmsactl-conformance-ABCDEF", made),
      add_ou("gmsactl-conformance-0a1b2c3", made),
      add_ou("gmsactl-conformance", made),
      add_ou("conformance-0a1b2d", made),
  };
  const Report report = clean(unit);
  std::ranges::sort(kept);
  EXPECT_EQ(below(unit), kept);
  ASSERT_THAT(dns(report.left_behind), ElementsAre(theirs, ours));
  EXPECT_THAT(report.removed_earlier, IsEmpty());
  for (const auto& left : report.left_behind)
    if (left.dn == theirs) {
      EXPECT_EQ(left.why, "no run of gmsactl made it");
    }

  EXPECT_DONE(directory().remove(theirs));
  EXPECT_THAT(clean(unit).removed_earlier, ElementsAre(ours));
  EXPECT_EQ(below(unit).size(), kept.size() - 2);
}

}  // namespace
}  // namespace gmsactl::contract
