#include "engine/manifest/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "engine/manifest/codes.h"
#include "tests/paths.h"
#include "tests/unit/engine/manifest/corpus.h"

namespace gmsactl::manifest {
namespace {

using namespace testing;
namespace fs = std::filesystem;

constexpr const char* environment = R"(apiVersion: gmsactl/v1
kind: Environment
metadata: {name: prod}
spec: {domain: Contoso.COM, owner: team}
)";
std::string gmsa(const std::string& name) {
  return "apiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {name: " + name + "}\n";
}

class LoadFolder : public ::testing::Test {
 protected:
  LoadFolder() : folder_(fs::temp_directory_path() / ("gmsactl-load-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~LoadFolder() override { fs::remove_all(folder_); }
  LoadFolder(const LoadFolder&) = delete;
  LoadFolder& operator=(const LoadFolder&) = delete;

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string path(const std::string& name = "") const { return (folder_ / name).string(); }
  static std::vector<std::string> accounts(const Manifests& manifests) {
    Diagnostics ignored;
    std::vector<std::string> names;
    for (const auto& each : manifests.resolve("prod", ignored).accounts) names.push_back(each.name);
    return names;
  }
  static std::string problems(const Manifests& manifests) {
    return render(manifests.diagnostics(), manifests.sources());
  }

  fs::path folder_;
};

TEST_F(LoadFolder, reads_yaml_files_below_in_order_of_their_paths) {
  write("b.yml", gmsa("b"));
  write("a/z.yaml", gmsa("az"));
  write("environment.yaml", environment);
  write("c.json", "not yaml: [");
  write("d.yaml.bak", "not yaml: [");
  EXPECT_EQ(accounts(load(LoadRequest{{path()}, ""})), (std::vector<std::string>{"az", "b"}));
}

TEST_F(LoadFolder, passes_over_folders_that_begin_with_a_dot) {
  write(".git/x.yaml", gmsa("hidden"));
  write("environment.yaml", environment);
  EXPECT_TRUE(accounts(load(LoadRequest{{path()}, ""})).empty());
}

TEST_F(LoadFolder, passes_over_documents_of_other_programs) {
  write("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\n---\n" + gmsa("a") +
                               "---\nfoo: bar\n---\n- list\n---\n# nothing\n");
  write("chart.yaml", "{{ if .Values.gMSA }}\nkind: {{ x }}\n{{ end }}\n\t broken: [");
  write("crossplane.yaml", "apiVersion: example.org/v1\nkind: Environment\nmetadata: {name: x, name: y}\n");
  write("environment.yaml", environment);
  const auto manifests = load(LoadRequest{{path()}, ""});
  EXPECT_EQ(problems(manifests), "");
  EXPECT_EQ(accounts(manifests), std::vector<std::string>{"a"});
}

TEST_F(LoadFolder, does_not_pass_over_broken_documents_of_ours) {
  write("a.yaml", "apiVersion: gmsactl/v1\nkind: [\n");
  write("b.yaml", "kind: GMSA\nmetadata: {name: a}\n");
  write("c.yaml", "apiVersion: gmsactl/v2\nkind: GMSA\n");
  const auto manifests = load(LoadRequest{{path()}, ""});
  ASSERT_EQ(manifests.diagnostics().size(), 3U) << problems(manifests);
  EXPECT_EQ(manifests.diagnostics()[0].code, codes::yaml_syntax.code);
  EXPECT_EQ(manifests.diagnostics()[1].code, codes::missing_field.code);
  EXPECT_EQ(manifests.diagnostics()[2].code, codes::unknown_api_version.code);
  EXPECT_EQ(manifests.diagnostics()[2].severity, Severity::warning);
}

TEST_F(LoadFolder, a_file_that_is_named_must_hold_manifests_only) {
  write("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\n");
  const auto manifests = load(LoadRequest{{path(), path("deployment.yaml")}, ""});
  ASSERT_EQ(manifests.diagnostics().size(), 1U);
  EXPECT_EQ(manifests.diagnostics()[0].code, codes::unknown_api_version.code);
}

TEST_F(LoadFolder, the_same_file_twice_is_read_once) {
  write("a.yaml", environment + std::string("---\n") + gmsa("a"));
  fs::create_symlink(path("a.yaml"), path("b.yaml"));
  const auto manifests =
      load(LoadRequest{{path(), path("a.yaml"), path("../") + folder_.filename().string()}, ""});
  EXPECT_EQ(problems(manifests), "");
  EXPECT_EQ(manifests.document_count(), 2U);
}

TEST_F(LoadFolder, a_folder_that_a_link_leads_to_is_read_once) {
  write("m/environment.yaml", environment);
  write("team/b.yaml", gmsa("b"));
  write("team/deeper/c.YAML", gmsa("c"));
  fs::create_directory_symlink("../team", path("m/team"));
  fs::create_directory_symlink("../team", path("m/again"));
  fs::create_directory_symlink("../../team", path("team/deeper/circle"));
  const auto manifests = load({{path("m")}, {}});
  EXPECT_EQ(problems(manifests), "");
  EXPECT_EQ(accounts(manifests), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(accounts(load({{path("m"), path("team")}, {}})), (std::vector<std::string>{"b", "c"}));
}

TEST_F(LoadFolder, a_folder_below_keeps_its_own_path_beside_a_link_to_it) {
  write("environment.yaml", environment);
  write("z/b.yaml", "apiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {nam: b}\n");
  fs::create_directory_symlink("z", path("a"));
  EXPECT_THAT(problems(load({{path()}, {}})), ::testing::HasSubstr(path("z/b.yaml")));
}

TEST_F(LoadFolder, links_that_are_not_read_are_named) {
  write("m/environment.yaml", environment);
  write("outside.yaml", gmsa("outside"));
  fs::create_directory_symlink("..", path("m/up"));
  fs::create_symlink("nowhere", path("m/gone"));
  fs::create_symlink("nowhere", path("m/.hidden"));
  const auto manifests = load({{path("m")}, {}});
  EXPECT_EQ(accounts(manifests), std::vector<std::string>{});
  std::set<std::string> named;
  for (const auto& each : manifests.diagnostics()) {
    EXPECT_EQ(each.code, codes::not_read.code);
    EXPECT_EQ(each.severity, Severity::warning);
    named.emplace(each.where->file);
  }
  EXPECT_EQ(named, (std::set<std::string>{path("m/gone"), path("m/up")}));
}

TEST_F(LoadFolder, what_looks_like_a_manifest_and_is_no_file_is_an_error) {
  write("environment.yaml", environment);
  ASSERT_EQ(mkfifo(path("pipe.yaml").c_str(), 0600), 0);
  fs::create_symlink("nowhere.yaml", path("dangling.yaml"));
  const auto found = problems(load({{path()}, {}}));
  EXPECT_THAT(found, ::testing::HasSubstr("pipe.yaml is not a file."));
  EXPECT_THAT(found, ::testing::HasSubstr("dangling.yaml failed: No such file"));
}

TEST_F(LoadFolder, a_misspelled_api_version_is_not_passed_over_in_silence) {
  write("a.yaml", "apiVersion: gmsatcl/v1\nkind: GMSA\nmetadata: {name: a}\n");
  write("b.yaml", "apiVersion: gmsactl.io/v1\nkind: HostGroup\nmetadata: {name: b}\n");
  write("c.yaml", "apiVersion: apps/v1\nkind: Environment\nmetadata: {name: c}\n");
  const auto manifests = load({{path()}, {}});
  ASSERT_EQ(manifests.diagnostics().size(), 2U) << problems(manifests);
  for (const auto& each : manifests.diagnostics()) EXPECT_EQ(each.code, codes::unknown_api_version.code);
}

/// In a file of its own beside an environment: what is said of it.
class LoadDoubtful : public LoadFolder {
 protected:
  std::string said_of(const std::string& text) {
    write("environment.yaml", environment);
    write("b.yaml", text);
    const auto manifests = load({{path()}, {}});
    EXPECT_THAT(accounts(manifests), ::testing::IsEmpty()) << text;
    std::string codes;
    for (const auto& each : manifests.diagnostics())
      codes += std::string(each.severity == Severity::warning ? "warning " : "error ") +
               std::string(each.code) + " ";
    return codes;
  }
};

TEST_F(LoadDoubtful, what_was_not_read_as_a_manifest_is_said) {
  using namespace std::string_literals;
  std::string utf16;
  for (const char c : gmsa("b")) (utf16 += c) += '\0';
  std::string big_endian = utf16;
  std::rotate(big_endian.begin(), big_endian.end() - 1, big_endian.end());
  const std::string indented = "- apiVersion: gmsactl/v1\n  kind: GMSA\n  metadata: {name: b}\n";
  const std::string texts[] = {
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
      "../team/b.yaml",
      "\0GITCRYPT\0abcdefgh"s,
      "$ANSIBLE_VAULT;1.1;AES256\n3938\n",
      "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n",
      "apiVersion: ENC[AES256_GCM,data:x]\nkind: ENC[AES256_GCM,data:y]\nsops: {}\n",
      std::string(200, '\0'),
      utf16,
      big_endian,
      "\x1F\x8B\x08\x00\x01\x02\xFF"s,
      "\xFF\xFE\x00"s,
      "Caf\xE9: au lait\n",
      "<!DOCTYPE html>\n<html>\n<a href='x: y'>\n  &nbsp;: [\n",
      "apiVersion: v1\nkind: List\nitems:\n" + indented,
      "apiVersion: v1\nkind: ConfigMapList\nitems:\n" + indented,
      indented,
      "manifests:\n" + indented,
      "metadata: {name: b}\nspec: {}\n",
      "Kind: GMSA\nApiVersion: gmsactl/v1\nmetadata: {name: b}\n",
      "kind: gmsa\nmetadata: {name: b}\n",
      "kind: Gmsa\nmetadata: {name: b}\n",
      "kind: GMSAs\nmetadata: {name: b}\n",
      "kind: hostgroup\nmetadata: {name: b}\n",
      "{{ if }}\nkind: GMSA\n  bad: [\n",
  };
  for (const auto& text : texts) {
    const auto said = said_of(text);
    EXPECT_THAT(said, ::testing::AnyOf("warning GMSA0152 ", "error GMSA0102 ")) << text;
  }
}

TEST_F(LoadDoubtful, slips_of_api_version_are_said) {
  for (const char* version :
       {"gmsactl", "v1", "1", "/v1", "gmsa/v1", "'v1'", "GMSACTL/V1", "apps/v1", "gmsactl.v1"})
    for (const char* kind : {"GMSA", "HostGroup", "SpecTarget", "gmsa", "HostGroups"})
      EXPECT_EQ(
          said_of("apiVersion: " + std::string(version) + "\nkind: " + kind + "\nmetadata: {name: b}\n"),
          "warning GMSA0110 ")
          << version << ' ' << kind;
  EXPECT_EQ(
      said_of("apiVersion: v1\nkind: Environment\nmetadata: {name: b}\nspec: {domain: a.b, owner: c}\n"),
      "warning GMSA0110 ");
}

TEST_F(LoadDoubtful, documents_of_others_are_passed_over_in_silence) {
  std::string utf16 = "\xFF\xFE";
  for (const char c : std::string("apiVersion: v1\nkind: Pod\n")) (utf16 += c) += '\0';
  const std::string texts[] = {
      "apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec\nmetadata: {name: b}\nspec: {}\n",
      "apiVersion: windows.k8s.io/v1\nkind: GMSA\nmetadata: {name: b}\n",
      "apiVersion: v1\nkind: Environment\nmetadata: {name: b}\nspec: {type: x}\n",
      "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: b}\nspec: {}\n",
      "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}]\n",
      "apiVersion: v1\nkind: ConfigMap\ndata: {b.yaml: 'apiVersion: gmsactl/v1'}\n",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: Caf\xE9}\n",
      "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
      "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\"}\n",
      "services: {web: {image: gmsactl}}\n",
      "- hosts: all\n  tasks: [{name: run gmsactl/v1}]\n",
      "Resources: {A: {Type: !Ref B}}\n",
      "{{- range .Values.x }}\nkind: {{ . }}\n{{- end }}\n",
      "# nothing\n",
      utf16,
  };
  for (const auto& text : texts) EXPECT_EQ(said_of(text), "") << text;
}

TEST_F(LoadFolder, a_link_to_a_folder_that_was_checked_out_as_a_text_is_named) {
  write("m/environment.yaml", environment);
  write("m/inside/a.yaml", gmsa("a"));
  write("team/b.yaml", gmsa("b"));
  write("m/team", "../team");
  write("m/again", "inside");  // read anyway
  write("m/VERSION", "1.2.3");
  const auto manifests = load({{path("m")}, {}});
  ASSERT_EQ(manifests.diagnostics().size(), 1U) << problems(manifests);
  EXPECT_EQ(manifests.diagnostics()[0].code, codes::not_read.code);
  EXPECT_EQ(manifests.diagnostics()[0].where->file, path("m/team"));
}

TEST_F(LoadFolder, what_is_not_there_is_reported) {
  const auto manifests = load(LoadRequest{{path("missing.yaml")}, ""});
  ASSERT_EQ(manifests.diagnostics().size(), 1U);
  EXPECT_EQ(manifests.diagnostics()[0].code, codes::unreadable.code);
}

TEST_F(LoadFolder, an_empty_file_is_no_mistake) {
  write("empty.yaml", "");
  EXPECT_EQ(problems(load(LoadRequest{{path("empty.yaml")}, ""})), "");
}

TEST_F(LoadFolder, a_byte_order_mark_may_stand_before_each_document) {
  const std::string mark = "\xEF\xBB\xBF";
  // As `cat` makes it of files from Windows, and with the mark behind the separator.
  write("joined.yaml", mark + environment + mark + "---\n" + gmsa("a") + "---\n" + mark + gmsa("b") +
                           "...\n" + mark + "# comment\n" + mark + gmsa("c"));
  const auto manifests = load(LoadRequest{{path("joined.yaml")}, ""});
  EXPECT_EQ(problems(manifests), "");
  EXPECT_EQ(accounts(manifests), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(LoadFolder, a_byte_order_mark_inside_of_a_document_is_no_white_space) {
  write("a.yaml", environment);
  write("b.yaml", gmsa("a") + "\xEF\xBB\xBFspec: {}\n");
  EXPECT_NE(problems(load(LoadRequest{{path()}, ""})), "");
}

TEST_F(LoadFolder, a_mounted_config_map_is_read_once) {
  // What the kubelet makes of one: files are links through ..data to the folder of the present version.
  write("mount/..2026_11_28_07_00_00.1/a.yaml", environment);
  write("mount/..2026_11_28_07_00_00.1/b.yaml", gmsa("a"));
  fs::create_directory_symlink("..2026_11_28_07_00_00.1", folder_ / "mount/..data");
  for (const char* name : {"a.yaml", "b.yaml"})
    fs::create_symlink(fs::path("..data") / name, folder_ / "mount" / name);
  for (const auto& named : {path("mount"), path("mount/..data"), path("mount/")}) {
    const auto manifests = load(LoadRequest{{named}, ""});
    EXPECT_EQ(problems(manifests), "") << named;
    EXPECT_EQ(accounts(manifests), std::vector<std::string>{"a"}) << named;
  }
  const auto twice = load(LoadRequest{{path("mount"), path("mount/..data")}, ""});
  EXPECT_EQ(problems(twice), "");
}

TEST_F(LoadFolder, paths_in_a_manifest_are_relative_to_its_folder) {
  write("sub/environment.yaml",
        "apiVersion: gmsactl/v1\nkind: Environment\nmetadata: {name: prod}\nspec:\n  domain: contoso.com\n  "
        "owner: t\n"
        "  directory:\n    servers: [\"ldif:../directory.ldif\"]\n    tls: {caFile: /etc/ca.pem}\n");
  Diagnostics none;
  const auto found = load(LoadRequest{{path()}, ""}).resolve("prod", none).environment;
  EXPECT_EQ(found.servers.at(0).text, "ldif:" + path("directory.ldif"));
  EXPECT_EQ(found.tls_ca_file, "/etc/ca.pem");
}

TEST(Load, reads_standard_input) {
  const auto manifests = load(LoadRequest{{"-", "-"}, environment + std::string("---\n") + gmsa("[a]")});
  EXPECT_EQ(manifests.environment_names(), std::vector<std::string>{"prod"});
  ASSERT_EQ(manifests.diagnostics().size(), 1U);
  EXPECT_EQ(manifests.diagnostics()[0].where, (SourceRange{"<stdin>", 8, 18}));
}

TEST(Load, a_broken_document_does_not_make_references_to_others_look_wrong) {
  const auto manifests =
      load_text(std::string(environment) +
                "---\napiVersion: gmsactl/v1\nkind: HostGroup\nmetadata: {name: Hosts\n---\n"
                "apiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {name: a}\n"
                "spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: Hosts}]}\n");
  EXPECT_EQ(manifests.diagnostics().size(), 1U);
  Diagnostics own;
  (void)manifests.resolve("prod", own);
  EXPECT_EQ(render(own, manifests.sources()), "");
}

TEST(Load, a_reference_to_a_document_with_mistakes_is_no_second_mistake) {
  const auto manifests = load_text(
      std::string(environment) +
      "---\napiVersion: gmsactl/v1\nkind: HostGroup\nmetadata: {name: Hosts}\nspec: {scope: x}\n---\n"
      "apiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {name: a}\n"
      "spec: {principalsAllowedToRetrieveManagedPassword: [{hostGroup: Hosts}]}\n");
  EXPECT_EQ(all_diagnostics(manifests).size(), 1U);
}

TEST(Load, many_documents_come_out_in_their_order) {
  std::string text = environment;
  for (int i = 0; i < 2000; ++i) text += "---\n" + gmsa("a" + std::to_string(i));
  const auto manifests = load_text(text);
  Diagnostics warnings;
  const auto desired = manifests.resolve("prod", warnings);
  ASSERT_EQ(desired.accounts.size(), 2000U);
  for (size_t i = 0; i < 2000; ++i) EXPECT_EQ(desired.accounts[i].name, "a" + std::to_string(i));
  EXPECT_EQ(warnings.size(), 2000U);
  EXPECT_FALSE(has_errors(warnings));
}

TEST(Sources, give_lines_without_their_ends) {
  Sources sources;
  sources.add({intern("x"), "", "\xEF\xBB\xBFone\r\ntwo\n\nfour", true});
  EXPECT_EQ(sources.line("x", 1), "one");
  EXPECT_EQ(sources.line("x", 3), "");
  EXPECT_EQ(sources.line("x", 4), "four");
  EXPECT_EQ(sources.line("x", 5), std::nullopt);
  EXPECT_EQ(sources.line("x", 0), std::nullopt);
  EXPECT_EQ(sources.line("y", 1), std::nullopt);
}

TEST(Sources, never_show_a_literal_password) {
  const auto manifests = load_text(
      "apiVersion: gmsactl/v1\nkind: Environment\nmetadata: {name: prod}\nspec:\n  domain: contoso.com\n  "
      "owner: t\n"
      "  directory: {authentication: simple, username: u, password: hunter2}\n");
  EXPECT_EQ(manifests.sources().line("test.yaml", 7),
            "  directory: {authentication: simple, username: u, password: ********");
  EXPECT_EQ(render(manifests.diagnostics(), manifests.sources()).find("hunter2"), std::string::npos);
}

TEST(Codes, are_unique_and_each_is_documented) {
  const std::string page = content(fs::path(tests::source_dir) / "docs/diagnostics/manifest.md");
  std::set<std::string_view> seen;
  for (const auto& each : codes::all) {
    EXPECT_TRUE(seen.insert(each.code).second) << each.code;
    EXPECT_NE(page.find("| " + std::string(each.code) + " | " + std::string(each.summary) + " |"),
              std::string::npos)
        << each.code << " " << each.summary;
  }
}

}  // namespace
}  // namespace gmsactl::manifest
