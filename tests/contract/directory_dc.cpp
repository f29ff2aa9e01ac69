// The suite on the lab's domain controller, as its administrator.
#include "providers/transport/ldap/connect.h"
#include "tests/contract/dc/lab.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {

Directory open_directory() {
  if (lab::absent()) return {nullptr, lab::why_absent};
  auto transport = ldap::connect("ldap://" + lab::host(), lab::options());
  EXPECT_TRUE(transport) << (transport ? "" : transport.error().message);
  if (!transport) return {nullptr, "the lab's domain controller does not let us in"};
  return {std::move(*transport), {}, "CN=Schema,CN=Configuration," + domain, [](const std::string& url) {
            auto encrypted = lab::options();
            encrypted.ca_file = lab::certificate_authority();
            return lab::connects(url, encrypted);
          }};
}

}  // namespace gmsactl::contract
