#include <gtest/gtest.h>

#include <tuple>

#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap {
namespace {

struct Case {
  int result;
  std::string_view text;
  ErrorKind kind;
  std::string_view name;
};

class LdapErrorTable : public testing::TestWithParam<Case> {};

TEST_P(LdapErrorTable, kind_and_name) {
  const Case& expected = GetParam();
  const Error error = ldap_error(expected.result, expected.text);
  EXPECT_EQ(name(error.kind), name(expected.kind)) << error.message;
  ASSERT_TRUE(error.native);
  EXPECT_EQ(error.native->code, expected.result);
  EXPECT_EQ(error.native->name, expected.name);
}

INSTANTIATE_TEST_SUITE_P(ResultCodes, LdapErrorTable,
                         testing::Values(Case{1, "", ErrorKind::internal, "operationsError"},
                                         Case{2, "", ErrorKind::invalid, "protocolError"},
                                         Case{3, "", ErrorKind::timeout, "timeLimitExceeded"},
                                         Case{4, "", ErrorKind::constraint, "sizeLimitExceeded"},
                                         Case{7, "", ErrorKind::unsupported, "authMethodNotSupported"},
                                         Case{8, "", ErrorKind::unauthenticated, "strongerAuthRequired"},
                                         Case{10, "", ErrorKind::unsupported, "referral"},
                                         Case{11, "", ErrorKind::constraint, "adminLimitExceeded"},
                                         Case{12, "", ErrorKind::unsupported, "unavailableCriticalExtension"},
                                         Case{13, "", ErrorKind::unauthenticated, "confidentialityRequired"},
                                         Case{16, "", ErrorKind::conflict, "noSuchAttribute"},
                                         Case{17, "", ErrorKind::constraint, "undefinedAttributeType"},
                                         Case{19, "", ErrorKind::constraint, "constraintViolation"},
                                         Case{20, "", ErrorKind::conflict, "attributeOrValueExists"},
                                         Case{21, "", ErrorKind::constraint, "invalidAttributeSyntax"},
                                         Case{32, "", ErrorKind::not_found, "noSuchObject"},
                                         Case{34, "", ErrorKind::invalid, "invalidDNSyntax"},
                                         Case{49, "", ErrorKind::unauthenticated, "invalidCredentials"},
                                         Case{50, "", ErrorKind::denied, "insufficientAccessRights"},
                                         Case{51, "", ErrorKind::unavailable, "busy"},
                                         Case{52, "", ErrorKind::unavailable, "unavailable"},
                                         Case{53, "", ErrorKind::constraint, "unwillingToPerform"},
                                         Case{64, "", ErrorKind::constraint, "namingViolation"},
                                         Case{65, "", ErrorKind::constraint, "objectClassViolation"},
                                         Case{66, "", ErrorKind::constraint, "notAllowedOnNonLeaf"},
                                         Case{67, "", ErrorKind::constraint, "notAllowedOnRDN"},
                                         Case{68, "", ErrorKind::already_exists, "entryAlreadyExists"},
                                         Case{-1, "", ErrorKind::unavailable, "serverDown"},
                                         Case{81, "", ErrorKind::unavailable, "serverDown"},
                                         Case{85, "", ErrorKind::timeout, "timeout"},
                                         Case{-5, "", ErrorKind::timeout, "timeout"},
                                         Case{-7, "", ErrorKind::invalid, "filterError"},
                                         Case{4242, "", ErrorKind::internal, "unknown"}));

// What the extended code says counts more than the result where AD uses one result for several things.
INSTANTIATE_TEST_SUITE_P(
    ExtendedCodes, LdapErrorTable,
    testing::Values(
        Case{68, "00000562: SAM error", ErrorKind::conflict, "entryAlreadyExists"},
        Case{53, "00000561: SvcErr: DSID-031A1254, problem 5003", ErrorKind::conflict, "unwillingToPerform"},
        Case{68, "00002071: UpdErr: DSID-031B0F5B, problem 6005", ErrorKind::already_exists,
             "entryAlreadyExists"},
        Case{19, "000021C8: AtrErr: DSID-03200E6D, #1:", ErrorKind::constraint, "constraintViolation"},
        Case{32, "8009000D: failed to find a suitable root key", ErrorKind::constraint, "noSuchObject"},
        Case{50, "00002098: SecErr: DSID-03150F94", ErrorKind::denied, "insufficientAccessRights"},
        Case{16, "00000057: LdapErr: DSID-0C090D7B", ErrorKind::constraint, "noSuchAttribute"},
        Case{16, "00002085: AtrErr", ErrorKind::conflict, "noSuchAttribute"}));

// Samba's words where it gives no extended code.
INSTANTIATE_TEST_SUITE_P(
    Samba, LdapErrorTable,
    testing::Values(
        Case{68, "Attribute member already exists for target GUID 7a3c5ad9-2be1-4673-8aeb-81b3539fde20",
             ErrorKind::conflict, "entryAlreadyExists"},
        Case{53, "Attribute member already deleted for target GUID 7a3c5ad9-2be1-4673-8aeb-81b3539fde20",
             ErrorKind::conflict, "unwillingToPerform"},
        Case{53, "Attribute member doesn't exist for target GUID 7a3c5ad9-2be1-4673-8aeb-81b3539fde20",
             ErrorKind::conflict, "unwillingToPerform"},
        Case{16, "acl_modify: attribute 'x' on entry 'CN=y' was not found in the schema!",
             ErrorKind::constraint, "noSuchAttribute"},
        Case{80, "00002095: objectclass: Cannot rename CN=y, parent does not exist!", ErrorKind::not_found,
             "other"}));

TEST(LdapError, message_has_code_name_extended_code_and_the_servers_words) {
  const Error error = ldap_error(19, "000021C7: AtrErr: DSID-03200E6D, #1:\n\tservicePrincipalName\n");
  EXPECT_EQ(error.message,
            "LDAP 19 constraintViolation (0x21c7 ERROR_DS_SPN_VALUE_NOT_UNIQUE_IN_FOREST, another object of "
            "the forest "
            "holds this service principal name): 000021C7: AtrErr: DSID-03200E6D, "
            "#1:\\x0a\\x09servicePrincipalName");
  EXPECT_EQ(error.native->extended, 0x21C7u);
  EXPECT_FALSE(error.hint.empty());
}

TEST(LdapError, without_words_of_the_server_nothing_is_made_up) {
  EXPECT_EQ(ldap_error(32, "").message, "LDAP 32 noSuchObject");
  EXPECT_EQ(ldap_error(32, std::string_view("\0", 1)).message, "LDAP 32 noSuchObject");
}

TEST(LdapError, text_that_only_looks_like_a_code_is_none) {
  EXPECT_FALSE(ldap_error(53, "deadbeef").native->extended);
  EXPECT_FALSE(ldap_error(53, "0000207: short").native->extended);
  EXPECT_FALSE(ldap_error(53, "0000zz71: not hex").native->extended);
}

TEST(LdapError, control_characters_of_a_server_do_not_reach_the_terminal) {
  const Error error = ldap_error(53, "\x1b[31mred");
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
}

TEST(LdapError, says_why_a_bind_was_refused) {
  const std::pair<std::string_view, std::string_view> reasons[] = {{"525", "there is no such account"},
                                                                   {"52e", "password is wrong"},
                                                                   {"530", "at this time"},
                                                                   {"531", "from this machine"},
                                                                   {"532", "password has expired"},
                                                                   {"533", "account is disabled"},
                                                                   {"701", "account has expired"},
                                                                   {"773", "password must be changed"},
                                                                   {"775", "locked out"}};
  for (const auto& [code, words] : reasons) {
    const Error error =
        ldap_error(49, "80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data " +
                           std::string(code) + ", v4563");
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    EXPECT_FALSE(error.hint.empty()) << code;
    EXPECT_EQ(error.kind, ErrorKind::unauthenticated);
  }
}

}  // namespace
}  // namespace gmsactl::ldap
