#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/kds_root_key.h"
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
    std::vector<Attribute> attributes{{attribute::object_class, {"msKds-ProvRootKey"}}};
    for (auto& each : GMSACTL_TRY(root_key_parameters(transport_, configuration)))
      attributes.push_back(std::move(each));
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
