#include "tests/unit/engine/manifest/corpus.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace gmsactl::manifest {
namespace {

using namespace testing;

class InvalidManifest : public ::testing::TestWithParam<std::filesystem::path> {};

std::vector<std::filesystem::path> invalid_cases() {
  std::vector<std::filesystem::path> all;
  for (const auto* folder : {"invalid", "invalid-semantic", "invalid-yaml"}) {
    const auto found = cases(folder);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

std::string case_name(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

TEST_P(InvalidManifest, is_explained_as_expected) {
  const auto manifests = load_case(GetParam());
  const auto diagnostics = all_diagnostics(manifests);
  EXPECT_TRUE(has_errors(diagnostics));
  const std::string actual = render(diagnostics, manifests.sources());
  auto expected_file = GetParam();
  expected_file.replace_extension(".expected");
  if (std::getenv("GMSACTL_UPDATE_GOLDEN") != nullptr)
    std::ofstream(expected_file, std::ios::binary) << actual;
  EXPECT_EQ(actual, content(expected_file));
}

INSTANTIATE_TEST_SUITE_P(Corpus, InvalidManifest, ::testing::ValuesIn(invalid_cases()), case_name);

class ValidManifest : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(ValidManifest, has_no_errors) {
  const auto manifests = load_case(GetParam());
  for (const auto& each : all_diagnostics(manifests))
    EXPECT_EQ(each.severity, Severity::warning) << render({each}, manifests.sources());
}

INSTANTIATE_TEST_SUITE_P(Corpus, ValidManifest, ::testing::ValuesIn(cases("valid")), case_name);

TEST(Corpus, every_case_has_an_expectation_and_every_expectation_a_case) {
  for (const auto* folder : {"invalid", "invalid-semantic", "invalid-yaml"})
    for (const auto& entry : std::filesystem::directory_iterator(corpus_folder / folder)) {
      auto partner = entry.path();
      partner.replace_extension(entry.path().extension() == ".yaml" ? ".expected" : ".yaml");
      EXPECT_TRUE(std::filesystem::exists(partner)) << entry.path();
    }
}

}  // namespace
}  // namespace gmsactl::manifest
