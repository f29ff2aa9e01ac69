// Runs the built program on case folders and compares, byte for byte, what a user would see. A folder holds
//
//   cmd      a shell script; `gmsactl` is on its PATH, and it runs in a fresh copy of the folder
//   stdout   what it must print; absent: nothing
//   stderr   likewise
//   exit     the script's exit status; absent: 0
//
// and whatever files the script reads. What differs from run to run is replaced by placeholders (see
// stable()). GMSACTL_UPDATE_GOLDEN=1 writes what was seen into the folder instead, for a reviewer to read as
// a diff.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/paths.h"

namespace {

namespace fs = std::filesystem;

const fs::path cases_folder = fs::path(gmsactl::tests::source_dir) / "tests/golden";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_expectation(const fs::path& path) {
  const auto name = path.filename();
  return name == "cmd" || name == "stdout" || name == "stderr" || name == "exit";
}

class Workspace {
 public:
  explicit Workspace(const fs::path& source) {
    std::string name = (fs::temp_directory_path() / "gmsactl-golden-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    root_ = name;
    fs::create_directory(work());
    for (const auto& entry : fs::directory_iterator(source))
      if (!is_expectation(entry.path()))
        fs::copy(entry.path(), work() / entry.path().filename(), fs::copy_options::recursive);
    fs::copy(source / "cmd", root_ / "cmd");
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  const fs::path& root() const { return root_; }
  fs::path work() const { return root_ / "work"; }

 private:
  fs::path root_;
};

struct Seen {
  std::string out;
  std::string err;
  std::string exit;
};

Seen run(const Workspace& workspace) {
  // Nothing of the caller's environment may change what is printed.
  const std::string path =
      fs::path(gmsactl::tests::program).parent_path().string() + ":/usr/local/bin:/usr/bin:/bin";
  const auto quoted = [](const fs::path& p) { return "'" + p.string() + "'"; };
  std::string command = "cd " + quoted(workspace.work()) + " && env -i PATH='" + path +
                        "' LC_ALL=C.UTF-8 TZ=UTC HOME=" + quoted(workspace.root());
  // Commits have the same ids in every run, and a repository around the temporary folder is none of ours.
  command += " GIT_CEILING_DIRECTORIES=" + quoted(workspace.root()) + " GIT_CONFIG_NOSYSTEM=1";
  for (const char* role : {"AUTHOR", "COMMITTER"})
    command += std::string(" GIT_") + role + "_NAME='Ada Admin' GIT_" + role + "_EMAIL=ada@contoso.com GIT_" +
               role + "_DATE=2026-01-31T12:00:00Z";
  // A sanitizer's settings are the one thing that a test of the program under it needs.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) command += std::string(" ") + name + "='" + value + "'";
  command += " sh ../cmd </dev/null >../stdout 2>../stderr";
  const int status = std::system(command.c_str());
  return {read(workspace.root() / "stdout"), read(workspace.root() / "stderr"),
          WIFEXITED(status) ? std::to_string(WEXITSTATUS(status)) : "killed"};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// Every text of the case's own files: a GUID that stands there is no accident of this run.
std::string inputs_of(const fs::path& source) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(source))
    if (entry.is_regular_file() && (entry.path().parent_path() != source || !is_expectation(entry.path())))
      all += read(entry.path());
  return all;
}

/// The text without what differs from run to run or from release to release.
std::string stable(std::string text, const Workspace& workspace, const std::string& inputs) {
  replace_all(text, workspace.work().string(), "<DIR>");
  static const std::regex digest("sha256:[0-9a-f]{64}");
  static const std::regex time("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z?");
  static const std::regex version("(gmsactl |\"version\": \")[0-9]+\\.[0-9]+\\.[0-9]+");
  static const std::regex guid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  text = std::regex_replace(text, digest, "sha256:<DIGEST>");
  text = std::regex_replace(text, time, "<TIME>");
  text = std::regex_replace(text, version, "$1<VERSION>");
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), guid), end; it != end; ++it)
    found.push_back(it->str());
  for (const auto& one : found)
    if (inputs.find(one) == std::string::npos) replace_all(text, one, "<GUID>");
  return text;
}

void update(const fs::path& file, const std::string& text, const std::string& when_absent) {
  if (text == when_absent) {
    fs::remove(file);
    return;
  }
  std::ofstream(file, std::ios::binary) << text;
}

class GoldenCase : public testing::Test {
 public:
  explicit GoldenCase(fs::path folder) : folder_(std::move(folder)) {}

  void TestBody() override {
    ASSERT_TRUE(fs::exists(gmsactl::tests::program))
        << "the program is not built: " << gmsactl::tests::program;
    const Workspace workspace(folder_);
    const std::string inputs = inputs_of(folder_);
    Seen seen = run(workspace);
    seen.out = stable(seen.out, workspace, inputs);
    seen.err = stable(seen.err, workspace, inputs);
    if (const char* wanted = std::getenv("GMSACTL_UPDATE_GOLDEN");
        wanted != nullptr && std::string(wanted) == "1") {
      update(folder_ / "stdout", seen.out, "");
      update(folder_ / "stderr", seen.err, "");
      update(folder_ / "exit", seen.exit + "\n", "0\n");
      return;
    }
    std::string exit = read(folder_ / "exit");
    exit = exit.empty() ? "0" : exit.substr(0, exit.find('\n'));
    EXPECT_EQ(seen.out, read(folder_ / "stdout")) << "standard output of " << folder_.filename();
    EXPECT_EQ(seen.err, read(folder_ / "stderr")) << "standard error of " << folder_.filename();
    EXPECT_EQ(seen.exit, exit) << "exit status of " << folder_.filename();
  }

 private:
  fs::path folder_;
};

/// Test names may hold letters, digits and underscores only.
std::string test_name(std::string folder) {
  for (char& c : folder)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return folder;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const auto& entry : fs::directory_iterator(cases_folder)) {
    if (!fs::exists(entry.path() / "cmd")) continue;
    const auto folder = entry.path();
    testing::RegisterTest("Golden", test_name(folder.filename().string()).c_str(), nullptr, nullptr, __FILE__,
                          __LINE__, [folder]() -> testing::Test* { return new GoldenCase(folder); });
  }
  return RUN_ALL_TESTS();
}
