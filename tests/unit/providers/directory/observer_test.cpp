// What is read where most declarations are settled, and what a directory tells of its changes and writes.
#include "engine/model/filetime.h"
#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using directory::DirectoryObserver;
using fakes::account;
using fakes::desired;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Absent;
using model::Desired;
using model::LiveGmsa;
using model::LiveGroup;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::UnorderedElementsAre;

class Observer : public LdifWorld {
 protected:
  std::unique_ptr<DirectoryObserver> observer(const Desired& wanted) {
    return DirectoryObserver::create(wanted.environment, {{"ldif:" + path_}, {}}).value();
  }
  model::Observations observe(const Desired& wanted) {
    return observer(wanted)->observe(wanted, events_).value();
  }
  template <class Live>
  static const Live& live(const std::map<std::string, model::Observation<Live>>& all,
                          const std::string& name) {
    return std::get<Live>(all.at(name));
  }
  /// Straight at the file, as another tool would.
  void edit(const std::function<void(ldap::Transport&)>& change) {
    auto file = ldap::open_ldif(path_).value();
    change(*file);
    ASSERT_TRUE(file->flush());
  }
  void append(const std::string& records) { std::ofstream(path_, std::ios::app) << "\n" << records; }
};

const std::string accounts_dn = "CN=Managed Service Accounts,DC=contoso,DC=com";

Desired estate() {
  return desired({group("Hosts", {named("HOST01")}), group("Others", {named("HOST02")})},
                 {account("Web", {group_ref("Hosts")}), account("Api", {group_ref("Others")})});
}

TEST_F(Observer, what_is_settled_is_not_read_but_for_groups_that_somebody_names) {
  auto wanted = estate();
  bring_about(wanted);
  wanted.suspects.emplace();
  for (auto& one : wanted.host_groups) one.settled = true;
  wanted.accounts[1].settled = true;
  const auto seen = observe(wanted);
  EXPECT_THAT(seen.accounts, ElementsAre(Key("Web")));
  EXPECT_THAT(seen.host_groups, ElementsAre(Key("Hosts")));
  EXPECT_THAT(seen.principals, IsEmpty());
  const auto plan = plan::make_plan(wanted, seen, {});
  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_EQ(plan.unchanged.size(), 4u);
}

TEST_F(Observer, a_suspect_is_found_whatever_it_is_called_and_wherever_it_stands) {
  auto wanted = estate();
  bring_about(wanted);
  const auto guid = live(observe(wanted).accounts, "Web").id.guid;
  edit([](ldap::Transport& file) {
    ASSERT_TRUE(file.modify("CN=Web," + accounts_dn,
                            {{ldap::ModifyOperation::replace, "sAMAccountName", {"Else$"}}}));
    ASSERT_TRUE(file.rename("CN=Web," + accounts_dn, "CN=Else", "CN=Users,DC=contoso,DC=com"));
  });
  for (auto& one : wanted.host_groups) one.settled = true;
  wanted.accounts[1].settled = true;
  wanted.suspects.emplace();
  EXPECT_TRUE(std::holds_alternative<Absent>(observe(wanted).accounts.at("Web")));
  wanted.suspects->push_back(guid);
  EXPECT_EQ(live(observe(wanted).accounts, "Web").sam_account_name, "Else$");
}

TEST_F(Observer, what_is_left_over_is_told_among_suspects) {
  auto wanted = estate();
  bring_about(wanted);
  const auto all = observe(wanted);
  const auto guid = live(all.accounts, "Api").id.guid;
  wanted.accounts.pop_back();
  for (auto& one : wanted.host_groups) one.settled = true;
  wanted.accounts[0].settled = true;
  wanted.suspects.emplace({live(all.accounts, "Web").id.guid, guid});
  const auto seen = observe(wanted);
  ASSERT_TRUE(seen.leftovers);
  ASSERT_EQ(seen.leftovers->size(), 1u) << "an object whose declaration is settled is not left over";
  EXPECT_EQ(seen.leftovers->front().id().guid, guid);
}

