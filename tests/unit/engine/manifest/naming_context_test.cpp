#include "engine/manifest/naming_context.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/manifest/codes.h"
#include "tests/unit/engine/manifest/corpus.h"

namespace gmsactl::manifest {
namespace {

using testing::load_text;

constexpr const char* environment =
    "apiVersion: gmsactl/v1\nkind: Environment\nmetadata: {name: prod}\n"
    "spec: {domain: contoso.com, owner: team}\n";
std::string gmsa(const std::string& name) {
  return "apiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {name: " + name + "}\n";
}

TEST(Path, a_path_in_another_naming_context_is_outside_of_the_domain) {
  for (const char* outside :
       {"CN=x,CN=Configuration,DC=contoso,DC=com", "cn=schema, cn=configuration, dc=contoso, dc=com",
        "CN=n,DC=DomainDnsZones,DC=contoso,DC=com", "DC=ForestDnsZones,DC=contoso,DC=com",
        "OU=x,DC=eu,DC=contoso,DC=com", "CN=Deleted Objects,DC=contoso,DC=com"}) {
    const std::string path = "spec: {path: '" + std::string(outside) + "'}\n";
    for (const auto& text :
         {std::string(environment) + "---\n" + gmsa("a") + path,
          std::string(environment) + "---\napiVersion: gmsactl/v1\nkind: HostGroup\nmetadata: {name: a}\n" +
              path}) {
      const auto manifests = load_text(text);
      Diagnostics found;
      (void)manifests.resolve("prod", found);
      EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const auto& each) {
        return each.code == codes::path_outside_domain.code;
      })) << outside;
    }
  }
  Diagnostics found;
  (void)load_text(std::string(environment) + "---\n" + gmsa("a") +
                  "spec: {path: 'OU=Configuration,CN=Deleted Objects x,DC=contoso,DC=com'}\n")
      .resolve("prod", found);
  EXPECT_FALSE(has_errors(found));
}

}  // namespace
}  // namespace gmsactl::manifest
