// A git repository for one test, made with the git program: what libgit2 reads was written by the other
// implementation. Nothing of the user's or the machine's configuration takes part.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace gmsactl::git {

namespace fs = std::filesystem;

class Scratch : public testing::Test {
  struct Home {
    fs::path path = new_folder();
    ~Home() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  };

 protected:
  Scratch() {
    top = new_folder();
    root = top / "repository";
    fs::create_directory(root);
    for (const auto& [variable, value] : {std::pair("GIT_CONFIG_NOSYSTEM", "1"),
                                          {"GIT_AUTHOR_NAME", "Ada Admin"},
                                          {"GIT_AUTHOR_EMAIL", "ada@contoso.com"},
                                          {"GIT_AUTHOR_DATE", "2026-01-31T12:00:00Z"},
                                          {"GIT_COMMITTER_NAME", "Ada Admin"},
                                          {"GIT_COMMITTER_EMAIL", "ada@contoso.com"},
                                          {"GIT_COMMITTER_DATE", "2026-01-31T12:00:00Z"}})
      setenv(variable, value, 1);
    // libgit2 looks for it once and for all.
    static const Home home;
    fs::remove(home.path / ".gitconfig");
    setenv("HOME", home.path.c_str(), 1);
    unsetenv("XDG_CONFIG_HOME");
    git("init -q -b main");
  }
  ~Scratch() override {
    std::error_code ignored;
    fs::remove_all(top, ignored);
  }

  /// In the root of the repository; the test fails where the command does.
  void shell(const std::string& command) const {
    const std::string log = (top / "log").string();
    const std::string all = "cd '" + root.string() + "' && (" + command + "\n) >'" + log + "' 2>&1";
    ASSERT_EQ(std::system(all.c_str()), 0) << command << "\n" << content(top / "log");
  }
  void git(const std::string& words) const { shell("git " + words); }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path, std::ios::binary) << text;
  }
  void commit(const std::string& message = "Change") const {
    git("add -A && git commit -q -m '" + message + "'");
  }
  /// Of a command, without the line feed at its end.
  std::string output_of(const std::string& command) const {
    shell(command);
    auto text = content(top / "log");
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static fs::path new_folder() {
    std::string name = (fs::temp_directory_path() / "gmsactl-git-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return fs::canonical(name);
  }

  fs::path top;   ///< a folder of the test's own
  fs::path root;  ///< of the repository, in it
};

}  // namespace gmsactl::git
