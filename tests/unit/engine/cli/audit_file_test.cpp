// The audit log as a file: it is appended to whatever stands in it, a line for each write, and nothing is
// written unnoticed.
#include "engine/cli/audit_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

namespace gmsactl::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class AuditFileTest : public testing::Test {
 protected:
  AuditFileTest() {
    std::string name = testing::TempDir() + "gmsactl-audit-XXXXXX";
    if (const int file = mkstemp(name.data()); file >= 0) close(file);
    path_ = name;
    plan_.environment = "prod";
    plan_.domain = "contoso.com";
    plan_.server = "dc01.contoso.com";
  }
  ~AuditFileTest() override { std::remove(path_.c_str()); }

  std::unique_ptr<ports::AuditLog> opened() const {
    report::SourceCommit source;
    source.commit = "c0ffee";
    source.dirty = true;
    auto log = open_audit_log(path_, plan_, {"2026-01-31T12:00:00Z", source});
    if (!log) throw std::runtime_error(log.error().message);
    return std::move(*log);
  }
  static ports::WriteRecord write(std::string dn) {
    return {"modify", std::move(dn), {"description", "adminDescription"}, {}, 41, 42};
  }
  void put(const std::string& text) const { std::ofstream(path_) << text; }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(path_).rdbuf();
    return all.str();
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream stream(text());
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }

  std::string path_;
  model::Plan plan_;
};

TEST_F(AuditFileTest, has_one_line_of_json_for_each_request_with_all_that_is_known) {
  opened()->record(write("CN=a\nb,DC=contoso,DC=com"));
  ASSERT_EQ(lines().size(), 1U) << text();
  EXPECT_TRUE(text().ends_with('\n'));
  const json line = json::parse(lines()[0]);
  std::vector<std::string> keys;
  for (const auto& [key, value] : line.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("attributes", "commit", "dirty", "dn", "domain", "environment", "host",
                                "operation", "planDigest", "result", "server", "time", "type", "url",
                                "usnAfter", "usnBefore", "who"));
  EXPECT_EQ(line["type"], "request");
  EXPECT_EQ(line["operation"], "modify");
  EXPECT_EQ(line["dn"], "CN=a\nb,DC=contoso,DC=com");
  EXPECT_EQ(line["attributes"], json({"description", "adminDescription"}));
  EXPECT_EQ(line["commit"], "c0ffee");
  EXPECT_EQ(line["dirty"], true);
  EXPECT_EQ(line["usnBefore"], 41);
  EXPECT_EQ(line["usnAfter"], 42);
  EXPECT_EQ(line["result"],
            json({{"code", 0}, {"name", "success"}, {"outcome", "carriedOut"}, {"message", nullptr}}));
  EXPECT_THAT(line["planDigest"].get<std::string>(), testing::StartsWith("sha256:"));
}

TEST_F(AuditFileTest, a_request_that_failed_says_why_and_what_is_not_known_is_null) {
  auto refused = write("CN=a");
  refused.usn_before.reset();
  refused.usn_after.reset();
  refused.error =
      Error{ErrorKind::conflict, "somebody else changed it", {}, NativeCode{16, "noSuchAttribute", {}}};
  auto lost = write("CN=b");
  lost.error = Error{ErrorKind::timeout, "no answer", {}, {}};
  const auto log = opened();
  log->record(refused);
  log->record(lost);
  ASSERT_EQ(lines().size(), 2U);
  const json first = json::parse(lines()[0]);
  EXPECT_EQ(first["result"], json({{"code", 16},
                                   {"name", "noSuchAttribute"},
                                   {"outcome", "refused"},
                                   {"message", "somebody else changed it"}}));
  EXPECT_TRUE(first["usnBefore"].is_null() && first["usnAfter"].is_null());
  EXPECT_TRUE(json::parse(lines()[1])["result"]["code"].is_null()) << "nobody knows";
  EXPECT_EQ(json::parse(lines()[1])["result"]["outcome"], "unknown");
}

TEST_F(AuditFileTest, what_stands_in_it_stays) {
  put("{\"of\": \"another program\"}\n");
  opened()->record(write("CN=a"));
  opened()->record(write("CN=b"));
  ASSERT_EQ(lines().size(), 3U);
  EXPECT_EQ(lines()[0], "{\"of\": \"another program\"}");
  EXPECT_EQ(json::parse(lines()[2])["dn"], "CN=b");
}

TEST_F(AuditFileTest, a_line_that_was_torn_is_ended_and_no_line_is_lost_in_it) {
  put("{\"time\": \"2026-01-31T12:00:00Z\"}\n{\"time\": \"2026-01-31T12:0");
  opened()->record(write("CN=a"));
  ASSERT_EQ(lines().size(), 3U) << text();
  EXPECT_EQ(lines()[1], "{\"time\": \"2026-01-31T12:0");
  EXPECT_EQ(json::parse(lines()[2])["dn"], "CN=a");
}

TEST_F(AuditFileTest, two_that_are_open_at_once_share_it) {
  const auto one = opened();
  const auto other = opened();
  for (int i = 0; i < 20; ++i) {
    one->record(write("CN=one"));
    other->record(write("CN=other"));
  }
  ASSERT_EQ(lines().size(), 40U);
  for (const auto& line : lines()) EXPECT_TRUE(json::accept(line)) << line;
}

/// Whether somebody in this process waits for the lock of a file (proc(5), /proc/locks).
bool waits_for_a_file() {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);)
    if (line.find("-> FLOCK") != std::string::npos &&
        line.find(" " + std::to_string(getpid()) + " ") != std::string::npos)
      return true;
  return false;
}

TEST_F(AuditFileTest, a_line_that_another_run_is_about_to_end_is_not_torn) {
  const int other = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  ASSERT_EQ(::write(other, "{\"of\": ", 7), 7);
  auto opening = std::async(std::launch::async, [&] { return opened(); });
  while (!waits_for_a_file() && opening.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
    continue;
  ASSERT_EQ(::write(other, "\"another run\"}\n", 15), 15);
  close(other);
  opening.get()->record(write("CN=a"));
  ASSERT_EQ(lines().size(), 2U) << text();
  EXPECT_EQ(lines()[0], "{\"of\": \"another run\"}");
  EXPECT_EQ(json::parse(lines()[1])["dn"], "CN=a");
}

TEST_F(AuditFileTest, once_a_line_could_not_be_written_no_further_write_is_begun) {
  auto log = open_audit_log("/dev/full", plan_, {});
  ASSERT_TRUE(log.has_value());
  EXPECT_TRUE((*log)->ready().has_value());
  (*log)->record(write("CN=a"));
  const auto ready = (*log)->ready();
  ASSERT_FALSE(ready.has_value());
  EXPECT_THAT(ready.error().message, HasSubstr("/dev/full cannot be written: No space left on device"));
  // Under way when the first one failed.
  (*log)->record(write("CN=b"));
  EXPECT_THAT((*log)->unrecorded(), ElementsAre("modify CN=a", "modify CN=b"));
}

TEST_F(AuditFileTest, a_file_that_can_not_be_opened_is_an_error_before_anything_is_written) {
  const auto log = open_audit_log("/nonexistent/audit.jsonl", plan_, {});
  ASSERT_FALSE(log.has_value());
  EXPECT_THAT(log.error().message, HasSubstr("/nonexistent/audit.jsonl"));
}

}  // namespace
}  // namespace gmsactl::cli
