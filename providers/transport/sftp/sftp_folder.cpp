#include "providers/transport/sftp/sftp_folder.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "engine/base/text.h"
#include "providers/transport/sftp/posix_rename.h"

namespace gmsactl::sftp {

namespace {

using files::FileEntry;

struct CloseSession {
  void operator()(ssh_session session) const {
    ssh_disconnect(session);
    ssh_free(session);
  }
};
using Session = std::unique_ptr<ssh_session_struct, CloseSession>;

struct CloseSftp {
  void operator()(sftp_session session) const { sftp_free(session); }
};
using Sftp = std::unique_ptr<sftp_session_struct, CloseSftp>;

struct CloseFile {
  void operator()(sftp_file file) const { sftp_close(file); }
};
struct CloseFolder {
  void operator()(sftp_dir folder) const { sftp_closedir(folder); }
};
struct FreeAttributes {
  void operator()(sftp_attributes attributes) const { sftp_attributes_free(attributes); }
};
using Attributes = std::unique_ptr<sftp_attributes_struct, FreeAttributes>;
struct FreeKey {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};

std::string current_user() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "";
}

// --- connecting
// -----------------------------------------------------------------------------------------------

class Connector {
 public:
  explicit Connector(const Options& options)
      : options_(options),
        user_(options.username.empty() ? current_user() : options.username),
        place_(options.host + (options.port != 0 ? ":" + std::to_string(options.port) : "")) {}

  Result<Session> connect() {
    Session session(ssh_new());
    if (!session) return fail(ErrorKind::internal, "libssh gives no session");
    GMSACTL_TRY(configure(session.get()));
    if (ssh_connect(session.get()) != SSH_OK) return fail(connect_error(session.get()));
    GMSACTL_TRY(check_host_key(session.get()));
    GMSACTL_TRY(log_in(session.get()));
    return session;
  }

 private:
  Result<void> configure(ssh_session session) {
    const long seconds = std::max<long>(1, std::chrono::ceil<std::chrono::seconds>(options_.timeout).count());
    bool set = ssh_options_set(session, SSH_OPTIONS_HOST, options_.host.c_str()) == SSH_OK &&
               ssh_options_set(session, SSH_OPTIONS_USER, user_.c_str()) == SSH_OK &&
               ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &seconds) == SSH_OK;
    if (options_.port != 0) set = set && ssh_options_set(session, SSH_OPTIONS_PORT, &options_.port) == SSH_OK;
    if (!options_.known_hosts_file.empty())
      set = set &&
            ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, options_.known_hosts_file.c_str()) == SSH_OK;
    if (!set)
      return fail(ErrorKind::invalid, "libssh refuses the options for " + place_ + ": " + words(session));
    return {};
  }

  Error connect_error(ssh_session session) const {
    const std::string why = words(session);
    const bool late = fold(why).find("timeout") != std::string::npos;
    Error error{late ? ErrorKind::timeout : ErrorKind::unavailable,
                place_ + " can't be reached by SFTP: " + why,
                "Check that the host is up and that its SSH server listens",
                {}};
    error.not_sent = true;
    return error;
  }

  std::string known_hosts() const {
    return options_.known_hosts_file.empty() ? "~/.ssh/known_hosts" : options_.known_hosts_file;
  }

  /// A key that is not known is not accepted on first sight: nobody is there to compare it.
  Result<void> check_host_key(ssh_session session) const {
    const auto refuse = [&](std::string what, std::string hint) {
      return fail(ErrorKind::unauthenticated, std::move(what), std::move(hint));
    };
    switch (ssh_session_is_known_server(session)) {
      case SSH_KNOWN_HOSTS_OK:
        return {};
      case SSH_KNOWN_HOSTS_CHANGED:
      case SSH_KNOWN_HOSTS_OTHER:
        return refuse("the key of " + place_ + " is not the one in " + known_hosts() +
                          ": somebody may be in between, or the host was set up anew",
                      "If the host has a new key, compare its fingerprint there, and replace the line in " +
                          known_hosts());
      case SSH_KNOWN_HOSTS_NOT_FOUND:
      case SSH_KNOWN_HOSTS_UNKNOWN:
        return refuse("the key of " + place_ + " is not in " + known_hosts(),
                      "Add it once its fingerprint was compared: ssh-keyscan " +
                          (options_.port != 0 ? "-p " + std::to_string(options_.port) + " " : std::string()) +
                          options_.host + " >> " + known_hosts());
      case SSH_KNOWN_HOSTS_ERROR:
        break;
    }
    return refuse("the key of " + place_ + " can't be checked: " + words(session),
                  "Look at " + known_hosts());
  }

  Result<void> log_in(ssh_session session) const {
    using From = Authentication;
    const bool all = options_.authentication == From::automatic;
    std::vector<std::string> tried;
    int answer = ssh_userauth_none(session, nullptr);  // learns what the server offers
    if (answer == SSH_AUTH_SUCCESS) return {};
    const int offered = ssh_userauth_list(session, nullptr);
    const auto attempt = [&](From how, int method, std::string_view name, auto&& log_in_by) {
      if (answer == SSH_AUTH_SUCCESS || (!all && options_.authentication != how) || (offered & method) == 0)
        return;
      answer = log_in_by();
      if (answer != SSH_AUTH_SUCCESS) tried.emplace_back(name);
    };
    attempt(From::kerberos, SSH_AUTH_METHOD_GSSAPI_MIC, "Kerberos",
            [&] { return ssh_userauth_gssapi(session); });
    attempt(From::agent, SSH_AUTH_METHOD_PUBLICKEY, "agent",
            [&] { return ssh_userauth_agent(session, nullptr); });
    attempt(From::key, SSH_AUTH_METHOD_PUBLICKEY, "key", [&] { return log_in_by_key(session); });
    if (answer == SSH_AUTH_SUCCESS) return {};
    const std::string ways =
        tried.empty() ? "the server offers no way that is allowed here" : "tried: " + join(tried, ", ");
    return fail(ErrorKind::unauthenticated,
                place_ + " does not let " + printable(user_) + " in (" + ways + ")",
                "Get a ticket with kinit, load a key into the agent, or name it in transport.identityFile; "
                "transport.username says as whom to log in");
  }

  int log_in_by_key(ssh_session session) const {
    if (options_.identity_file.empty()) return ssh_userauth_publickey_auto(session, nullptr, nullptr);
    ssh_key loaded = nullptr;
    if (ssh_pki_import_privkey_file(options_.identity_file.c_str(), nullptr, nullptr, nullptr, &loaded) !=
        SSH_OK)
      return SSH_AUTH_ERROR;
    const std::unique_ptr<ssh_key_struct, FreeKey> key(loaded);
    return ssh_userauth_publickey(session, nullptr, key.get());
  }

  static std::string words(ssh_session session) {
    std::string text = printable(ssh_get_error(session));
    while (text.ends_with('.')) text.pop_back();
    return text;
  }

  const Options& options_;
  std::string user_;
  std::string place_;
};

