// The files of a commit: found as in a work tree, read without one, and never from outside of it.
#include "providers/git/tree.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/providers/git/scratch_repository.h"

namespace gmsactl::git {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

bool is_yaml(std::string_view name) { return name.ends_with(".yaml"); }

class FilesBelow : public Scratch {
 protected:
  Repository repository() const { return Repository::open(root.string()).value(); }
  Result<TreeFiles> look(const std::string& path) const {
    const auto opened = repository();
    return files_below(opened, opened.resolve("HEAD").value(), path, is_yaml);
  }
  /// "path", or "path -> real path".
  static std::vector<std::string> names(const TreeFiles& found) {
    std::vector<std::string> list;
    for (const auto& file : found.files)
      list.push_back(file.path == file.real_path ? file.path : file.path + " -> " + file.real_path);
    std::sort(list.begin(), list.end());
    return list;
  }
};

TEST_F(FilesBelow, finds_what_a_scan_of_the_folder_would) {
  for (const char* path :
       {"a.yaml", "b/c.yaml", "b/d/e.yaml", "b/f.txt", ".hidden/g.yaml", "b/.h/i.yaml", ".j.yaml"})
    write(path, path);
  commit();
  EXPECT_THAT(names(look("").value()), ElementsAre(".j.yaml", "a.yaml", "b/c.yaml", "b/d/e.yaml"));
  EXPECT_THAT(names(look("b").value()), ElementsAre("b/c.yaml", "b/d/e.yaml"));
  EXPECT_FALSE(look("b").value().is_one_file);
}

TEST_F(FilesBelow, a_named_file_may_be_called_anything) {
  write("b/f.txt", "text");
  commit();
  const auto found = look("b/f.txt").value();
  EXPECT_TRUE(found.is_one_file);
  EXPECT_THAT(names(found), ElementsAre("b/f.txt"));
  EXPECT_EQ(contents(repository(), found.files.front()).value(), "text");
}

TEST_F(FilesBelow, the_work_tree_has_no_part_in_it) {
  write("a.yaml", "committed");
  commit();
  write("a.yaml", "changed");
  write("b.yaml", "untracked");
  const auto found = look("").value();
  EXPECT_THAT(names(found), ElementsAre("a.yaml"));
  EXPECT_EQ(contents(repository(), found.files.front()).value(), "committed");
}

TEST_F(FilesBelow, what_is_not_there_is_not_found) {
  write("a.yaml", "");
  commit();
  EXPECT_EQ(look("b").error().kind, ErrorKind::not_found);
  EXPECT_EQ(look("a.yaml/b").error().kind, ErrorKind::not_found);
}

TEST_F(FilesBelow, links_are_followed_within_the_commit) {
  write("common/real.yaml", "real");
  write("prod/.keep", "");
  shell("ln -s ../common/real.yaml prod/link.yaml && ln -s link.yaml prod/again.yaml && ln -s common folder");
  commit();
  EXPECT_THAT(names(look("prod").value()),
              ElementsAre("prod/again.yaml -> common/real.yaml", "prod/link.yaml -> common/real.yaml"));
  EXPECT_THAT(names(look("folder").value()), ElementsAre("folder/real.yaml -> common/real.yaml"));
  EXPECT_THAT(names(look("folder/real.yaml").value()), ElementsAre("folder/real.yaml -> common/real.yaml"));
  EXPECT_EQ(contents(repository(), look("prod").value().files.front()).value(), "real");
}

TEST_F(FilesBelow, a_folder_that_links_lead_to_is_looked_through_once) {
  write("common/real.yaml", "real");
  write("common/deeper/other.yaml", "other");
  shell("mkdir prod && ln -s ../common prod/linked && ln -s ../common prod/linked.yaml");
  shell("ln -s ../../common common/deeper/circle && ln -s ../common/deeper prod/within");
  commit();
  const auto found = look("prod").value();
  EXPECT_THAT(names(found), ElementsAre("prod/linked/deeper/other.yaml -> common/deeper/other.yaml",
                                        "prod/linked/real.yaml -> common/real.yaml"));
  EXPECT_THAT(found.bad_links, IsEmpty());
  EXPECT_THAT(found.links_left_out, IsEmpty());
  EXPECT_THAT(names(look("").value()), ElementsAre("common/deeper/other.yaml", "common/real.yaml"));
}

TEST_F(FilesBelow, links_that_may_stand_for_folders_and_are_not_read_are_named) {
  write("prod/deep/a.yaml", "a");
  shell(
      "ln -s .. prod/up && ln -s nowhere prod/gone && ln -s /etc prod/system && ln -s nowhere prod/.hidden");
  shell("ln -s deep prod/self && ln -s ../../prod prod/deep/circle && ln -s deep/a.yaml prod/notes");
  commit();
  const auto found = look("prod").value();
  EXPECT_THAT(names(found), ElementsAre("prod/deep/a.yaml"));
  EXPECT_THAT(found.links_left_out,
              ::testing::UnorderedElementsAre(Pair("prod/up", "leads to a folder above it"),
                                              Pair("prod/gone", "leads to nothing"),
                                              Pair("prod/system", "leads out of the repository")));
}

TEST_F(FilesBelow, links_never_lead_out_of_the_commit) {
  std::ofstream(top / "secret.yaml") << "secret";
  write("keep/me", "");
  shell(
      "ln -s /etc/passwd absolute.yaml && ln -s ../secret.yaml up.yaml && ln -s nowhere.yaml dangling.yaml");
  shell("ln -s circle.yaml circle.yaml && ln -s ../../.. keep/far.yaml && ln -s keep/../../x two.yaml");
  commit();
  auto bad = look("").value().bad_links;
  std::sort(bad.begin(), bad.end());
  EXPECT_THAT(bad,
              ElementsAre(Pair("absolute.yaml", "leads out of the repository"),
                          Pair("circle.yaml", "leads to itself"), Pair("dangling.yaml", "leads to nothing"),
                          Pair("keep/far.yaml", "leads out of the repository"),
                          Pair("two.yaml", "leads out of the repository"),
                          Pair("up.yaml", "leads out of the repository")));
  EXPECT_THAT(look("up.yaml").error().message, HasSubstr("leads out of the repository"));
}

TEST_F(FilesBelow, submodules_are_named_and_not_gone_into) {
  shell("git init -q ../other && cd ../other && echo x >x.yaml && git add . && git commit -q -m x");
  write("a.yaml", "");
  git("-c protocol.file.allow=always submodule --quiet add ../other vendor/other");
  commit();
  const auto found = look("").value();
  EXPECT_THAT(names(found), ElementsAre("a.yaml"));
  EXPECT_THAT(found.submodules, ElementsAre("vendor/other"));
  EXPECT_THAT(look("vendor/other").error().message, HasSubstr("lies in a submodule"));
  EXPECT_THAT(look("vendor/other/x.yaml").error().message, HasSubstr("lies in a submodule"));
}

TEST_F(FilesBelow, a_large_file_pointer_is_no_text) {
  write("a.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 12\n");
  commit();
  const auto text = contents(repository(), look("").value().files.front());
  EXPECT_THAT(text.error().message, HasSubstr("Git LFS"));
}

TEST_F(FilesBelow, a_tree_that_holds_itself_many_times_over_is_given_up) {
  // Each level has ten entries that are the level below: 10^10 files in a few objects.
  write("f.yaml", "");
  std::string script =
      "blob=$(git hash-object -w f.yaml)\n"
      "tree=$(printf '100644 blob %s\\tf.yaml\\n' $blob | git mktree)\n"
      "for level in 1 2 3 4 5 6 7 8 9 10; do\n"
      "  tree=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\td%s\\n' $tree $i; done | git "
      "mktree)\n"
      "done\n"
      "git update-ref refs/heads/main $(git commit-tree $tree -m bomb)\n";
  write("bomb.sh", script);
  shell("sh bomb.sh");
  EXPECT_EQ(look("").error().kind, ErrorKind::constraint);
}

TEST_F(FilesBelow, an_object_that_is_missing_is_an_error_and_not_an_empty_folder) {
  write("b/a.yaml", "text");
  commit();
  const auto id = output_of("git rev-parse HEAD:b");
  fs::remove(root / ".git/objects" / id.substr(0, 2) / id.substr(2));
  EXPECT_FALSE(look(""));
  EXPECT_NE(look("").error().kind, ErrorKind::constraint);
}

}  // namespace
}  // namespace gmsactl::git