TEST_F(Observer, an_object_of_a_settled_declaration_is_nobody_elses) {
  auto wanted = estate();
  bring_about(wanted);
  wanted.accounts.push_back(account("New"));
  wanted.accounts[2].spec.sam_account_name = "Web";  // as the object of GMSA/Web is called
  for (auto& one : wanted.host_groups) one.settled = true;
  wanted.accounts[0].settled = wanted.accounts[1].settled = true;
  wanted.suspects.emplace();
  const auto seen = observe(wanted);
  EXPECT_TRUE(std::holds_alternative<Absent>(seen.accounts.at("New")));
  EXPECT_THAT(seen.sam_account_name_holders, Contains(Key("web$")));
}

TEST_F(Observer, a_part_costs_requests_by_its_own_size) {
  auto wanted = desired({}, {});
  for (int i = 0; i < 300; ++i) wanted.accounts.push_back(account("A" + std::to_string(i)));
  bring_about(wanted);
  const auto entries_read = [&] {
    auto reader = observer(wanted);
    EXPECT_TRUE(reader->observe(wanted, events_));
    return reader->counters().entries.load();
  };
  EXPECT_GT(entries_read(), 300u);
  wanted.suspects.emplace();
  for (auto& one : wanted.accounts) one.settled = true;
  wanted.accounts[7].settled = false;
  EXPECT_LT(entries_read(), 15u);
}

// --- the forest
// --------------------------------------------------------------------------------------------------------------

constexpr char emea[] =
    "dn: CN=EMEA,CN=Partitions,CN=Configuration,DC=contoso,DC=com\nobjectClass: crossRef\n"
    "nCName: DC=emea,DC=contoso,DC=com\ndnsRoot: emea.contoso.com\nsystemFlags: 3\n\n"
    "dn: CN=WEB01,OU=Unit,DC=emea,DC=contoso,DC=com\nobjectClass: computer\nsAMAccountName: WEB01$\n"
    "servicePrincipalName: http/web.contoso.com\n";

TEST_F(Observer, an_spn_is_looked_for_in_every_domain_of_the_forest) {
  append(std::string(emea) +
         "\ndn: CN=HOST03,OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\n"
         "servicePrincipalName: http/api.contoso.com\n");
  auto wanted = estate();
  wanted.accounts[0].spec.service_principal_names = {{"HTTP/web.contoso.com", {}}};
  wanted.accounts[1].spec.service_principal_names = {{"HTTP/api.contoso.com", {}}};
  const auto seen = observe(wanted);
  ASSERT_FALSE(seen.spn_holders_unreadable);
  std::vector<std::string> holders;
  for (const auto& [spn, principals] : seen.spn_holders)
    for (const auto& principal : principals) holders.push_back(spn + " " + principal.id.dn.text());
  EXPECT_THAT(holders, UnorderedElementsAre("http/web.contoso.com CN=WEB01,OU=Unit,DC=emea,DC=contoso,DC=com",
                                            "http/api.contoso.com CN=HOST03,OU=Hosts,DC=contoso,DC=com"))
      << "each once, although the catalogue tells of this domain as well";
}

TEST_F(Observer, an_spn_of_another_domain_is_a_conflict_that_names_its_holder) {
  append(emea);
  auto wanted = estate();
  wanted.accounts[0].spec.service_principal_names = {{"HTTP/web.contoso.com", {}}};
  const auto planned = plan(wanted);
  ASSERT_EQ(planned.diagnostics.size(), 1u);
  EXPECT_EQ(planned.diagnostics[0].code, "GMSA0205");
  EXPECT_THAT(planned.diagnostics[0].detail,
              testing::HasSubstr("is registered on CN=WEB01,OU=Unit,DC=emea,DC=contoso,DC=com"));
}

