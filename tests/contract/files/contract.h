// What the contract suite of files::FileStore runs on: one empty folder, and the same folder as the machine
// that has it sees it, since the lab's hosts are this machine. open_place() is the parameter: each program
// links another definition of it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "providers/transport/files/file_store.h"

namespace gmsactl::contract {

struct Place {
  std::string skip;  ///< why there is none to test
  /// Opens the folder once more; it need not exist.
  std::function<Result<std::unique_ptr<files::FileStore>>(const std::string& path)> open;
  std::filesystem::path root;  ///< a folder that exists, as its own machine sees it
  std::string path;            ///< the same as open() is to be told
};

Place open_place();

class FileContract : public testing::Test {
 protected:
  FileContract();
  ~FileContract() override;

  void SetUp() override;
  /// The suite's folder, or one below it.
  std::unique_ptr<files::FileStore> open(const std::string& below = {});
  /// All that is in the folder, whoever may see it.
  std::vector<std::string> names() const;
  std::vector<std::string> listed();
  void put(const std::string& name, const std::string& content) const;
  std::string content_of(const std::string& name) const;

  Place place_;
  std::filesystem::path folder_;  // on its own machine
  std::unique_ptr<files::FileStore> store_;
};

}  // namespace gmsactl::contract
