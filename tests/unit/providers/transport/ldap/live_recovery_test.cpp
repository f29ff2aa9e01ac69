// Searches that fail on the way, against a server that fails as Windows does: the whole answer of one attempt
// comes back, or an error that says why; a write is never sent twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "providers/transport/ldap/recovery.h"
#include "tests/fakes/ldap_server.h"

namespace gmsactl::ldap {
namespace {

using fakes::ldap_entry;
using fakes::ldap_notice_of_disconnection;
using fakes::ldap_page;
using fakes::ldap_reference;
using fakes::ldap_result;
using fakes::LdapRequest;
using fakes::LdapServer;
using testing::HasSubstr;

constexpr uint8_t search_tag = 0x63;
const std::string domain = "DC=fabrikam,DC=test";
const std::string guid_dn = "<GUID=6b3f2d10-0f3c-4d5e-8a11-2a7c9b0e4f55>";

class Failing : public testing::Test {
 protected:
  /// `fault` is asked first, with the number of the search (from 1); nothing: the page.
  using FaultyAnswer = std::function<std::optional<LdapServer::Reply>(const LdapRequest&, int)>;

  void serve(FaultyAnswer fault) {
    server_ = std::make_unique<LdapServer>([this, fault](const LdapRequest& request) -> LdapServer::Reply {
      if (request.operation == search_tag) ++searches_;
      if (auto reply = fault(request, searches_)) return *reply;
      return {request.operation == search_tag ? ldap_page(request, domain) : ldap_result(request)};
    });
    auto transport = connect(server_->url(), server_->options());
    ASSERT_TRUE(transport) << transport.error().message;
    transport_ = std::move(*transport);
  }

  static SearchRequest everything() {
    SearchRequest request;
    request.base = domain;
    request.page_size = 2;
    return request;
  }
  Result<std::vector<Entry>> search() { return search_all(*transport_, everything()); }

  static void expect_six(const Result<std::vector<Entry>>& entries) {
    ASSERT_TRUE(entries) << entries.error().message;
    ASSERT_EQ(entries->size(), 6U);
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_EQ((*entries)[i].dn, "CN=o" + std::to_string(i) + "," + domain);
      EXPECT_EQ((*entries)[i].first("description"), (*entries)[0].first("description")) << "of two answers";
    }
  }