/// With the SIDs and names of a second domain, an account in it, and a trusted one outside of the forest.
std::string other_domains() {
  return std::string(emea) +
         "objectSid: S-1-5-21-7-8-9-1104\n\n"
         "dn: CN=Jane,OU=Unit,DC=emea,DC=contoso,DC=com\nobjectClass: user\nsAMAccountName: jdoe\n"
         "userPrincipalName: jane.doe@contoso.com\nobjectSid: S-1-5-21-7-8-9-1105\n\n"
         "dn: CN=partner.example,CN=System,DC=contoso,DC=com\nobjectClass: trustedDomain\n"
         "trustPartner: partner.example\nflatName: PARTNER\n";
}

TEST_F(Observer, a_principal_of_another_domain_is_found_by_every_form) {
  append(other_domains());
  const std::string dn = "CN=WEB01,OU=Unit,DC=emea,DC=contoso,DC=com";
  const std::string forms[] = {"emea.contoso.com\\WEB01", "EMEA.CONTOSO.COM\\web01$",
                               "WEB01@emea.contoso.com", dn, "S-1-5-21-7-8-9-1104"};
  for (const auto& form : forms) {
    auto ref = named(form);
    if (form.find('@') != std::string::npos) ref.form = model::PrincipalRef::Form::qualified;
    const auto seen = observe(desired({group("Hosts", {ref})}, {}));
    const auto& lookup = seen.principals.at(model::principal_key(ref));
    ASSERT_FALSE(lookup.unreadable) << form << ": " << lookup.unreadable->message;
    ASSERT_EQ(lookup.matches.size(), 1u) << form;
    EXPECT_EQ(lookup.matches[0].id.dn.text(), dn) << form;
    EXPECT_EQ(lookup.matches[0].id.sid.text(), "S-1-5-21-7-8-9-1104") << form;
  }
}

TEST_F(Observer, a_user_principal_name_is_its_owners_whatever_his_account_name_is) {
  append(other_domains());
  auto ref = named("jane.doe@contoso.com");
  ref.form = model::PrincipalRef::Form::qualified;
  const auto seen = observe(desired({group("Hosts", {ref})}, {}));
  const auto& lookup = seen.principals.at(model::principal_key(ref));
  ASSERT_EQ(lookup.matches.size(), 1u);
  EXPECT_EQ(lookup.matches[0].sam_account_name, "jdoe");
}

TEST_F(Observer, names_of_a_trusted_domain_are_asked_for_as_sids) {
  append(other_domains());
  const auto seen =
      observe(desired({group("Hosts", {named("PARTNER\\HOST09"), named("NOWHERE\\HOST09")})}, {}));
  const auto& trusted = seen.principals.at(model::principal_key(named("PARTNER\\HOST09")));
  ASSERT_TRUE(trusted.unreadable);
  EXPECT_THAT(trusted.unreadable->message, testing::HasSubstr("trusted domain outside of the forest"));
  EXPECT_THAT(trusted.unreadable->hint, testing::HasSubstr("-Server partner.example"));
  const auto& nowhere = seen.principals.at(model::principal_key(named("NOWHERE\\HOST09")));
  ASSERT_TRUE(nowhere.unreadable);
  EXPECT_THAT(nowhere.unreadable->message, testing::HasSubstr("is no domain of the forest"));
}

TEST_F(Observer, a_sid_that_nobody_in_the_forest_has_is_foreign) {
  append(other_domains());
  const auto ref = named("S-1-5-21-1-2-3-500");
  const auto seen = observe(desired({group("Hosts", {ref})}, {}));
  const auto& lookup = seen.principals.at(model::principal_key(ref));
  ASSERT_EQ(lookup.matches.size(), 1u);
  EXPECT_TRUE(lookup.matches[0].id.dn.empty());
}

TEST_F(Observer, the_dn_of_a_foreign_security_principal_means_whom_it_stands_for) {
  const auto ref = named("CN=S-1-5-21-1-2-3-500,CN=ForeignSecurityPrincipals,DC=contoso,DC=com");
  const auto seen = observe(desired({group("Hosts", {ref})}, {}));
  const auto& lookup = seen.principals.at(model::principal_key(ref));
  ASSERT_EQ(lookup.matches.size(), 1u);
  EXPECT_EQ(lookup.matches[0].id.sid.text(), "S-1-5-21-1-2-3-500");
}

