// A folder whose files can't all be read: what is one file's trouble and what is the whole place's.
#include "providers/credentialspec/spec_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

namespace gmsactl::credentialspec {
namespace {

using testing::HasSubstr;

/// Files in memory; reading one may fail.
class Folder : public files::FileStore {
 public:
  const std::string& place() const override { return place_; }
  Result<std::vector<files::FileEntry>> list() override {
    std::vector<files::FileEntry> entries;
    for (const auto& [name, content] : contents) entries.push_back({name, content.size()});
    return entries;
  }
  Result<std::string> read(const std::string& name, uint64_t) override {
    if (const auto failure = failures.find(name); failure != failures.end()) return fail(failure->second);
    if (const auto found = contents.find(name); found != contents.end()) return found->second;
    return fail(ErrorKind::not_found, "it does not exist");
  }
  Result<void> write(const std::string&, const std::string&) override { return {}; }
  Result<void> remove(const std::string&) override { return {}; }
  Result<void> create_folder() override { return {}; }

  std::map<std::string, std::string> contents{{"a.json", "{}"}, {"b.json", "{}"}};
  std::map<std::string, Error> failures;

 private:
  std::string place_ = "memory";
};

model::LivePlace place_of(Folder& folder) { return std::get<model::LivePlace>(observe_folder(folder, {})); }

TEST(SpecFolder, a_file_that_may_not_be_read_is_its_own_trouble) {
  Folder folder;
  folder.failures["a.json"] = Error{ErrorKind::denied, "permission denied", {}, {}};
  const auto place = place_of(folder);
  ASSERT_EQ(place.specs.size(), 2U);
  EXPECT_EQ(place.specs[0].problem, "permission denied");
  EXPECT_NE(place.specs[1].problem, "permission denied");
}

TEST(SpecFolder, a_connection_that_is_lost_leaves_nothing_known) {
  for (const auto kind : {ErrorKind::unavailable, ErrorKind::timeout}) {
    Folder folder;
    folder.failures["b.json"] = Error{kind, "gone", {}, {}};
    const auto seen = observe_folder(folder, {});
    ASSERT_TRUE(std::holds_alternative<model::Unreadable>(seen));
    EXPECT_EQ(std::get<model::Unreadable>(seen).why.message, "gone");
  }
}

TEST(SpecFolder, a_file_that_has_gone_meanwhile_is_not_there) {
  Folder folder;
  folder.failures["a.json"] = Error{ErrorKind::not_found, "it does not exist", {}, {}};
  ASSERT_EQ(place_of(folder).specs.size(), 1U);
}

TEST(SpecFolder, a_file_that_is_too_long_is_not_fetched) {
  Folder folder;
  folder.contents["a.json"] = std::string((size_t{1} << 20) + 1, ' ');
  folder.failures["a.json"] = Error{ErrorKind::timeout, "it was fetched", {}, {}};
  const auto place = place_of(folder);
  ASSERT_EQ(place.specs.size(), 2U);
  EXPECT_THAT(place.specs[0].problem, HasSubstr("longer than 1048576 bytes"));
}

}  // namespace
}  // namespace gmsactl::credentialspec