  std::unique_ptr<LdapServer> server_;
  std::unique_ptr<Transport> transport_;
  int searches_ = 0;
};

LdapServer::Reply answer(const LdapRequest& request, int code, const std::string& text) {
  return {ldap_result(request, code, text)};
}

const std::string lost_bind =
    "000004DC: LdapErr: DSID-0C090A71, comment: In order to perform this operation a successful bind must be "
    "completed on the connection., data 0, v3839";

TEST_F(Failing, a_lost_bind_is_bound_again) {
  serve([](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    if (request.connection == 1) return answer(request, 1, lost_bind);
    return std::nullopt;
  });
  expect_six(search());
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(Failing, a_bind_that_is_lost_each_time_is_said_with_a_hint) {
  serve([](const LdapRequest& request, int) { return answer(request, 1, lost_bind); });
  const auto found = search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(found.error().message, HasSubstr("no longer bound"));
  EXPECT_THAT(found.error().message, HasSubstr("tried 3 times"));
  EXPECT_THAT(found.error().hint, HasSubstr("Kerberos ticket"));
  EXPECT_EQ(server_->connections(), 3);
}

TEST_F(Failing, a_write_goes_on_after_a_lost_bind) {
  serve([](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    if (request.connection == 1) return answer(request, 1, lost_bind);
    return std::nullopt;
  });
  expect_six(search());
  EXPECT_TRUE(transport_->modify("CN=o1," + domain, {{ModifyOperation::replace, "description", {"x"}}}));
}

TEST_F(Failing, patience_is_had_where_the_server_asks_for_it) {
  const std::map<int, std::string> results{
      {51, "000020EF: SvcErr: DSID-0C1A0FFB, problem 5001 (BUSY), data 0\n"},
      {52, "000020F0: SvcErr: DSID-0C1A0FFB, problem 5002 (UNAVAILABLE), data 0\n"},
      {80, "0000200E: SvcErr: DSID-0C1A0FFB, problem 5012 (DIR_ERROR), data 0\n"}};
  for (const auto& row : results) {
    searches_ = 0;
    serve([&](const LdapRequest& request, int search) -> std::optional<LdapServer::Reply> {
      if (search <= 2) return answer(request, row.first, row.second);
      return std::nullopt;
    });
    expect_six(search());
  }
}

TEST_F(Failing, a_server_that_stays_busy_is_unavailable_after_a_few_tries) {
  serve([](const LdapRequest& request, int) { return answer(request, 51, "busy"); });
  const auto found = search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(found.error().recovery, Recovery::later);
  EXPECT_EQ(searches_, 5);
  EXPECT_FALSE(found.error().hint.empty());
}

TEST_F(Failing, a_part_before_the_time_limit_is_no_answer) {
  serve([](const LdapRequest& request, int search) -> std::optional<LdapServer::Reply> {
    if (search != 2) return std::nullopt;
    return LdapServer::Reply{ldap_entry(request.id, "CN=part," + domain, {}) +
                             ldap_result(request, 3, "00000057: LdapErr: DSID-0C090B9D, comment: x, data 0")};
  });
  expect_six(search());
}

TEST_F(Failing, a_result_that_is_no_success_is_an_error_whatever_came_before) {
  for (const int code : {1, 2, 3, 4, 8, 11, 12, 50, 51, 52, 53, 80, 123}) {
    int seen = 0;
    serve([&](const LdapRequest& request, int) {
      return LdapServer::Reply{ldap_entry(request.id, "CN=part," + domain, {}) + ldap_result(request, code)};
    });
    const auto outcome = transport_->search(everything(), [&](Entry&&) { return ++seen > 0; });
    EXPECT_FALSE(outcome) << code;
    EXPECT_EQ(seen, 0) << code;
    EXPECT_NE(outcome.error().kind, ErrorKind::internal) << code << ": the server could not be read";
  }
}

TEST_F(Failing, limits_are_not_tried_again) {
  for (const int code : {4, 11, 12, 50, 53}) {
    searches_ = 0;
    serve([&](const LdapRequest& request, int) { return answer(request, code, ""); });
    EXPECT_FALSE(search());
    EXPECT_EQ(searches_, 1) << code;
  }
}

TEST_F(Failing, a_refused_page_cookie_begins_with_page_one_on_a_new_connection) {
  for (const int code : {2, 12, 53}) {
    serve([&](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
      if (request.connection != 1 || request.cookie != "2") return std::nullopt;
      return answer(request, code,
                    "00000057: LdapErr: DSID-0C090B9D, comment: Error processing control, data 0");
    });
    expect_six(search());
    EXPECT_EQ(server_->connections(), 2);
  }
}

TEST_F(Failing, a_cookie_that_is_refused_each_time_is_said_to_be) {
  serve([&](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    if (request.cookie.empty()) return std::nullopt;
    return answer(request, 12, "00000057: LdapErr: DSID-0C090B9D, comment: Error processing control, data 0");
  });
  const auto found = search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(found.error().message, HasSubstr("no longer knows the page"));
}

TEST_F(Failing, a_connection_that_ends_between_pages_begins_with_page_one) {
  serve([&](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    if (request.connection != 1) return std::nullopt;
    return LdapServer::Reply{ldap_page(request, domain), request.cookie == "1"};
  });
  expect_six(search());
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(Failing, a_connection_that_ends_within_a_page_begins_with_page_one) {
  serve([&](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    if (request.connection != 1 || request.cookie != "1") return std::nullopt;
    return LdapServer::Reply{ldap_entry(request.id, "CN=o2," + domain, {}), true};
  });
  expect_six(search());
}

TEST_F(Failing, a_connection_closed_while_idle_is_opened_again) {
  serve([&](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    return LdapServer::Reply{ldap_page(request, domain), request.connection == 1 && request.cookie == "2"};
  });
  expect_six(search());
  expect_six(search());
}

TEST_F(Failing, a_notice_of_disconnection_once_is_no_end) {
  serve([&](const LdapRequest& request, int search) -> std::optional<LdapServer::Reply> {
    if (search != 1) return std::nullopt;
    (void)request;
    return LdapServer::Reply{ldap_notice_of_disconnection(52, "00002024: shutting down"), true};
  });
  expect_six(search());
}

TEST_F(Failing, the_reason_in_a_notice_of_disconnection_is_said) {
  serve([&](const LdapRequest&, int) {
    return LdapServer::Reply{
        ldap_notice_of_disconnection(
            52,
            "00002024: LdapErr: DSID-0C0601B8, comment: The server is going to shut down, "
            "data 0, v3839"),
        true};
  });
  const auto found = search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(found.error().message, HasSubstr("The server is going to shut down"));
}

TEST_F(Failing, strong_authentication_demanded_in_the_middle_binds_again) {
  serve([](const LdapRequest& request, int search) -> std::optional<LdapServer::Reply> {
    if (search == 2)
      return answer(request, 8, "00002028: LdapErr: DSID-0C090202, comment: integrity, data 0");
    return std::nullopt;
  });
  expect_six(search());
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(Failing, who_takes_entries_as_they_come_is_told_that_they_come_anew) {
  serve([&](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    return LdapServer::Reply{ldap_page(request, domain), request.connection == 1 && request.cookie == "1"};
  });
  std::vector<std::string> seen;
  std::vector<size_t> forgotten;
  SearchRequest request = everything();
  request.restarted = [&] {
    forgotten.push_back(seen.size());
    seen.clear();
  };
  ASSERT_TRUE(transport_->search(request, [&](Entry&& entry) {
    seen.push_back(entry.dn);
    return true;
  }));
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(forgotten, std::vector<size_t>{4});
}

TEST_F(Failing, a_sink_that_calls_the_transport_is_refused_however_entries_come) {
  serve([](const LdapRequest&, int) { return std::nullopt; });
  for (const bool streams : {false, true}) {
    Result<Entry> inner = fail(ErrorKind::not_found, "not run");
    Result<void> written;
    SearchRequest request = everything();
    if (streams) request.restarted = [] {};
    ASSERT_TRUE(transport_->search(request, [&](Entry&&) {
      inner = read(*transport_, "", {"cn"});
      written = transport_->remove("CN=o1," + domain);
      return true;
    }));
    EXPECT_EQ(inner.error().kind, ErrorKind::internal);
    EXPECT_EQ(written.error().kind, ErrorKind::internal);
  }
}

TEST_F(Failing, a_referral_says_where_to_and_is_not_followed) {
  serve([](const LdapRequest& request, int) {
    return LdapServer::Reply{ldap_result(request, 10,
                                         "0000202B: RefErr: DSID-0310082F, data 0, 1 access points",
                                         std::nullopt, "ldap://other.fabrikam.test/DC=other,DC=test")};
  });
  const auto found = search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(found.error().message, HasSubstr("ldap://other.fabrikam.test/DC=other,DC=test"));
  EXPECT_EQ(searches_, 1);
}

TEST_F(Failing, references_to_parts_of_the_domain_are_passed_over) {
  serve([](const LdapRequest& request, int) {
    return LdapServer::Reply{
        ldap_reference(request.id,
                       "ldap://DomainDnsZones.fabrikam.test/DC=DomainDnsZones,DC=fabrikam,DC=test") +
        ldap_page(request, domain)};
  });
  expect_six(search());
}

TEST_F(Failing, a_reference_for_the_base_itself_is_no_empty_answer) {
  for (const char* dn : {"DC=fabrikam,DC=test", "dc=Fabrikam,%44C=test??base"}) {
    serve([&](const LdapRequest& request, int) {
      return LdapServer::Reply{ldap_reference(request.id, "ldap://other.fabrikam.test/" + std::string(dn)) +
                               ldap_result(request, 0, {}, "")};
    });
    const auto found = search();
    ASSERT_FALSE(found) << dn;
    EXPECT_THAT(found.error().message, HasSubstr("does not hold"));
  }
}

TEST_F(Failing, a_full_page_that_does_not_say_whether_more_follows_is_an_error) {
  serve([](const LdapRequest& request, int) {
    return LdapServer::Reply{ldap_entry(request.id, "CN=a", {}) + ldap_entry(request.id, "CN=b", {}) +
                             ldap_result(request)};
  });
  const auto found = search();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::corrupt);
}

TEST_F(Failing, a_write_is_never_sent_twice) {
  int writes = 0;
  const std::vector<Modification> change{{ModifyOperation::replace, "description", {"x"}}};
  serve([&](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
    if (request.operation == search_tag) return std::nullopt;
    return ++writes == 1 ? answer(request, 51, "busy") : LdapServer::Reply{{}, true};
  });
  EXPECT_EQ(transport_->modify("CN=o1", change).error().kind, ErrorKind::unavailable);
  const auto lost = transport_->modify("CN=o1", change);
  EXPECT_EQ(lost.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(lost.error().not_sent);
  const auto refused = transport_->modify("CN=o1", change);
  EXPECT_TRUE(refused.error().not_sent);
  EXPECT_EQ(writes, 2);
}

/// A controller that is no global catalog, asked for an object by its GUID or SID.
class Gone : public Failing {
 protected:
  void serve_referrals(bool still_there) {
    serve([still_there](const LdapRequest& request, int) -> std::optional<LdapServer::Reply> {
      if (request.base.starts_with("<"))
        return LdapServer::Reply{
            ldap_result(request, 10,
                        "0000202B: RefErr: DSID-0310082F, data 0, 1 access points\n\tref 1: "
                        "'gc._msdcs.fabrikam.test:3268'\n",
                        std::nullopt, "ldap://gc._msdcs.fabrikam.test:3268/" + guid_dn)};
      if (request.base.empty())
        return LdapServer::Reply{ldap_entry(request.id, "", {{"defaultNamingContext", {domain}}}) +
                                 ldap_result(request)};
      return LdapServer::Reply{(still_there ? ldap_entry(request.id, "CN=o1," + domain, {}) : "") +
                               ldap_result(request, 0, {}, "")};
    });
  }
};

TEST_F(Gone, an_object_that_the_domain_does_not_know_is_not_found) {
  serve_referrals(false);
  EXPECT_EQ(read(*transport_, guid_dn, {"cn"}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(read(*transport_, "<SID=S-1-5-21-1-2-3-1104>", {"cn"}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(read(*transport_, "<WKGUID=18e2ea80684f11d2b9aa00c04f79f805,DC=other>", {"cn"}).error().kind,
            ErrorKind::unsupported)
      << "of which domain that is was not known before";
  EXPECT_EQ(transport_->modify(guid_dn, {{ModifyOperation::replace, "description", {"x"}}}).error().kind,
            ErrorKind::not_found);
  EXPECT_EQ(transport_->rename(guid_dn, "CN=x", "").error().kind, ErrorKind::not_found);
  EXPECT_EQ(transport_->remove(guid_dn).error().kind, ErrorKind::not_found);
}

TEST_F(Gone, an_object_that_the_domain_does_know_is_not_gone) {
  serve_referrals(true);
  EXPECT_EQ(read(*transport_, guid_dn, {"cn"}).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(read(*transport_, "<SID=S-1-5-21-1-2-3-1104>", {"cn"}).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(transport_->remove(guid_dn).error().kind, ErrorKind::unsupported);
}

TEST(GlobalCatalog, its_ports_are_refused_unless_it_is_meant) {
  ConnectOptions options;
  for (const auto& [url, right] : {std::pair<const char*, const char*>{"ldap://dc01:3268", "ldap://dc01,"},
                                   {"ldaps://dc01:3269", "ldaps://dc01,"}}) {
    const auto refused = connect(url, options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_THAT(refused.error().hint, HasSubstr(right));
  }
}

}  // namespace
}  // namespace gmsactl::ldap