TEST_F(Observer, a_name_in_another_case_is_the_same_in_every_alphabet) {
  append("dn: CN=ÉCOLE,OU=Hosts,DC=contoso,DC=com\nobjectClass: user\nsAMAccountName: ÉCOLE\n");
  const auto ref = named("école");
  const auto seen = observe(desired({group("Hosts", {ref})}, {}));
  EXPECT_EQ(seen.principals.at(model::principal_key(ref)).matches.size(), 1u);
}

TEST_F(Observer, a_name_that_differs_by_accents_only_is_taken) {
  append("dn: CN=Jose,OU=Hosts,DC=contoso,DC=com\nobjectClass: group\nsAMAccountName: José\n");
  const auto planned = plan(desired({group("Jose", {})}, {}));
  EXPECT_THAT(planned.changes, IsEmpty());
  ASSERT_EQ(planned.diagnostics.size(), 1u);
  EXPECT_EQ(planned.diagnostics[0].code, "GMSA0207");
}

TEST_F(Observer, members_in_great_number_are_known_by_name) {
  std::string records;
  for (int i = 100; i < 200; ++i)
    records += "dn: CN=M" + std::to_string(i) +
               ",OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\nsAMAccountName: M" + std::to_string(i) +
               "$\n\n";
  append(records);
  auto wanted = desired({group("Hosts", {})}, {});
  bring_about(wanted);
  edit([](ldap::Transport& file) {
    std::vector<std::string> members;
    for (int i = 100; i < 200; ++i)
      members.push_back("CN=M" + std::to_string(i) + ",OU=Hosts,DC=contoso,DC=com");
    ASSERT_TRUE(file.modify("CN=Hosts,CN=Users,DC=contoso,DC=com",
                            {{ldap::ModifyOperation::add, "member", members}}));
  });
  const auto seen = observe(wanted);
  EXPECT_EQ(seen.known_members.size(), 100u);
  EXPECT_EQ(seen.known_members.at("cn=m150,ou=hosts,dc=contoso,dc=com").sam_account_name, "M150$");
}

TEST_F(Observer, conflicts_of_many_new_accounts_are_found_without_reading_every_computer) {
  std::string records =
      "dn: CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=com\n"
      "objectClass: nTDSService\nsPNMappings: host=";
  for (int i = 0; i < 53; ++i) records += (i == 0 ? "class" : ",class") + std::to_string(i);
  records += "\n\n";
  for (int i = 1000; i < 1500; ++i)
    records += "dn: CN=M" + std::to_string(i) + ",OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\n" +
               "servicePrincipalName: host/m" + std::to_string(i) + "\n\n";
  append(records);
  std::vector<model::Declaration<model::Gmsa>> accounts;
  for (int i = 0; i < 60; ++i) accounts.push_back(account("New" + std::to_string(i), {named("HOST01")}));
  accounts[7].spec.service_principal_names = {{"class3/m1234", {}}};
  const auto wanted = desired({}, std::move(accounts));
  const auto reader = observer(wanted);
  const auto seen = reader->observe(wanted, events_).value();
  EXPECT_THAT(seen.spn_holders, ElementsAre(Key("host/m1234")));
  EXPECT_LT(reader->counters().entries, 100u);
}

// --- changes
// -------------------------------------------------------------------------------------------------------------

