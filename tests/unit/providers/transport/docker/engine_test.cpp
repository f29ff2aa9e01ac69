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

/// As a Windows engine answers (moby's daemon/info.go and parsers/operatingsystem), the rest left out.
TEST(DockerEngine, a_windows_host_is_known_by_its_build) {
  const auto info = parse_info(R"_({"OSType": "windows", "DockerRootDir": "C:\\ProgramData\\docker",
    "OperatingSystem": "Windows Server 2019 Datacenter Version 1809 (OS Build 17763.1637)", "OSVersion": "10.0.17763",
    "KernelVersion": "10.0 17763 (17763.1.amd64fre.rs5_release.180914-1434)", "Isolation": "process",
    "DefaultRuntime": "io.containerd.runhcs.v1"})_");
  ASSERT_TRUE(info);
  EXPECT_EQ(*info, (EngineInfo{"windows", "C:\\ProgramData\\docker", "process", 17763, 1637, true}));
}

TEST(DockerEngine, the_build_without_its_revision_is_better_than_none) {
  const auto build = [](const std::string& more) {
    const auto info = parse_info(R"_({"OSType": "windows", )_" + more + "}").value();
    return std::to_string(info.build) + "." + std::to_string(info.revision);
  };
  EXPECT_EQ(build(R"_("OSVersion": "10.0.14393", "OperatingSystem": "Windows Server 2016 Standard")_"),
            "14393.-1");
  EXPECT_EQ(build(R"_("OperatingSystem": "Windows (OS Build 20348)")_"), "20348.-1");
  EXPECT_EQ(build(R"_("OperatingSystem": "(OS Build 99999999999.1)")_"), "0.-1");
  EXPECT_EQ(build(R"_("OperatingSystem": "(OS Build -5.1)", "OSVersion": "10.0.")_"), "0.-1");
  EXPECT_EQ(build(R"_("OSVersion": 10)_"), "0.-1");
}

TEST(DockerEngine, containerd_is_told_by_its_socket_too) {
  EXPECT_TRUE(parse_info(R"_({"OSType": "windows", "Containerd": {"Address": "//./pipe/containerd"}})_")
                  .value()
                  .uses_containerd);
  EXPECT_FALSE(parse_info(R"_({"OSType": "windows", "DefaultRuntime": "com.docker.hcsshim.v1"})_")
                   .value()
                   .uses_containerd);
}

TEST(DockerEngine, nothing_of_windows_is_said_of_another_system) {
  const auto info = parse_info(R"_({"OSType": "linux", "DockerRootDir": "/var/lib/docker", "OSVersion": "12",
    "Containerd": {"Address": "/run/containerd/containerd.sock"}, "DefaultRuntime": "runc"})_");
  EXPECT_EQ(info.value(), (EngineInfo{"linux", "/var/lib/docker", "", 0, -1, false}));
}

TEST(DockerEngine, information_that_makes_no_sense_is_an_error) {
  for (const char* body : {"", "null", "[]", "{}", R"_({"OSType": 1})_"})
    EXPECT_FALSE(parse_info(body)) << body;
}

}  // namespace
}  // namespace gmsactl::docker
