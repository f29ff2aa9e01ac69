// The suite on the lab's domain controller behind tests/persona, which answers as Windows does.
#include "providers/transport/ldap/connect.h"
#include "tests/contract/dc/lab.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {

Directory open_directory() {
  const std::string url = lab::variable("GMSACTL_PERSONA_URL");
  if (lab::absent()) return {nullptr, lab::why_absent};
  if (url.empty())
    return {nullptr, "GMSACTL_PERSONA_URL is not set: tests/persona/serve.py runs this program"};
  auto transport = ldap::connect(url, lab::persona_options());
  EXPECT_TRUE(transport) << (transport ? "" : transport.error().message);
  if (!transport) return {nullptr, "the persona does not let us in"};
  return {std::move(*transport), {}, "CN=Schema,CN=Configuration," + domain, [](const std::string& other) {
            return lab::connects(other, lab::simple_options());
          }};
}

}  // namespace gmsactl::contract
