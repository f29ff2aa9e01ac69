// Signatures by real keys, made by the real programs. Everything but a good one of an allowed signer is
// refused.
#include "providers/git/signature.h"

#include <gmock/gmock.h>

#include "tests/unit/providers/git/scratch_repository.h"

namespace gmsactl::git {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Signature : public Scratch {
 protected:
  Signature() { write("a.yaml", "text\n"); }
  /// Who signed HEAD, or why that is not accepted.
  std::string verdict(const std::string& allowed) const {
    const auto repository = Repository::open(root.string()).value();
    const auto signer = verify_signature(repository, repository.resolve("HEAD").value(), allowed);
    return signer ? *signer : "refused: " + signer.error().message;
  }
  /// HEAD once more with another file, under the signature that it had.
  void tamper() const {
    write("a.yaml", "tampered\n");
    shell(
        "git add -A && tree=$(git write-tree) && git cat-file commit HEAD >../object &&"
        " sed \"s/^tree .*/tree $tree/\" ../object >../changed &&"
        " git update-ref refs/heads/main $(git hash-object -t commit -w ../changed)");
  }
};

class SshSignature : public Signature {
 protected:
  SshSignature() {
    key("ada");
    git("config gpg.format ssh");
  }
  void key(const std::string& name) const {
    shell("ssh-keygen -q -t ed25519 -N '' -C '' -f '" + (top / name).string() + "'");
  }
  void commit_as(const std::string& name) const {
    git("config user.signingKey '" + (top / name).string() + "'");
    git("add -A && git commit -q -S -m Signed");
  }
  /// A file that allows this key, with options before it: "ada@contoso.com".
  std::string allow(const std::string& principal, const std::string& name) const {
    const auto path = top / "allowed_signers";
    std::ofstream(path) << "# who may sign\n" << principal << " " << content(top / (name + ".pub"));
    return path.string();
  }
};

class PgpSignature : public Signature {
 protected:
  PgpSignature() {
    home = top / "gnupg";
    fs::create_directory(home);
    fs::permissions(home, fs::perms::owner_all);
    setenv("GNUPGHOME", home.c_str(), 1);
    key("ada");
  }
  ~PgpSignature() override {
    std::system("gpgconf --kill gpg-agent >/dev/null 2>&1");
    unsetenv("GNUPGHOME");
  }
  void key(const std::string& name, const std::string& expires = "never") const {
    shell("gpg --batch --quiet --passphrase '' --quick-generate-key '" + name + " <" + name +
          "@contoso.com>' ed25519 sign " + expires);
  }
  void commit_as(const std::string& name) const {
    git("config user.signingKey " + name + "@contoso.com");
    git("add -A && git commit -q -S -m Signed");
  }
  std::string allow(const std::string& name, const std::string& form = "--armor") const {
    const auto path = (top / (name + ".keys")).string();
    shell("gpg --batch --export " + form + " " + name + "@contoso.com >'" + path + "'");
    return path;
  }
  fs::path home;
};

TEST_F(SshSignature, of_an_allowed_signer_is_good) {
  commit_as("ada");
  EXPECT_EQ(verdict(allow("ada@contoso.com", "ada")), "ada@contoso.com");
  EXPECT_EQ(verdict(allow("bob@contoso.com,ada@contoso.com", "ada")), "bob@contoso.com");
  EXPECT_EQ(verdict(allow("*@contoso.com namespaces=\"git\"", "ada")), "*@contoso.com");
}

TEST_F(SshSignature, of_another_key_is_refused) {
  key("eve");
  commit_as("eve");
  EXPECT_THAT(verdict(allow("ada@contoso.com", "ada")),
              HasSubstr("refused: it is signed with ED25519 key SHA256:"));
}

TEST_F(SshSignature, of_a_key_for_another_day_or_another_use_is_refused) {
  commit_as("ada");
  EXPECT_THAT(verdict(allow("ada@contoso.com valid-before=\"20200101\"", "ada")), HasSubstr("refused: "));
  EXPECT_THAT(verdict(allow("ada@contoso.com valid-after=\"29990101\"", "ada")), HasSubstr("refused: "));
  EXPECT_THAT(verdict(allow("ada@contoso.com namespaces=\"file\"", "ada")), HasSubstr("refused: "));
}

TEST_F(SshSignature, of_something_else_is_refused) {
  commit_as("ada");
  tamper();
  EXPECT_EQ(verdict(allow("ada@contoso.com", "ada")), "refused: its SSH signature does not fit it");
}

TEST_F(SshSignature, without_a_list_of_signers_is_refused) {
  commit_as("ada");
  EXPECT_THAT(verdict((top / "nowhere").string()), HasSubstr("can't be read"));
  std::ofstream(top / "empty");
  EXPECT_THAT(verdict((top / "empty").string()), HasSubstr("does not list"));
}

TEST_F(SshSignature, without_the_program_is_refused) {
  commit_as("ada");
  const auto allowed = allow("ada@contoso.com", "ada");
  const std::string path = std::getenv("PATH");
  setenv("PATH", top.c_str(), 1);
  const auto said = verdict(allowed);
  setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(said, HasSubstr("refused: ssh-keygen can't be run"));
}

TEST_F(PgpSignature, of_an_exported_key_is_good) {
  commit_as("ada");
  EXPECT_THAT(verdict(allow("ada")), MatchesRegex("ada <ada@contoso.com> \\([0-9A-F]{40}\\)"));
  EXPECT_THAT(verdict(allow("ada", "")), HasSubstr("ada <ada@contoso.com>"));
}

TEST_F(PgpSignature, of_another_key_is_refused_though_the_user_trusts_it) {
  key("eve");
  commit_as("eve");
  EXPECT_THAT(verdict(allow("ada")),
              HasSubstr("refused: it is signed with an OpenPGP key that is not allowed"));
}

TEST_F(PgpSignature, of_an_expired_key_is_refused) {
  // The key was good when the commit was made, and is no longer.
  shell(
      "gpg --batch --quiet --faked-system-time 1577836800 --passphrase '' --quick-generate-key "
      "'old <old@contoso.com>' ed25519 sign 31d");
  write("../gpg-then", "#!/bin/sh\nexec gpg --faked-system-time 1578600000 \"$@\"\n");
  shell("chmod +x ../gpg-then");
  git("config gpg.program '" + (top / "gpg-then").string() + "'");
  commit_as("old");
  EXPECT_THAT(verdict(allow("old")), HasSubstr("refused: it is signed with an OpenPGP key that has expired"));
}

TEST_F(PgpSignature, of_a_revoked_key_is_refused) {
  commit_as("ada");
  const auto revocation = output_of("ls \"$GNUPGHOME\"/openpgp-revocs.d/*.rev");
  shell("sed 's/^:-----BEGIN/-----BEGIN/' '" + revocation + "' | gpg --batch --quiet --import");
  EXPECT_THAT(verdict(allow("ada")), HasSubstr("refused: it is signed with an OpenPGP key that was revoked"));
}

TEST_F(PgpSignature, of_something_else_is_refused) {
  commit_as("ada");
  tamper();
  EXPECT_EQ(verdict(allow("ada")), "refused: its OpenPGP signature does not fit it");
}

TEST_F(PgpSignature, needs_exported_keys) {
  commit_as("ada");
  std::ofstream(top / "allowed_signers") << "ada@contoso.com ssh-ed25519 AAAA\n";
  EXPECT_THAT(verdict((top / "allowed_signers").string()), HasSubstr("is no file of exported public keys"));
}

TEST_F(Signature, a_commit_without_one_is_refused) {
  commit();
  std::ofstream(top / "allowed_signers");
  EXPECT_EQ(verdict((top / "allowed_signers").string()), "refused: it is not signed");
}

TEST_F(Signature, of_an_unknown_kind_is_refused) {
  commit();
  shell(
      "(git cat-file commit HEAD | sed '/^committer/a gpgsig -----BEGIN SIGNED MESSAGE-----\\n MIIB\\n "
      "-----END SIGNED MESSAGE-----') >../object &&"
      " git update-ref refs/heads/main $(git hash-object -t commit -w ../object)");
  std::ofstream(top / "allowed_signers");
  EXPECT_THAT(verdict((top / "allowed_signers").string()),
              HasSubstr("neither with an SSH nor with an OpenPGP key"));
}

}  // namespace
}  // namespace gmsactl::git
