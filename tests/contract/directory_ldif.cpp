// The suite on a directory held in an LDIF file: a copy of fixture.ldif, thrown away at the end.
#include <filesystem>

#include "providers/transport/ldap/connect.h"
#include "tests/contract/ldap/contract.h"
#include "tests/paths.h"

namespace gmsactl::contract {
namespace {

std::string copy_of_fixture() {
  const auto folder = std::filesystem::path(testing::TempDir());
  std::string pattern = (folder / "contract-XXXXXX").string();
  const char* made = mkdtemp(pattern.data());
  if (!made) return {};
  const auto file = std::filesystem::path(made) / "directory.ldif";
  std::filesystem::copy_file(std::filesystem::path(tests::source_dir) / "tests/contract/fixture.ldif", file);
  return file.string();
}

}  // namespace

Directory open_directory() {
  static std::string path;
  path = copy_of_fixture();
  std::atexit([] { std::filesystem::remove_all(std::filesystem::path(path).parent_path()); });
  auto transport = ldap::open_ldif(path);
  EXPECT_TRUE(transport) << (transport ? "" : transport.error().message);
  if (!transport) return {nullptr, "the LDIF file does not open"};
  return {std::move(*transport), {}};
}

}  // namespace gmsactl::contract
