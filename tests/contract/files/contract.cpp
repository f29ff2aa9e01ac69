#include "tests/contract/files/contract.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace gmsactl::contract {

namespace fs = std::filesystem;

FileContract::FileContract()
    : place_(open_place()), folder_(place_.root / ("gmsactl-contract-" + std::to_string(getpid()))) {}

FileContract::~FileContract() {
  if (place_.skip.empty()) fs::remove_all(folder_);
}

void FileContract::SetUp() {
  if (!place_.skip.empty()) GTEST_SKIP() << place_.skip;
  fs::remove_all(folder_);
  fs::create_directory(folder_);
  store_ = open();
  ASSERT_TRUE(store_);
}

std::unique_ptr<files::FileStore> FileContract::open(const std::string& below) {
  auto store =
      place_.open(place_.path + "/" + folder_.filename().string() + (below.empty() ? "" : "/" + below));
  if (store) return std::move(*store);
  ADD_FAILURE() << store.error().message;
  return nullptr;
}

std::vector<std::string> FileContract::names() const {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(folder_)) all.push_back(entry.path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> FileContract::listed() {
  std::vector<std::string> all;
  const auto entries = store_->list();
  if (!entries) {
    ADD_FAILURE() << entries.error().message;
    return all;
  }
  for (const auto& entry : *entries) all.push_back(entry.name);
  return all;
}

void FileContract::put(const std::string& name, const std::string& content) const {
  std::ofstream(folder_ / name, std::ios::binary) << content;
}

std::string FileContract::content_of(const std::string& name) const {
  std::ostringstream content;
  content << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
  return std::move(content).str();
}

}  // namespace gmsactl::contract
