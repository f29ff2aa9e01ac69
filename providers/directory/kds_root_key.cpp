#include "providers/directory/kds_root_key.h"

#include <array>
#include <optional>

#include "engine/base/text.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Attribute;

namespace {

constexpr char version[] = "msKds-Version";
constexpr char kdf_algorithm[] = "msKds-KDFAlgorithmID";
constexpr char kdf_param[] = "msKds-KDFParam";
constexpr char agreement_algorithm[] = "msKds-SecretAgreementAlgorithmID";
constexpr char agreement_param[] = "msKds-SecretAgreementParam";
constexpr char public_key_length[] = "msKds-PublicKeyLength";
constexpr char private_key_length[] = "msKds-PrivateKeyLength";

constexpr std::string_view only_kdf = "SP800_108_CTR_HMAC";
constexpr std::string_view only_agreement = "DH";
constexpr std::string_view dh_magic = "DHPM";
constexpr size_t dh_header = 12;  // length of all, magic, length of a number

// RFC 5114 section 2.3: a 2048-bit group with a prime order subgroup of 256 bits.
constexpr std::string_view prime =
    "87a8e61db4b6663cffbbd19c651959998ceef608660dd0f25d2ceed4435e3b00e00df8f1d61957d4faf7df4561b2aa30"
    "16c3d91134096faa3bf4296d830e9a7c209e0c6497517abd5a8a9d306bcf67ed91f9e6725b4758c022e0b1ef4275bf7b"
    "6c5bfc11d45f9088b941f54eb1e59bb8bc39a0bf12307f5c4fdb70c581b23f76b63acae1caa6b7902d52526735488a0e"
    "f13c6d9a51bfa4ab3ad8347796524d8ef6a167b5a41825d967e144e5140564251ccacb83e6b486f6b3ca3f7971506026"
    "c0b857f689962856ded4010abd0be621c3a3960a54e710c375f26375d7014103a4b54330c198af126116d2276e11715f"
    "693877fad7ef09cadb094ae91e1a1597";
constexpr std::string_view generator =
    "3fb32c9b73134d0b2e77506660edbd484ca7b18f21ef205407f4793a1a0ba12510dbc15077be463fff4fed4aac0bb555"
    "be3a6c1b0c6b47b1bc3773bf7e8c6f62901228f8c28cbb18a55ae31341000a650196f931c77a57f2ddf463e5e9ec144b"
    "777de62aaab8a8628ac376d282d6ed3864e67982428ebc831d14348f6f2f9193b5045af2767164e1dfc967c1fb3f2e55"
    "a4bd1bffe83b9c80d052b985d182ea0adb2a3b7313d3fe14c8484b1e052588b9b7d2bbd2df016199ecd06e1557cd0915"
    "b3353bbb64e0ec377fd028370df92b52c7891428cdc67eb6184b523d1db246c32f63078490f00ef8d647d148d4795451"
    "5e2327cfef98c582664b4c0f6cc41659";

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
  return bytes;
}

std::string little_endian(size_t number) {
  std::string bytes;
  for (size_t i = 0; i < 4; ++i) bytes += static_cast<char>(number >> 8 * i & 0xFFU);
  return bytes;
}

/// [MS-GKDI] 2.2.1 KDF Parameters.
std::string kdf_parameters(std::string_view hash) {
  std::string name;
  for (const char c : hash) name += {c, '\0'};
  name += std::string(2, '\0');
  return little_endian(0) + little_endian(1) + little_endian(name.size()) + little_endian(0) + name;
}

bool is_known_kdf(std::string_view parameters) {
  static constexpr std::array<std::string_view, 4> hashes{"SHA512", "SHA384", "SHA256", "SHA1"};
  for (const auto hash : hashes)
    if (parameters == kdf_parameters(hash)) return true;
  return false;
}

/// Whether it is [MS-GKDI] 2.2.2 with numbers as long as the public key.
bool fits(std::string_view parameters, int64_t public_bits) {
  if (public_bits <= 0 || public_bits % 8 != 0 || parameters.size() < dh_header) return false;
  const auto bytes = static_cast<size_t>(public_bits / 8);
  return parameters.size() == dh_header + 2 * bytes &&
         parameters.substr(0, dh_header) ==
             little_endian(parameters.size()) + std::string(dh_magic) + little_endian(bytes);
}

