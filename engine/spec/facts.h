// A credential spec from what the directory says. Nothing in it is typed by a person but the account's name.
#pragma once

#include <string>

#include "engine/model/credential_spec.h"
#include "engine/model/desired.h"
#include "engine/model/live.h"

namespace gmsactl::spec {

/// The spec of an account in the domain of `facts`. Additional accounts named {gmsa: NAME} are looked up in
/// `desired`; manifests were checked, so each is there.
model::CredentialSpec from_facts(const model::Gmsa& account, const model::Desired& desired,
                                 const model::DirectoryFacts& facts);

/// The file's name: SpecDelivery::file_name, else NETBIOS_ACCOUNT.json in lower case.
std::string file_name(const model::Gmsa& account, const model::DirectoryFacts& facts);

/// The name of a Kubernetes object for the account: RFC 1123 subdomain, from `wanted` or else the
/// sAMAccountName.
std::string object_name(const std::string& wanted, const model::Gmsa& account);

}  // namespace gmsactl::spec
