// Replies of the Engine API, right and wrong, and the one change that is made to a service.
#include "providers/transport/docker/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gmsactl::docker {
namespace {

TEST(DockerEngine, configs_have_labels_and_data) {
  const auto configs =
      parse_configs(R"([{"ID": "c1", "Spec": {"Name": "n", "Labels": {"a": "b"}, "Data": "e30="}}])");
  ASSERT_TRUE(configs);
  EXPECT_EQ(configs->front().data, "{}");
  EXPECT_EQ(configs->front().labels, (Labels{{"a", "b"}}));
}

TEST(DockerEngine, replies_that_make_no_sense_are_errors) {
  for (const char* body : {"", "{", "{}", "[{}]", R"([{"ID": "c", "Spec": {"Name": "n", "Data": "?"}}])"})
    EXPECT_FALSE(parse_configs(body)) << body;
  for (const char* body : {"null", "[1]", R"([{"ID": "s", "Spec": {"Name": "n"}}])"})
    EXPECT_FALSE(parse_services(body)) << body;
}

TEST(DockerEngine, a_service_keeps_all_but_its_credential_spec) {
  const std::string before =
      R"({"Name": "web", "Future": [1], "TaskTemplate": {"ContainerSpec": {"Image": "i",
    "Privileges": {"CredentialSpec": {"Config": "old"}, "SELinuxContext": null},
    "Configs": [{"ConfigID": "old", "ConfigName": "o", "Runtime": {}},
                {"ConfigID": "kept", "ConfigName": "k", "File": {"Name": "f"}}]}}})";
  const auto after = nlohmann::json::parse(with_config(before, "new", "n").value());
  const auto& container = after["TaskTemplate"]["ContainerSpec"];
  EXPECT_EQ(after["Future"], nlohmann::json::array({1}));
  EXPECT_EQ(container["Image"], "i");
  EXPECT_EQ(container["Privileges"]["CredentialSpec"], nlohmann::json({{"Config", "new"}}));
  ASSERT_EQ(container["Configs"].size(), 2U);
  EXPECT_EQ(container["Configs"][0]["ConfigID"], "kept");
  EXPECT_EQ(container["Configs"][1]["ConfigID"], "new");
  EXPECT_TRUE(container["Configs"][1]["Runtime"].is_object());
}

TEST(DockerEngine, a_service_without_containers_is_refused) {
  EXPECT_FALSE(with_config(R"({"Name": "x"})", "c", "n"));
}

}  // namespace
}  // namespace gmsactl::docker
