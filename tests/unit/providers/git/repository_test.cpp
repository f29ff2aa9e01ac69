// Which repository, which commit, and messages that say what to do where there is none.
#include "providers/git/repository.h"

#include <gmock/gmock.h>

#include "tests/unit/providers/git/scratch_repository.h"

namespace gmsactl::git {
namespace {

using testing::HasSubstr;

class OpenRepository : public Scratch {};
class Resolve : public Scratch {
 protected:
  Resolve() {
    write("a.yaml", "one\n");
    commit("First");
  }
  Repository repository() const { return Repository::open(root.string()).value(); }
};
class BlobId : public Scratch {};

TEST_F(OpenRepository, a_work_tree_its_git_folder_and_a_bare_one) {
  git("clone -q --bare . ../bare.git");
  EXPECT_EQ(Repository::open(root.string()).value().work_tree(), root.string());
  EXPECT_EQ(Repository::open((root / ".git").string()).value().work_tree(), root.string());
  EXPECT_TRUE(Repository::open((top / "bare.git").string()).value().is_bare());
}

TEST_F(OpenRepository, at_that_very_place_and_not_above) {
  write("folder/a.yaml", "");
  const auto opened = Repository::open((root / "folder").string());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::not_found);
  EXPECT_THAT(opened.error().message, HasSubstr("folder is no git repository"));
}

TEST_F(OpenRepository, is_found_from_a_folder_below) {
  write("a/b/c.yaml", "");
  const auto found = Repository::discover((root / "a/b").string()).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->work_tree(), root.string());
}

TEST_F(OpenRepository, where_there_is_none_nothing_is_found) {
  EXPECT_FALSE(Repository::discover(top.string()).value());
}

TEST_F(OpenRepository, a_linked_work_tree_has_a_root_of_its_own) {
  write("a.yaml", "");
  commit();
  git("worktree add -q ../linked HEAD");
  EXPECT_EQ(Repository::discover((top / "linked").string()).value()->work_tree(), (top / "linked").string());
}

TEST_F(OpenRepository, sparse_and_partial_clones_are_no_obstacle) {
  write("a/b.yaml", "text");
  commit();
  git("sparse-checkout set a");
  git("config extensions.partialClone origin");
  git("config core.repositoryFormatVersion 1");
  EXPECT_TRUE(Repository::open(root.string()).value().resolve("HEAD"));
}

TEST_F(OpenRepository, a_work_tree_that_is_linked_by_a_relative_path) {
  write("a.yaml", "");
  commit();
  git("worktree add -q ../linked HEAD");
  // What `git worktree add --relative-paths` of git 2.48 writes, and earlier ones can't.
  shell("echo 'gitdir: ../'$(basename \"$PWD\")'/.git/worktrees/linked' > ../linked/.git");
  shell("echo ../../../../linked/.git > .git/worktrees/linked/gitdir");
  git("config core.repositoryFormatVersion 1");
  git("config extensions.relativeWorktrees true");
  for (const auto& place : {root, top / "linked"}) {
    const auto opened = Repository::open(place.string());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(opened->resolve("HEAD"));
    EXPECT_EQ(opened->work_tree(), place.string());
  }
}

TEST_F(OpenRepository, a_format_that_libgit2_cannot_read_says_what_to_do) {
  struct Format {
    const char* setting;
    const char* message;
    const char* hint;
  };
  for (const auto& [setting, message, hint] :
       {Format{"extensions.refStorage reftable", "extensions.refstorage",
               "git refs migrate --ref-format=files"},
        Format{"extensions.objectFormat sha256", "extensions.objectformat", "SHA-1"},
        Format{"extensions.somethingNew true", "extensions.somethingnew", "without that extension"}}) {
    git("config core.repositoryFormatVersion 1");
    git(std::string("config ") + setting);
    const auto opened = Repository::open(root.string());
    ASSERT_FALSE(opened) << setting;
    EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(opened.error().message, HasSubstr(message));
    EXPECT_THAT(opened.error().hint, HasSubstr(hint));
    EXPECT_FALSE(Repository::discover(root.string())) << "it is there, and must not pass for absent";
    // git itself refuses to look at some of these.
    shell("sed -i '/extensions/,$d' .git/config");
  }
}

TEST_F(OpenRepository, of_another_user_is_refused_until_it_is_declared_safe) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  shell("chown -R 65534:65534 .");
  const auto opened = Repository::open(root.string());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::denied);
  EXPECT_THAT(opened.error().message, HasSubstr("belongs to another user"));
  EXPECT_THAT(opened.error().hint, HasSubstr("git config --global --add safe.directory"));
  EXPECT_FALSE(Repository::discover(root.string()));
  git("config --global --add safe.directory /elsewhere");
  EXPECT_EQ(Repository::open(root.string()).error().kind, ErrorKind::denied);
  git("config --global --add safe.directory '" + root.string() + "'");
  EXPECT_TRUE(Repository::open(root.string())) << Repository::open(root.string()).error().message;
}