// --- the folder
// -----------------------------------------------------------------------------------------------

class SftpFolder : public files::FileStore {
 public:
  SftpFolder(Session session, Sftp sftp, const Options& options, std::string path)
      : session_(std::move(session)),
        sftp_(std::move(sftp)),
        timeout_(options.timeout),
        path_(std::move(path)),
        place_("sftp://" + options.host + (path_.starts_with('/') ? "" : "/") + path_) {}

  const std::string& place() const override { return place_; }

  Result<std::vector<FileEntry>> list() override {
    const std::unique_ptr<sftp_dir_struct, CloseFolder> folder(sftp_opendir(sftp_.get(), path_.c_str()));
    if (!folder) return fail(error("reading the folder " + place_));
    std::vector<FileEntry> entries;
    while (const Attributes entry{sftp_readdir(sftp_.get(), folder.get())}) {
      std::string name = entry->name;
      if (entry->type == SSH_FILEXFER_TYPE_REGULAR && !files::is_temporary(name))
        entries.push_back({std::move(name), entry->size});
    }
    if (sftp_dir_eof(folder.get()) == 0) return fail(error("reading the folder " + place_));
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }

  Result<std::string> read(const std::string& name, uint64_t limit) override {
    GMSACTL_TRY(files::check_name(name));
    const std::string doing = "reading " + place_of(name);
    const std::unique_ptr<sftp_file_struct, CloseFile> file(
        sftp_open(sftp_.get(), path_of(name).c_str(), O_RDONLY, 0));
    if (!file) return fail(error(doing));
    std::string content;
    std::array<char, 32768> buffer{};
    for (;;) {
      const ssize_t got = sftp_read(file.get(), buffer.data(), buffer.size());
      if (got < 0) return fail(error(doing));
      if (got == 0) return content;
      content.append(buffer.data(), static_cast<size_t>(got));
      if (content.size() > limit)
        return fail(ErrorKind::constraint,
                    place_of(name) + " is longer than " + std::to_string(limit) + " bytes");
    }
  }

  Result<void> write(const std::string& name, const std::string& content) override {
    GMSACTL_TRY(files::check_name(name));
    const std::string temporary = files::temporary_name(name);
    auto written = write_temporary(temporary, name, content);
    if (written) written = put_in_place(temporary, name);
    if (!written) (void)sftp_unlink(sftp_.get(), path_of(temporary).c_str());
    return written;
  }

  Result<void> remove(const std::string& name) override {
    GMSACTL_TRY(files::check_name(name));
    if (sftp_unlink(sftp_.get(), path_of(name).c_str()) != 0)
      return fail(error("removing " + place_of(name)));
    return {};
  }

  Result<void> create_folder() override {
    if (sftp_mkdir(sftp_.get(), path_.c_str(), 0755) == 0) return {};
    const Error why = error("creating the folder " + place_);
    const Attributes there(sftp_stat(sftp_.get(), path_.c_str()));
    if (there && there->type == SSH_FILEXFER_TYPE_DIRECTORY) return {};
    return fail(why);
  }

