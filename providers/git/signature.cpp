#include "providers/git/signature.h"

#include <fcntl.h>
#include <git2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "providers/git/libgit2.h"
#include "providers/transport/process/child.h"
#include "providers/transport/process/descriptor.h"

namespace gmsactl::git {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds longest_check{60};
constexpr size_t longest_output = size_t{1} << 20;

/// A folder that nobody else can look into, gone with its contents at the end.
class PrivateFolder {
 public:
  static Result<PrivateFolder> create() {
    std::error_code failure;
    std::string path = (fs::temp_directory_path(failure) / "gmsactl-XXXXXX").string();
    if (failure || mkdtemp(path.data()) == nullptr)
      return fail(ErrorKind::internal, "no temporary folder can be made",
                  "Let TMPDIR name a folder that can be written to.");
    return PrivateFolder(std::move(path));
  }
  PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  std::string path() const { return path_; }
  /// The path of a new file with that text.
  Result<std::string> file(const std::string& name, const std::string& text) const {
    std::string path = path_ + "/" + name;
    std::ofstream stream(path, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) return fail(ErrorKind::internal, "writing " + path + " failed");
    return path;
  }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

struct Signed {
  std::string signature;
  std::string text;  ///< what was signed
};

Result<Signed> signature_of(const Repository& repository, const Commit& commit) {
  git_oid id{};
  git_oid_fromstr(&id, commit.id.c_str());
  git_buf signature = GIT_BUF_INIT;
  git_buf text = GIT_BUF_INIT;
  const int code = git_commit_extract_signature(&signature, &text, repository.handle(), &id, nullptr);
  Signed found;
  if (code == 0) found = {{signature.ptr, signature.size}, {text.ptr, text.size}};
  git_buf_dispose(&signature);
  git_buf_dispose(&text);
  if (code == GIT_ENOTFOUND)
    return fail(ErrorKind::denied, "it is not signed", "Sign commits: git commit -S.");
  if (code < 0) return fail(libgit2_error(code, "reading the signature"));
  return found;
}

struct Answer {
  bool succeeded = false;
  std::string output;
};

/// `words` begins with the program; what it prints on standard error is thrown away.
Result<Answer> ask(const std::vector<std::string>& words, const std::string& input,
                   std::string_view package) {
  const process::Descriptor from(open(input.c_str(), O_RDONLY | O_CLOEXEC));
  const process::Descriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const std::array handovers{process::Handover{from.get(), STDIN_FILENO},
                             process::Handover{nowhere.get(), STDERR_FILENO}};
  const process::Command command{words.front(), {words.begin() + 1, words.end()}, {}};
  auto finished = process::run_to_end(command, handovers, longest_output, longest_check);
  if (!finished && finished.error().kind == ErrorKind::not_found)
    return fail(std::move(finished).error().with_hint("Install it; in Debian it is in the package " +
                                                      std::string(package) + "."));
  if (!finished) return fail(std::move(finished).error());
  return Answer{finished->exit_code == 0, std::move(finished->output)};
}

class Check {
 public:
  Check(const PrivateFolder& folder, std::string signature_file, std::string text_file,
        const std::string& allowed_signers)
      : folder_(folder),
        signature_(std::move(signature_file)),
        text_(std::move(text_file)),
        allowed_signers_(fs::absolute(allowed_signers).string()),
        allowed_signers_shown_(printable(allowed_signers)) {}

  Result<std::string> ssh() const {
    const auto principals =
        GMSACTL_TRY(keygen({"-Y", "find-principals", "-f", allowed_signers_, "-s", signature_}));
    if (principals.succeeded)
      for (const auto line : split(principals.output, '\n')) {
        const std::string principal(trim(line));
        if (principal.empty()) continue;
        const auto verified = GMSACTL_TRY(
            keygen({"-Y", "verify", "-f", allowed_signers_, "-I", principal, "-n", "git", "-s", signature_}));
        if (verified.succeeded) return printable(principal);
      }
    // Why not? The signature by itself tells a key that is not allowed from a commit that was tampered with.
    const auto alone = GMSACTL_TRY(keygen({"-Y", "check-novalidate", "-n", "git", "-s", signature_}));
    if (!alone.succeeded) return fail(ErrorKind::denied, "its SSH signature does not fit it");
    const auto key = alone.output.find("with ");
    return fail(
        ErrorKind::denied,
        "it is signed " +
            printable(trim(std::string_view(alone.output).substr(key == std::string::npos ? 0 : key))) +
            ", which " + allowed_signers_shown_ + " does not list, or not for this day and for git",
        "See ALLOWED SIGNERS in ssh-keygen(1).");
  }

