// Where credential specs belong on a host, and what is known to go wrong there, from what its engine tells.
#include "providers/credentialspec/docker_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gmsactl::credentialspec {
namespace {

using model::HostTransport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const model::SpecHost host01{"HOST01", "host01.contoso.com"};

SpecLocation location(HostTransport::Type type, const std::string& data_root, const std::string& share = {},
                      const std::string& path = {}) {
  model::DockerTarget target;
  target.transport.type = type;
  target.transport.share = share;
  target.path = path;
  return spec_location(target, host01, data_root);
}

TEST(SpecLocation, sftp_names_a_drive_like_a_folder) {
  constexpr auto sftp = HostTransport::Type::sftp;
  EXPECT_EQ(location(sftp, "").path, "/C:/ProgramData/docker/CredentialSpecs");
  EXPECT_EQ(location(sftp, "D:\\docker data\\").path, "/D:/docker data/CredentialSpecs");
  EXPECT_EQ(location(sftp, "E:\\").path, "/E:/CredentialSpecs");
  EXPECT_EQ(location(sftp, "/var/lib/docker").path, "/var/lib/docker/CredentialSpecs");
  EXPECT_EQ(location(sftp, "\\\\?\\Volume{1}\\docker").path, "/C:/ProgramData/docker/CredentialSpecs");
}

TEST(SpecLocation, smb_takes_the_share_of_the_drive) {
  constexpr auto smb = HostTransport::Type::smb;
  EXPECT_EQ(location(smb, ""), (SpecLocation{"C$", "ProgramData\\docker\\CredentialSpecs"}));
  EXPECT_EQ(location(smb, "D:\\docker"), (SpecLocation{"D$", "docker\\CredentialSpecs"}));
  EXPECT_EQ(location(smb, "d:/docker/"), (SpecLocation{"d$", "docker\\CredentialSpecs"}));
  EXPECT_EQ(location(smb, "E:\\"), (SpecLocation{"E$", "CredentialSpecs"}));
  EXPECT_EQ(location(smb, "D:\\docker", "D$"), (SpecLocation{"D$", "docker\\CredentialSpecs"}));
  EXPECT_EQ(location(smb, "D:\\docker", "specs"),
            (SpecLocation{"specs", "ProgramData\\docker\\CredentialSpecs"}));
  EXPECT_EQ(location(smb, "/var/lib/docker"), (SpecLocation{"C$", "ProgramData\\docker\\CredentialSpecs"}));
}

TEST(SpecLocation, what_is_declared_goes_before_what_the_engine_tells) {
  EXPECT_EQ(location(HostTransport::Type::sftp, "D:\\docker", "", "/srv/{host}/specs").path,
            "/srv/HOST01/specs");
  EXPECT_EQ(location(HostTransport::Type::smb, "D:\\docker", "", "specs"), (SpecLocation{"C$", "specs"}));
  EXPECT_EQ(location(HostTransport::Type::smb, "D:\\docker", "docker", "specs"),
            (SpecLocation{"docker", "specs"}));
}

docker::EngineInfo windows(int build, int revision = -1, const std::string& isolation = "process",
                           bool uses_containerd = false) {
  return {"windows", "C:\\ProgramData\\docker", isolation, build, revision, uses_containerd};
}

std::vector<std::string> codes(const docker::EngineInfo& info) {
  std::vector<std::string> list;
  for (const auto& note : known_issues(info, host01)) list.emplace_back(note.code);
  return list;
}

TEST(KnownIssues, before_server_2019_the_hostname_matters) {
  EXPECT_THAT(codes(windows(14393)), ElementsAre("GMSA0232"));
  EXPECT_THAT(codes(windows(17134)), ElementsAre("GMSA0232"));
  EXPECT_THAT(codes(windows(17763)), IsEmpty());
  EXPECT_THAT(codes(windows(20348)), IsEmpty());
  EXPECT_THAT(codes(windows(0)), IsEmpty());
}

TEST(KnownIssues, hyper_v_isolation_fails_from_1703_to_1803) {
  EXPECT_THAT(codes(windows(14393, -1, "hyperv")), ElementsAre("GMSA0232"));
  EXPECT_THAT(codes(windows(15063, -1, "hyperv")), ElementsAre("GMSA0232", "GMSA0233"));
  EXPECT_THAT(codes(windows(17134, -1, "hyperv")), ElementsAre("GMSA0232", "GMSA0233"));
  EXPECT_THAT(codes(windows(17763, -1, "hyperv")), IsEmpty());
}

TEST(KnownIssues, containerd_needs_an_update_of_server_2019) {
  EXPECT_THAT(codes(windows(17763, 1816, "process", true)), ElementsAre("GMSA0234"));
  EXPECT_THAT(codes(windows(17763, 1817, "process", true)), IsEmpty());
  EXPECT_THAT(codes(windows(17763, 1816, "process", false)), IsEmpty());
  EXPECT_THAT(codes(windows(17763, -1, "process", true)), IsEmpty());
  EXPECT_THAT(codes(windows(20348, 1, "process", true)), IsEmpty());
}

TEST(KnownIssues, an_engine_of_linux_containers_can_use_no_spec) {
  EXPECT_THAT(codes({"linux", "/var/lib/docker", "", 0, -1, false}), ElementsAre("GMSA0245"));
}

TEST(KnownIssues, they_name_the_host_and_the_build) {
  const auto notes = known_issues(windows(17763, 1500, "process", true), host01);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_THAT(notes[0].detail, HasSubstr("HOST01 runs Windows build 17763.1500"));
}

}  // namespace
}  // namespace gmsactl::credentialspec
