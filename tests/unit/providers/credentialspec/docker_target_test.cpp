// A Docker target in a folder of this machine whose engine is a model of one: what the engine tells reaches
// the plan, and nothing depends on its telling.
#include "providers/credentialspec/docker_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/fakes/fake_engine.h"

namespace gmsactl::credentialspec {
namespace {

using fakes::FakeEngine;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

class Silent : public ports::EventSink {
 public:
  void progress(std::string_view, size_t, size_t) override {}
  void change_started(const model::Change&) override {}
  void change_finished(const model::Change&, const model::ChangeResult&) override {}
};

class DockerTarget : public testing::Test {
 protected:
  DockerTarget() : folder_(fs::temp_directory_path() / ("gmsactl-docker-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "specs");
    declared_.transport.type = model::HostTransport::Type::local;
    declared_.path = (folder_ / "specs").string();
  }
  ~DockerTarget() override { fs::remove_all(folder_); }

  std::string socket() const { return (folder_ / "engine.sock").string(); }

  std::unique_ptr<ports::SpecTarget> open() {
    TargetOptions options;
    options.timeout = std::chrono::seconds(5);
    return docker_target(declared_, {"owner", "prod"}, options);
  }
  model::Observation<model::LivePlace> seen(ports::SpecTarget& target) {
    const std::vector<model::SpecHost> hosts{{"HOST01", "host01.contoso.com"}};
    Silent silent;
    auto places = target.observe(hosts, {}, silent);
    return places.at("HOST01");
  }
  model::LivePlace place() { return std::get<model::LivePlace>(seen(*open())); }

  fs::path folder_;
  model::DockerTarget declared_;
};

constexpr const char* server_2016 =
    R"_({"OSType": "windows", "OperatingSystem": "Windows Server 2016 Standard Version 1607 (OS Build 14393.5)"})_";

TEST_F(DockerTarget, an_engine_that_is_not_declared_is_not_asked) {
  const FakeEngine engine(socket(), server_2016);
  EXPECT_THAT(place().notes, IsEmpty());
  EXPECT_EQ(engine.asked(), 0);
}

TEST_F(DockerTarget, known_issues_of_the_host_are_notes_on_its_place) {
  const FakeEngine engine(socket(), server_2016);
  declared_.engine = engine.endpoint();
  std::ofstream(folder_ / "specs/a.json") << "{}";
  const auto seen = place();
  ASSERT_EQ(seen.notes.size(), 1U);
  EXPECT_EQ(seen.notes[0].code, "GMSA0232");
  EXPECT_EQ(seen.specs.size(), 1U);
}

TEST_F(DockerTarget, and_on_one_that_has_no_folder_yet) {
  const FakeEngine engine(socket(), server_2016);
  declared_.engine = engine.endpoint();
  fs::remove(folder_ / "specs");
  EXPECT_EQ(place().notes.size(), 1U);
  declared_.engine.clear();
  EXPECT_TRUE(std::holds_alternative<model::Absent>(seen(*open())));
}

TEST_F(DockerTarget, the_engine_is_asked_once) {
  const FakeEngine engine(socket(), server_2016);
  declared_.engine = engine.endpoint();
  const auto target = open();
  (void)seen(*target);
  EXPECT_EQ(std::get<model::LivePlace>(seen(*target)).notes.size(), 1U);
  EXPECT_EQ(engine.asked(), 1);
}

TEST_F(DockerTarget, an_engine_that_tells_nothing_is_noted_and_the_folder_read) {
  declared_.engine = "unix://" + socket();
  std::ofstream(folder_ / "specs/a.json") << "{}";
  for (const char* answer : {"", "nothing of JSON"}) {
    const FakeEngine engine(answer == std::string_view() ? socket() + ".other" : socket(), answer);
    const auto seen = place();
    ASSERT_EQ(seen.notes.size(), 1U) << answer;
    EXPECT_EQ(seen.notes[0].code, "GMSA0244");
    EXPECT_THAT(seen.notes[0].detail, HasSubstr("The Docker Engine of HOST01 told nothing: "));
    EXPECT_EQ(seen.specs.size(), 1U);
  }
  const FakeEngine refusing(socket(), R"({"message": "not for you"})", 403);
  EXPECT_THAT(place().notes.at(0).detail, HasSubstr("not for you"));
}

TEST_F(DockerTarget, the_endpoint_may_have_the_hosts_name_in_it) {
  const FakeEngine engine((folder_ / "host01.contoso.com.sock").string(), server_2016);
  declared_.engine = "unix://" + folder_.string() + "/{host}.sock";
  EXPECT_EQ(place().notes.size(), 1U);
  EXPECT_EQ(engine.asked(), 1);
}

}  // namespace
}  // namespace gmsactl::credentialspec