 private:
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  std::string place_of(const std::string& name) const { return place_ + "/" + printable(name); }

  Result<void> write_temporary(const std::string& temporary, const std::string& name,
                               const std::string& content) {
    const std::string doing = "writing " + place_of(name);
    std::unique_ptr<sftp_file_struct, CloseFile> file(
        sftp_open(sftp_.get(), path_of(temporary).c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644));
    if (!file) return fail(error(doing));
    for (size_t done = 0; done < content.size();) {
      const ssize_t put =
          sftp_write(file.get(), content.data() + done, std::min<size_t>(content.size() - done, 32768));
      if (put <= 0) return fail(full_or(error(doing)));
      done += static_cast<size_t>(put);
    }
    // No fsync: a power cut there may take what was written last, which the next plan shows and puts back.
    if (sftp_close(file.release()) != SSH_NO_ERROR) return fail(full_or(error(doing)));
    return {};
  }

  /// In one step where the server can.
  Result<void> put_in_place(const std::string& temporary, const std::string& name) {
    const std::string doing = "writing " + place_of(name);
    if (has_posix_rename(sftp_.get())) {
      const int status = posix_rename(sftp_->channel, path_of(temporary), path_of(name), timeout_);
      if (status == SSH_FX_OK) return {};
      return fail(error(doing, status));
    }
    const auto rename = [&](const std::string& from, const std::string& to) -> Result<void> {
      if (sftp_rename(sftp_.get(), path_of(from).c_str(), path_of(to).c_str()) == 0) return {};
      return fail(error(doing));
    };
    auto renamed = rename(temporary, name);
    if (renamed || outcome_unknown(renamed.error().kind)) return renamed;
    const Attributes former(sftp_lstat(sftp_.get(), path_of(name).c_str()));
    if (!former || former->type != SSH_FILEXFER_TYPE_REGULAR) return renamed;
    return files::replace_in_steps({rename, [&](const std::string& aside) { return remove(aside); }}, place_,
                                   temporary, name);
  }

  /// A full disk is a mere "Failure" to SFTP.
  Error full_or(Error why) {
    if (sftp_extension_supported(sftp_.get(), "statvfs@openssh.com", "2") == 0) return why;
    struct Free {
      void operator()(sftp_statvfs_t facts) const { sftp_statvfs_free(facts); }
    };
    const std::unique_ptr<std::remove_pointer_t<sftp_statvfs_t>, Free> facts(
        sftp_statvfs(sftp_.get(), path_.c_str()));
    if (!facts || facts->f_bavail > 16) return why;
    why.kind = ErrorKind::constraint;
    why.message += ": no space is left there";
    why.hint = "Free some space; nothing was changed";
    return why;
  }

  Error error(const std::string& doing) const { return error(doing, sftp_get_error(sftp_.get())); }
  Error error(const std::string& doing, int status) const {
    Error result{ErrorKind::internal, {}, {}, {}};
    std::string why = "the server gives no reason";
    switch (status) {
      case SSH_FX_NO_SUCH_FILE:
      case SSH_FX_NO_SUCH_PATH:
        result.kind = ErrorKind::not_found;
        why = "it does not exist";
        break;
      case SSH_FX_PERMISSION_DENIED:
      case SSH_FX_WRITE_PROTECT:
        result.kind = ErrorKind::denied;
        why = "permission denied";
        result.hint = "Check the permissions of the folder for the user that logs in";
        break;
      case SSH_FX_FILE_ALREADY_EXISTS:
        result.kind = ErrorKind::already_exists;
        why = "it exists already";
        break;
      case SSH_FX_NO_CONNECTION:
      case SSH_FX_CONNECTION_LOST:
        result.kind = ErrorKind::unavailable;
        why = "the connection was lost";
        break;
      case SSH_FX_OK:
      case SSH_FX_EOF:
        if (ssh_is_connected(session_.get()) == 0 || ssh_get_error_code(session_.get()) == SSH_FATAL) {
          result.kind = ErrorKind::unavailable;
          why = "the connection was lost: " + printable(ssh_get_error(session_.get()));
        }
        break;
      default:
        result.kind = ErrorKind::constraint;
        why = "the server refuses it (SFTP status " + std::to_string(status) + ")";
    }
    result.message = doing + ": " + why;
    return result;
  }

  Session session_;
  Sftp sftp_;  // closed before the session
  std::chrono::milliseconds timeout_;
  std::string path_;
  std::string place_;
};

}  // namespace

Result<std::unique_ptr<files::FileStore>> open_folder(const Options& options, const std::string& path) {
  auto session = GMSACTL_TRY(Connector(options).connect());
  Sftp sftp(sftp_new(session.get()));
  if (!sftp || sftp_init(sftp.get()) != SSH_OK)
    return fail(ErrorKind::unavailable,
                options.host + " offers no SFTP: " + printable(ssh_get_error(session.get())),
                "Enable the sftp subsystem of its SSH server");
  return std::make_unique<SftpFolder>(std::move(session), std::move(sftp), options, path);
}

}  // namespace gmsactl::sftp