  Result<std::string> openpgp() const {
    const std::string home = folder_.path() + "/gnupg";
    if (mkdir(home.c_str(), S_IRWXU) != 0)
      return fail(ErrorKind::internal, "making the folder " + home + " failed");
    const auto imported = GMSACTL_TRY(gpg(home, {"--import", "--", allowed_signers_}));
    if (!imported.succeeded)
      return fail(ErrorKind::denied,
                  "it is signed with an OpenPGP key, and " + allowed_signers_shown_ +
                      " is no file of exported public keys",
                  "gpg --export --armor KEY… >" + allowed_signers_shown_);
    const auto verified = GMSACTL_TRY(
        gpg(home, {"--status-fd", "1", "--trust-model", "always", "--verify", "--", signature_, text_}));
    return judge(verified);
  }

 private:
  /// GnuPG's doc/DETAILS. An exit status of 0 alone is not enough: an expired key has it, too.
  Result<std::string> judge(const Answer& verified) const {
    std::string signer;
    std::string fingerprint;
    size_t good = 0;
    for (const auto line : split(verified.output, '\n')) {
      constexpr std::string_view prefix = "[GNUPG:] ";
      if (!line.starts_with(prefix)) continue;
      const auto words = split(trim(line.substr(prefix.size())), ' ');
      const auto keyword = words.front();
      if (const auto wrong = refusal(keyword); !wrong.empty())
        return fail(ErrorKind::denied,
                    std::string(wrong) +
                        (words.size() > 1 && keyword != "BADSIG" ? " (" + printable(words[1]) + ")" : ""));
      if (keyword == "GOODSIG" && words.size() > 2) {
        ++good;
        signer = line.substr(static_cast<size_t>(words[2].data() - line.data()));
      } else if (keyword == "VALIDSIG" && words.size() > 1) {
        fingerprint = words[1];
      }
    }
    if (!verified.succeeded || good != 1 || fingerprint.empty())
      return fail(ErrorKind::denied, "gpg does not call its OpenPGP signature good");
    return printable(trim(signer)) + " (" + printable(fingerprint) + ")";
  }

  static std::string_view refusal(std::string_view keyword) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> all{{
        {"BADSIG", "its OpenPGP signature does not fit it"},
        {"EXPSIG", "its OpenPGP signature has expired"},
        {"EXPKEYSIG", "it is signed with an OpenPGP key that has expired"},
        {"REVKEYSIG", "it is signed with an OpenPGP key that was revoked"},
        {"NO_PUBKEY", "it is signed with an OpenPGP key that is not allowed"},
        {"ERRSIG", "it is signed with an OpenPGP key that is not allowed"},
    }};
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.first == keyword; });
    return found == all.end() ? std::string_view() : found->second;
  }

  Result<Answer> keygen(std::vector<std::string> words) const {
    words.insert(words.begin(), "ssh-keygen");
    return ask(words, text_, "openssh-client");
  }

  static Result<Answer> gpg(const std::string& home, std::vector<std::string> words) {
    const std::array<std::string, 7> always{"gpg",          "--homedir",     home, "--batch", "--no-tty",
                                            "--no-options", "--no-autostart"};
    words.insert(words.begin(), always.begin(), always.end());
    return ask(words, "/dev/null", "gpg");
  }

  const PrivateFolder& folder_;
  std::string signature_;
  std::string text_;
  std::string allowed_signers_;
  std::string allowed_signers_shown_;
};

}  // namespace

Result<std::string> verify_signature(const Repository& repository, const Commit& commit,
                                     const std::string& allowed_signers) {
  const auto found = GMSACTL_TRY(signature_of(repository, commit));
  if (!std::ifstream(allowed_signers))
    return fail(ErrorKind::denied, "the allowed signers in " + printable(allowed_signers) + " can't be read");
  const auto folder = GMSACTL_TRY(PrivateFolder::create());
  auto signature = GMSACTL_TRY(folder.file("signature", found.signature));
  auto text = GMSACTL_TRY(folder.file("commit", found.text));
  const Check check(folder, std::move(signature), std::move(text), allowed_signers);
  if (found.signature.starts_with("-----BEGIN SSH SIGNATURE-----")) return check.ssh();
  if (found.signature.starts_with("-----BEGIN PGP SIGNATURE-----")) return check.openpgp();
  return fail(ErrorKind::denied, "it is signed neither with an SSH nor with an OpenPGP key");
}

}  // namespace gmsactl::git
