// What a root key is made with, by the forest's own configuration ([MS-GKDI] 3.1.4.1.1).
#include "providers/directory/kds_root_key.h"

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

class RootKey : public LdifWorld {
 protected:
  /// With the forest's Server Configuration as given, LDIF lines each ending with a line feed.
  Result<std::map<std::string, std::string>> parameters(const std::string& settings) {
    std::ofstream(path_)
        << "dn: DC=contoso,DC=com\nobjectClass: domainDNS\n\n"
           "dn: CN=Group Key Distribution Service Server Configuration,CN=Server Configuration,"
           "CN=Group Key Distribution Service,CN=Services,CN=Configuration,DC=contoso,DC=com\n"
           "objectClass: msKds-ProvServerConfiguration\n"
        << settings;
    auto file = ldap::open_ldif(path_).value();
    const auto made = GMSACTL_TRY(directory::root_key_parameters(
        *file, model::Dn::parse("CN=Configuration,DC=contoso,DC=com").value()));
    std::map<std::string, std::string> values;
    for (const auto& attribute : made) values.emplace(attribute.name, attribute.values.at(0));
    return values;
  }
  static std::string base64_line(const std::string& name, const std::string& bytes) {
    return name + ":: " + base64_encode(bytes) + "\n";
  }
};

TEST_F(RootKey, of_a_windows_forest_has_the_group_of_rfc_5114_and_windows_key_lengths) {
  const auto made = parameters("msKds-Version: 1\n").value();
  EXPECT_EQ(made.size(), 7U);
  EXPECT_EQ(made.at("msKds-Version"), "1");
  EXPECT_EQ(made.at("msKds-KDFAlgorithmID"), "SP800_108_CTR_HMAC");
  EXPECT_EQ(hex(made.at("msKds-KDFParam")), "00000000010000000e000000000000005300480041003500310032000000");
  EXPECT_EQ(made.at("msKds-SecretAgreementAlgorithmID"), "DH");
  EXPECT_EQ(made.at("msKds-PublicKeyLength"), "2048");
  EXPECT_EQ(made.at("msKds-PrivateKeyLength"), "512");
  const std::string& group = made.at("msKds-SecretAgreementParam");
  EXPECT_EQ(group.size(), 524U);
  EXPECT_EQ(hex(group.substr(0, 28)), "0c0200004448504d0001000087a8e61db4b6663cffbbd19c65195999");
  // Of what Samba writes, whose prime was checked: the subgroup's order divides p - 1, and g^q mod p is 1.
  EXPECT_EQ(sha256(group), "76a2d9f4fc33d1a2972c548d72aa94ff966689ade273f25636d00aa68b97190c");
}

TEST_F(RootKey, takes_all_of_a_group_from_the_configuration_or_nothing) {
  const std::string dh = "msKds-Version: 1\nmsKds-SecretAgreementAlgorithmID: DH\n";
  const std::string small = std::string("\x2c\0\0\0DHPM\x10\0\0\0", 12) + std::string(32, 'x');
  const auto made = parameters(dh + base64_line("msKds-SecretAgreementParam", small) +
                               "msKds-PublicKeyLength: 128\nmsKds-PrivateKeyLength: 64\n")
                        .value();
  EXPECT_EQ(made.at("msKds-SecretAgreementParam"), small);
  EXPECT_EQ(made.at("msKds-PublicKeyLength"), "128");
  EXPECT_EQ(made.at("msKds-PrivateKeyLength"), "64");
  EXPECT_EQ(parameters("msKds-Version: 1\nmsKds-PrivateKeyLength: 64\nmsKds-PublicKeyLength: 128\n")
                .value()
                .at("msKds-PrivateKeyLength"),
            "512")
      << "lengths without an algorithm count for nothing";
  for (const auto& half :
       {dh, dh + "msKds-PublicKeyLength: 2048\nmsKds-PrivateKeyLength: 512\n",
        dh + base64_line("msKds-SecretAgreementParam", small) + "msKds-PrivateKeyLength: 64\n",
        dh + base64_line("msKds-SecretAgreementParam", small) +
            "msKds-PublicKeyLength: 2048\nmsKds-PrivateKeyLength: 64\n"}) {
    const auto refused = parameters(half);
    ASSERT_FALSE(refused.has_value()) << half;
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  }
}

TEST_F(RootKey, is_refused_where_the_forest_asks_for_what_gmsactl_can_not_make) {
  for (const std::string settings :
       {"msKds-SecretAgreementAlgorithmID: ECDH_P256\nmsKds-PublicKeyLength: 256\n",
        "msKds-SecretAgreementAlgorithmID: dh2\n", "msKds-KDFAlgorithmID: HKDF\n",
        "msKds-KDFAlgorithmID: SP800_108_CTR_HMAC\n",
        "msKds-KDFAlgorithmID: SP800_108_CTR_HMAC\nmsKds-KDFParam: SHA512\n"}) {
    const auto refused = parameters("msKds-Version: 1\n" + settings);
    ASSERT_FALSE(refused.has_value()) << settings;
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(refused.error().hint, testing::HasSubstr("Add-KdsRootKey -EffectiveImmediately"));
  }
  EXPECT_EQ(parameters("").error().kind, ErrorKind::denied) << "attributes that nobody may see";
}

}  // namespace
}  // namespace gmsactl
