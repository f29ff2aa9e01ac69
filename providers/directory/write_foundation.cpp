#include <array>

#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/random.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using ldap::Attribute;
using model::Change;
using model::Dn;
using model::Outcome;

namespace {

// [MS-GKDI] 3.1.4.1: a key serves once its start lies a key cycle of ten hours back; a domain controller may
// ask for the five minutes on top by which clocks may differ.
constexpr int64_t long_enough_ago = (int64_t{10} * 3600 + int64_t{5} * 60) * 10'000'000;

Result<model::Guid> random_guid() {
  auto bytes = GMSACTL_TRY(random_bytes(16));
  // RFC 4122 §4.4, in objectGUID's byte order: the version is in the eighth byte, the variant in the ninth.
  bytes[7] = static_cast<char>((static_cast<unsigned char>(bytes[7]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  return model::Guid::decode(bytes);
}

/// "SHA512" as [MS-GKDI] 2.2.1 KDF Parameters: the default where the forest has none of its own.
constexpr std::array<unsigned char, 30> kdf_sha512{
    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 'S',  0x00, 'H',  0x00, 'A',  0x00, '5',  0x00, '1',  0x00, '2',  0x00, 0x00, 0x00};

struct Parameter {
  const char* name;
  std::string fallback;  ///< empty: left out where the forest's configuration has none
};

std::vector<Parameter> key_parameters() {
  return {{"msKds-Version", "1"},
          {"msKds-KDFAlgorithmID", "SP800_108_CTR_HMAC"},
          {"msKds-KDFParam", std::string(kdf_sha512.begin(), kdf_sha512.end())},
          {"msKds-SecretAgreementAlgorithmID", "DH"},
          {"msKds-SecretAgreementParam", ""},
          {"msKds-PublicKeyLength", "2048"},
          {"msKds-PrivateKeyLength", "256"}};
}

}  // namespace

void Writer::create_container(const model::ContainerChange& detail, Steps& steps) {
  const auto& leaf = detail.dn.leaf();
  const bool unit = equal_folded(leaf.type, "OU");
  if (!unit && !equal_folded(leaf.type, "CN")) {
    steps.fail_with({ErrorKind::invalid, "only OU= and CN= containers can be created", {}, std::nullopt});
    return;
  }
  const std::string dn = detail.dn.text();
  auto fate = transport_.carry_out(
      [&] {
        return transport_.add(dn, {{attribute::object_class, {unit ? "organizationalUnit" : "container"}}});
      },
      [&] { return exists(dn); });
  if (fate)
    steps.wrote("created");
  else if (fate.kind == Fate::refused && fate.error->kind == ErrorKind::already_exists)
    steps.finish(Outcome::already_done);
  else
    steps.fail_with(std::move(fate), "whether it was created");
}

void Writer::create_kds_root_key(const Change& change, const model::KdsRootKeyChange& detail, Steps& steps) {
  const auto make = [&]() -> Result<std::vector<Attribute>> {
    const Dn configuration =
        GMSACTL_TRY(Dn::parse(root_dse_.first("configurationNamingContext").value_or("")));
    const auto defaults = ldap::read(transport_,
                                     configuration.child("CN", "Services")
                                         .child("CN", "Group Key Distribution Service")
                                         .child("CN", "Server Configuration")
                                         .child("CN", "Group Key Distribution Service Server Configuration")
                                         .text(),
                                     {"*"});
    std::vector<Attribute> attributes{{attribute::object_class, {"msKds-ProvRootKey"}}};
    for (const auto& [name, fallback] : key_parameters()) {
      const auto configured = defaults ? defaults->first(name) : std::nullopt;
      if (configured)
        attributes.push_back({name, {std::string(*configured)}});
      else if (!fallback.empty())
        attributes.push_back({name, {fallback}});
    }
    const auto fresh = GMSACTL_TRY(ldap::read(transport_, "", {"currentTime", "serverName"}));
    const int64_t now = filetime(fresh.first("currentTime").value_or(""));
    if (now == 0) return fail(ErrorKind::corrupt, "the server does not tell its time");
    // Only a directory in a file has no domain controller of its own.
    if (const auto name = fresh.first("serverName")) {
      const auto server = GMSACTL_TRY(ldap::read(transport_, std::string(*name), {"serverReference"}));
      const auto computer = server.first("serverReference");
      if (!computer)
        return fail(ErrorKind::denied, "serverReference of " + printable(server.dn) + " is not readable");
      attributes.push_back({"msKds-DomainID", {std::string(*computer)}});
    }
    attributes.push_back({"msKds-CreateTime", {std::to_string(now)}});
    attributes.push_back(
        {"msKds-UseStartTime", {std::to_string(detail.effective_immediately ? now - long_enough_ago : now)}});
    attributes.push_back({"msKds-RootKeyData", {GMSACTL_TRY(random_bytes(64))}});
    return attributes;
  };
  auto attributes = make();
  auto guid = random_guid();
  if (!attributes || !guid) {
    steps.fail_with(attributes ? std::move(guid).error() : std::move(attributes).error());
    return;
  }
  const std::string dn = change.dn.child("CN", guid->text()).text();
  // The name is new and random, so whatever has it is ours.
  auto fate =
      transport_.carry_out([&] { return transport_.add(dn, *attributes); }, [&] { return exists(dn); });
  if (fate || (fate.kind == Fate::refused && fate.error->kind == ErrorKind::already_exists)) {
    steps.wrote("created " + guid->text());
    return;
  }
  if (fate.kind == Fate::refused)
    fate.error =
        std::move(*fate.error).with_hint("Only enterprise administrators may create a KDS root key.");
  steps.fail_with(std::move(fate), "whether it was created");
}

}  // namespace gmsactl::directory