TEST_F(Observer, a_file_keeps_no_count_of_changes) {
  auto reader = observer(estate());
  const auto position = reader->position();
  ASSERT_FALSE(position);
  EXPECT_EQ(position.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(reader->watch([] {}, {}).error().kind, ErrorKind::unsupported);
  EXPECT_FALSE(reader->sees_deleted().value()) << "there is no container of deleted objects";
}

TEST_F(Observer, changed_objects_are_told_with_what_they_are_known_by) {
  append(
      "dn: OU=Unit,DC=contoso,DC=com\nobjectClass: organizationalUnit\nuSNCreated: 90\nuSNChanged: 105\n\n"
      "dn: CN=policy,OU=Unit,DC=contoso,DC=com\nobjectClass: top\nobjectClass: container\n"
      "objectClass: groupPolicyContainer\nuSNCreated: 90\nuSNChanged: 104\n\n"
      "dn: CN=HOST03,OU=Unit,DC=contoso,DC=com\nobjectClass: computer\nuSNCreated: 101\nuSNChanged: 102\n"
      "adminDescription: text\n\n"
      "dn: CN=HOST04,OU=Unit,DC=contoso,DC=com\nobjectClass: computer\nuSNCreated: 90\nuSNChanged: 100\n\n"
      "dn: CN=HOST05,OU=Unit,DC=contoso,DC=com\nobjectClass: computer\nuSNCreated: 90\nuSNChanged: 101\n"
      "isDeleted: TRUE\n");
  const auto changed_after_100 = [&](int64_t latest) {
    std::vector<std::string> told;
    const auto changes = observer(estate())->changed_since(100, latest).value();
    for (const auto& change : changes)
      told.push_back(change.sam_account_name + (change.marker ? " " + *change.marker : "") +
                     (change.created ? " created" : "") + (change.deleted ? " deleted" : "") +
                     (change.container ? " container" : ""));
    return told;
  };
  append("dn:\nhighestCommittedUSN: 105\n");
  const auto all = UnorderedElementsAre(" container", "", "HOST03$ text created", "HOST05$ deleted");
  EXPECT_THAT(changed_after_100(105), all) << "asked for number by number";
  EXPECT_THAT(changed_after_100(1000), all) << "asked for by a range";
  EXPECT_THAT(changed_after_100(103), all) << "more was changed while they were asked for";
  EXPECT_THAT(changed_after_100(100), IsEmpty());
}

// --- writes
// --------------------------------------------------------------------------------------------------------------

std::string little_endian(uint64_t number, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFFU);
  return bytes;
}