TEST_F(Resolve, gives_the_facts_of_a_commit) {
  const auto found = repository().resolve("main").value();
  EXPECT_EQ(found.id, output_of("git rev-parse main"));
  EXPECT_EQ(found.author_name, "Ada Admin");
  EXPECT_EQ(found.author_email, "ada@contoso.com");
  EXPECT_EQ(found.time.time_since_epoch().count(), 1769860800);
  EXPECT_EQ(found.summary, "First");
  EXPECT_EQ(repository().head().value(), found);
}

TEST_F(Resolve, takes_whatever_git_takes_for_a_commit) {
  const auto first = repository().resolve("HEAD").value();
  git("tag -a v1 -m 'Version 1'");
  write("a.yaml", "two\n");
  commit("Second");
  EXPECT_EQ(repository().resolve("v1").value(), first);
  EXPECT_EQ(repository().resolve("HEAD~1").value(), first);
  EXPECT_EQ(repository().resolve("main^").value(), first);
  EXPECT_EQ(repository().resolve(first.id.substr(0, 8)).value(), first);
  EXPECT_EQ(repository().resolve("refs/tags/v1").value(), first);
}

TEST_F(Resolve, what_is_no_commit_is_named) {
  EXPECT_THAT(repository().resolve("HEAD:a.yaml").error().message, HasSubstr("is a blob, not a commit"));
  EXPECT_THAT(repository().resolve("HEAD^{tree}").error().message, HasSubstr("is a tree, not a commit"));
}

TEST_F(Resolve, proposes_a_branch_of_nearly_that_name) {
  git("branch production");
  const auto error = repository().resolve("prodution~2").error();
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_EQ(error.message, "there is no revision \"prodution~2\"");
  EXPECT_EQ(error.hint, "Did you mean \"production\"?");
}

TEST_F(Resolve, proposes_the_branch_of_the_remote_that_a_pipeline_has_not_checked_out) {
  git("branch release && git clone -q . ../clone");
  const auto clone = Repository::open((top / "clone").string()).value();
  EXPECT_EQ(clone.resolve("release").error().hint, "Did you mean \"origin/release\"?");
}

TEST_F(Resolve, says_that_the_history_ends_there) {
  EXPECT_THAT(repository().resolve("main~1").error().hint, HasSubstr("does not reach that far"));
}

TEST_F(Resolve, says_that_a_repository_is_shallow) {
  write("a.yaml", "two\n");
  commit("Second");
  git("clone -q --depth 1 'file://" + root.string() + "' ../shallow");
  const auto shallow = Repository::open((top / "shallow").string()).value();
  EXPECT_TRUE(shallow.resolve("HEAD"));
  EXPECT_THAT(shallow.resolve("HEAD~1").error().hint, HasSubstr("shallow: git fetch --unshallow"));
}

TEST_F(Resolve, says_that_an_id_is_ambiguous) {
  write("a", "4827\n");
  write("b", "11742\n");
  commit("Two blobs whose ids begin alike");
  const auto prefix = output_of("git rev-parse HEAD:a").substr(0, 7);
  ASSERT_EQ(output_of("git rev-parse HEAD:b").substr(0, 7), prefix);
  EXPECT_THAT(repository().resolve(prefix).error().message, HasSubstr("is ambiguous"));
}

TEST_F(Resolve, a_repository_without_a_commit_has_no_head) {
  git("init -q ../empty");
  const auto empty = Repository::open((top / "empty").string()).value();
  EXPECT_FALSE(empty.head().value());
  EXPECT_THAT(empty.resolve("HEAD").error().message, HasSubstr("no commit yet"));
}

TEST_F(Resolve, odd_revisions_are_refused_and_harm_nothing) {
  for (const char* odd : {"", " ", "..", "main..main", "@{u}", "^", "~", "HEAD^{", ":", ":/nothing", "\n",
                          "-x", "refs/heads/"}) {
    const auto found = repository().resolve(odd);
    EXPECT_TRUE(!found || found->id.size() == 40) << odd;
  }
}

TEST_F(BlobId, is_git_s) {
  write("a.yaml", "kind: GMSA\n");
  EXPECT_EQ(Repository::blob_id("kind: GMSA\n"), output_of("git hash-object a.yaml"));
}

TEST_F(BlobId, line_ends_are_converted_as_the_attributes_say) {
  write(".gitattributes", "*.yaml text eol=crlf\n");
  const auto repository = Repository::open(root.string()).value();
  EXPECT_EQ(repository.stored_id("a.yaml", "one\r\ntwo\r\n").value(), Repository::blob_id("one\ntwo\n"));
  EXPECT_EQ(repository.stored_id("a.bin", "one\r\n").value(), Repository::blob_id("one\r\n"));
}

}  // namespace
}  // namespace gmsactl::git
