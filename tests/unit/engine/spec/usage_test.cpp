#include "engine/spec/usage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gmsactl::spec {
namespace {

using testing::HasSubstr;

UsageFacts webapp01() {
  return {"WebApp01",
          "WebApp01",
          "CONTOSO",
          "contoso.com",
          "contoso_webapp01.json",
          "webapp01-1a2b",
          "webapp01",
          {{"shop", "frontend"}},
          {"http/shop.contoso.com"}};
}

TEST(SpecUsage, each_kind_says_what_to_type) {
  const auto text = [](std::string_view kind) { return usage(kind, webapp01()); };
  EXPECT_THAT(text("docker"), HasSubstr(R"(--security-opt "credentialspec=file://contoso_webapp01.json")"));
  EXPECT_THAT(text("swarm"), HasSubstr(R"(--credential-spec "config://webapp01-1a2b")"));
  EXPECT_THAT(text("compose"), HasSubstr(R"(file: "contoso_webapp01.json")"));
  EXPECT_THAT(text("kubernetes"), HasSubstr(R"(gmsaCredentialSpecName: "webapp01")"));
  EXPECT_THAT(text("kubernetes"), HasSubstr(R"(serviceAccountName: "frontend")"));
  EXPECT_THAT(text("servicefabric"),
              HasSubstr(R"(<SecurityOption Value="credentialspec=file://contoso_webapp01.json"/>)"));
  EXPECT_THAT(text("iis"), HasSubstr("-processModel.identityType:NetworkService"));
  EXPECT_THAT(text("iis"), HasSubstr("http/shop.contoso.com"));
  EXPECT_THAT(text("service"), HasSubstr(R"(obj= "NT AUTHORITY\NETWORK SERVICE" password= "")"));
  EXPECT_THAT(text("console"), HasSubstr(R"(USER "NT AUTHORITY\NETWORK SERVICE")"));
  EXPECT_THAT(text("sql"), HasSubstr(R"(CREATE LOGIN [CONTOSO\WebApp01$] FROM WINDOWS)"));
}

TEST(SpecUsage, a_compose_value_has_no_scheme) {
  EXPECT_EQ(usage("compose", webapp01()).find("\"file://"), std::string::npos);
}

TEST(SpecUsage, a_name_cannot_leave_its_quotes) {
  auto facts = webapp01();
  facts.account = "a]b";
  EXPECT_THAT(usage("sql", facts), HasSubstr(R"([CONTOSO\a]]b$])"));
  facts.file_name = "a\"b.json";
  EXPECT_THAT(usage("docker", facts), HasSubstr(R"("credentialspec=file://ab.json")"));
}

}  // namespace
}  // namespace gmsactl::spec