TEST_F(Observer, last_writes_are_told_by_field_and_controller) {
  const auto dc01 = *model::Guid::parse("f4c3ff8e-a620-4bdc-8c8a-19c6ae449434");
  const auto gone = *model::Guid::parse("11111111-2222-3333-4444-555555555555");
  const auto stamp = [](uint32_t id, uint32_t version, const model::Guid& controller) {
    return little_endian(id, 4) + little_endian(version, 4) + little_endian(13'439'999'047, 8) +
           controller.encode() + little_endian(1, 8) + little_endian(1, 8);
  };
  const std::string blob = little_endian(1, 8) + little_endian(3, 8) + stamp(0x0D, 7, dc01) +
                           stamp(0x00090001, 2, gone) + stamp(0x00090008, 3, dc01);
  append(
      "dn: CN=DC01,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=contoso,DC=com\nobjectClass: server\n"
      "dNSHostName: dc01.contoso.com\n\n"
      "dn: CN=NTDS Settings,CN=DC01,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=contoso,DC=com\n"
      "objectClass: nTDSDSA\ninvocationId:: " +
      base64_encode(dc01.encode()) +
      "\n\ndn: CN=HOST03,OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\nreplPropertyMetaData:: " +
      base64_encode(blob) + "\nobjectGUID:: " + base64_encode(gone.encode()) + "\n");
  const auto writes = observer(estate())->last_writes(std::array{gone, dc01});
  ASSERT_TRUE(writes) << writes.error().message;
  EXPECT_THAT(*writes, ElementsAre(Key(gone)));
  const auto& fields = writes->at(gone);
  const auto time = *model::parse_filetime_text("2026-11-24T13:04:07Z");
  EXPECT_EQ(fields.at("description"), (model::LastWrite{time, "dc01.contoso.com", 7}));
  EXPECT_EQ(fields.at("enabled"), fields.at("accountNotDelegated")) << "they share userAccountControl";
  EXPECT_EQ(fields.at("path"), (model::LastWrite{time, "", 2}))
      << "a move writes the name; its controller is no more";
  EXPECT_THAT(fields, Not(Contains(Key("members"))));
}

TEST_F(Observer, xml_that_can_not_be_read_is_no_reason_to_know_nothing) {
  const auto guid = *model::Guid::parse("11111111-2222-3333-4444-555555555555");
  const std::string blob = little_endian(1, 8) + little_endian(1, 8) + little_endian(0x0D, 4) +
                           little_endian(7, 4) + little_endian(13'439'999'047, 8) + guid.encode() +
                           little_endian(1, 8) + little_endian(1, 8);
  append("dn: CN=G,CN=Users,DC=contoso,DC=com\nobjectClass: group\nobjectGUID:: " +
         base64_encode(guid.encode()) + "\nreplPropertyMetaData:: " + base64_encode(blob) +
         "\nmsDS-ReplAttributeMetaData: <DS_REPL_ATTR_META_DATA_3></DS_REPL_ATTR_META_DATA_3>\n"
         "msDS-ReplValueMetaData: <NEW></NEW>\n");
  const auto writes = observer(estate())->last_writes(std::array{guid});
  ASSERT_TRUE(writes) << writes.error().message;
  EXPECT_EQ(writes->at(guid).at("description").version, 7u) << "from replPropertyMetaData";
  EXPECT_THAT(writes->at(guid), Not(Contains(Key("members"))));
}

class ObserverOfXml : public Observer, public testing::WithParamInterface<std::string> {};
INSTANTIATE_TEST_SUITE_P(RootElements, ObserverOfXml, testing::Values("", "_2"));

TEST_P(ObserverOfXml, of_windows_is_preferred_and_knows_members) {
  const auto guid = *model::Guid::parse("11111111-2222-3333-4444-555555555555");
  const auto value = [](const std::string& root, const std::string& attribute, const std::string& more,
                        const std::string& time, int version) {
    return "<" + root + ">\n\t<pszAttributeName>" + attribute + "</pszAttributeName>\n" + more +
           "\t<dwVersion>" + std::to_string(version) + "</dwVersion>\n\t<ftimeLastOriginatingChange>" + time +
           "</"
           "ftimeLastOriginatingChange>\n\t<uuidLastOriginatingDsaInvocationID>f4c3ff8e-a620-4bdc-8c8a-"
           "19c6ae449434"
           "</uuidLastOriginatingDsaInvocationID>\n\t<usnOriginatingChange>1</usnOriginatingChange>\n</" +
           root + ">\n";
  };
  const auto member = [&](const std::string& dn, const std::string& deleted, const std::string& time,
                          int version) {
    return value("DS_REPL_VALUE_META_DATA" + GetParam(), "member",
                 "\t<pszObjectDn>" + dn + "</pszObjectDn>\n\t<ftimeDeleted>" + deleted + "</ftimeDeleted>\n",
                 time, version);
  };
  append("dn: CN=G,CN=Users,DC=contoso,DC=com\nobjectClass: group\nobjectGUID:: " +
         base64_encode(guid.encode()) + "\nmsDS-ReplAttributeMetaData:: " +
         base64_encode(
             value("DS_REPL_ATTR_META_DATA" + GetParam(), "description", "", "2026-11-24T13:04:07Z", 7)) +
         "\nmsDS-ReplValueMetaData:: " +
         base64_encode(member("CN=A", "1601-01-01T00:00:00Z", "2026-11-20T00:00:00Z", 1)) +
         "\nmsDS-ReplValueMetaData:: " +
         base64_encode(member("CN=B", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", 2)) + "\n");
  const auto writes = observer(estate())->last_writes(std::array{guid});
  ASSERT_TRUE(writes) << writes.error().message;
  EXPECT_EQ(writes->at(guid).at("description").version, 7u);
  EXPECT_EQ(writes->at(guid).at("members").time, *model::parse_filetime_text("2026-11-22T00:00:00Z"))
      << "the last one, although that was a removal";
}

}  // namespace
}  // namespace gmsactl