Error not_followed(const std::string& what) {
  return {
      ErrorKind::unsupported,
      "the forest's Server Configuration of the Group Key Distribution Service asks for " + what +
          ", which gmsactl cannot make a root key with",
      "Have an enterprise administrator create the key with Windows: Add-KdsRootKey -EffectiveImmediately. "
      "It serves ten hours later.",
      std::nullopt};
}

Result<void> follow_kdf(const ldap::Entry& settings, std::vector<Attribute>& attributes) {
  const auto algorithm = settings.first(kdf_algorithm);
  if (!algorithm) {
    attributes.push_back({kdf_algorithm, {std::string(only_kdf)}});
    attributes.push_back({kdf_param, {kdf_parameters("SHA512")}});
    return {};
  }
  const auto parameters = settings.first(kdf_param);
  if (*algorithm != only_kdf) return fail(not_followed("the key derivation " + printable(*algorithm)));
  if (!parameters || !is_known_kdf(*parameters))
    return fail(not_followed("a key derivation with unusual parameters"));
  attributes.push_back({kdf_algorithm, {std::string(*algorithm)}});
  attributes.push_back({kdf_param, {std::string(*parameters)}});
  return {};
}

Result<void> follow_agreement(const ldap::Entry& settings, std::vector<Attribute>& attributes) {
  const auto algorithm = settings.first(agreement_algorithm);
  if (!algorithm) {
    // Windows writes private keys of 512 bits, although 3.1.4.1.1 names another default.
    attributes.push_back({agreement_algorithm, {std::string(only_agreement)}});
    attributes.push_back({agreement_param, {ffc_dh_parameters()}});
    attributes.push_back({public_key_length, {"2048"}});
    attributes.push_back({private_key_length, {"512"}});
    return {};
  }
  if (*algorithm != only_agreement)
    return fail(not_followed("the secret agreement " + printable(*algorithm)));
  const auto parameters = settings.first(agreement_param);
  const auto public_bits = number(settings, public_key_length);
  const auto private_bits = number(settings, private_key_length);
  if (!parameters || !public_bits || !private_bits || *private_bits <= 0 || !fits(*parameters, *public_bits))
    return fail(not_followed("DH without its group or its key lengths, or with a group of another length"));
  attributes.push_back({agreement_algorithm, {std::string(*algorithm)}});
  attributes.push_back({agreement_param, {std::string(*parameters)}});
  attributes.push_back({public_key_length, {std::to_string(*public_bits)}});
  attributes.push_back({private_key_length, {std::to_string(*private_bits)}});
  return {};
}

}  // namespace

std::string ffc_dh_parameters() {
  const std::string p = unhex(prime);
  const std::string g = unhex(generator);
  return little_endian(dh_header + p.size() + g.size()) + std::string(dh_magic) + little_endian(p.size()) +
         p + g;
}

Result<std::vector<Attribute>> root_key_parameters(ldap::Reader& directory, const model::Dn& configuration) {
  auto settings = ldap::read(directory,
                             configuration.child("CN", "Services")
                                 .child("CN", "Group Key Distribution Service")
                                 .child("CN", "Server Configuration")
                                 .child("CN", "Group Key Distribution Service Server Configuration")
                                 .text(),
                             {version, kdf_algorithm, kdf_param, agreement_algorithm, agreement_param,
                              public_key_length, private_key_length});
  if (!settings && settings.error().kind != ErrorKind::not_found) return fail(std::move(settings).error());
  // Each forest's has a version, so one without it has attributes that this user may not see.
  if (settings && !settings->find(version))
    return fail(ErrorKind::denied, "the attributes of " + printable(settings->dn) + " are not readable",
                "Only enterprise administrators may create a KDS root key.");
  const ldap::Entry none;
  const ldap::Entry& found = settings ? *settings : none;
  std::vector<Attribute> attributes{{version, {std::string(found.first(version).value_or("1"))}}};
  GMSACTL_TRY(follow_kdf(found, attributes));
  GMSACTL_TRY(follow_agreement(found, attributes));
  return attributes;
}

}  // namespace gmsactl::directory
