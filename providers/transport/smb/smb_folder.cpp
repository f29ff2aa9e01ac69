#include "providers/transport/smb/smb_folder.h"

#include <algorithm>
#include <array>
#include <thread>

#include "engine/base/text.h"
#include "providers/transport/smb/smb_client.h"
#include "providers/transport/smb/smb_reply.h"

namespace gmsactl::smb {

namespace {

using files::FileEntry;

/// What neither Windows nor smbclient takes in a name: some of it would stand for other files
/// ([MS-FSCC] 2.1.5).
Result<void> check_characters(std::string_view text, std::string_view refused) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < ' ' || refused.find(c) != std::string_view::npos)
      return fail(ErrorKind::invalid, "\"" + printable(text) +
                                          "\" can't be on a share: it has a character in it that "
                                          "Windows does not take");
  return {};
}
constexpr std::string_view never_in_names = "\"*<>?|:/\\";
constexpr std::string_view never_in_paths = "\"*<>?|:";

constexpr std::array pauses{std::chrono::milliseconds(20), std::chrono::milliseconds(100),
                            std::chrono::milliseconds(500)};

/// Separators of one kind, and none around it.
std::string normalised(std::string path) {
  std::replace(path.begin(), path.end(), '/', '\\');
  const size_t begin = path.find_first_not_of('\\');
  if (begin == std::string::npos) return {};
  return path.substr(begin, path.find_last_not_of('\\') + 1 - begin);
}

class SmbFolder : public files::FileStore {
 public:
  SmbFolder(std::unique_ptr<Client> client, const Options& options, std::string path)
      : client_(std::move(client)),
        path_(std::move(path)),
        place_("smb://" + options.host + "/" + options.share + (path_.empty() ? "" : "/") + path_) {
    std::replace(place_.begin(), place_.end(), '\\', '/');
  }

  const std::string& place() const override { return place_; }

  Result<std::vector<FileEntry>> list() override {
    const std::string doing = "reading the folder " + place_;
    const std::string printed = GMSACTL_TRY(told(client_->run({"ls", remote("*")}), doing));
    auto entries = parse_listing(printed, doing);
    // The root of a share has no "." in it that would be found where it is empty.
    if (!entries && entries.error().native && entries.error().native->name == "NT_STATUS_NO_SUCH_FILE")
      return std::vector<FileEntry>();
    if (entries)
      std::erase_if(*entries, [](const FileEntry& entry) { return files::is_temporary(entry.name); });
    return entries;
  }

  Result<std::string> read(const std::string& name, uint64_t limit) override {
    const std::string path = GMSACTL_TRY(remote_file(name));
    std::string content;
    GMSACTL_TRY(
        done(client_->receive(content, limit, {"get", path, Client::download}), "reading " + place_of(name)));
    if (content.size() > limit)
      return fail(ErrorKind::constraint,
                  place_of(name) + " is longer than " + std::to_string(limit) + " bytes");
    return content;
  }

  Result<void> write(const std::string& name, const std::string& content) override {
    GMSACTL_TRY(remote_file(name));
    const std::string temporary = files::temporary_name(name);
    auto written =
        done(client_->send(content, {"put", Client::upload, remote(temporary)}), "writing " + place_of(name));
    if (written) written = put_in_place(temporary, name);
    if (!written) (void)client_->run({"del", remote(temporary)});
    return written;
  }

  Result<void> remove(const std::string& name) override {
    const std::string path = GMSACTL_TRY(remote_file(name));
    return done(client_->run({"del", path}), "removing " + place_of(name));
  }

  Result<void> create_folder() override {
    auto made = done(client_->run({"mkdir", path_}), "creating the folder " + place_);
    if (!made && made.error().kind == ErrorKind::already_exists && list()) return {};
    return made;
  }

 private:
  std::string remote(const std::string& name) const { return path_.empty() ? name : path_ + "\\" + name; }
  std::string place_of(const std::string& name) const { return place_ + "/" + printable(name); }

  Result<std::string> remote_file(const std::string& name) const {
    GMSACTL_TRY(files::check_name(name));
    GMSACTL_TRY(check_characters(name, never_in_names));
    return remote(name);
  }

  static Result<std::string> told(Result<std::string> printed, const std::string& doing) {
    if (!printed) return fail(std::move(printed).error().with_context(doing));
    return printed;
  }
  /// Of a command that prints something only where it was refused.
  static Result<void> done(Result<std::string> printed, const std::string& doing) {
    const std::string words = GMSACTL_TRY(told(std::move(printed), doing));
    if (!words.empty()) return fail(refusal(words, doing));
    return {};
  }

  /// In one step, as every SMB 2 and 3 server can (FileRenameInformation with ReplaceIfExists); an smbclient
  /// that knows no -f only renames.
  Result<void> put_in_place(const std::string& temporary, const std::string& name) {
    const std::string doing = "writing " + place_of(name);
    auto replaced = done(client_->run({"rename", remote(temporary), remote(name), "-f"}), doing);
    // As who may make a file there may rename it, what denies this is a program that has the former file
    // open, such as an engine that starts a container with it: that takes a moment.
    for (const auto pause : pauses) {
      if (replaced || replaced.error().kind != ErrorKind::denied) break;
      std::this_thread::sleep_for(pause);
      replaced = done(client_->run({"rename", remote(temporary), remote(name), "-f"}), doing);
    }
    if (replaced) return {};
    if (replaced.error().kind == ErrorKind::denied)
      return fail(std::move(replaced).error().with_hint("Close it if a program there has it open"));
    if (replaced.error().kind != ErrorKind::already_exists || !is_file(name)) return replaced;
    const auto rename = [&](const std::string& from, const std::string& to) {
      return done(client_->run({"rename", remote(from), remote(to)}), doing);
    };
    return files::replace_in_steps({rename, [&](const std::string& aside) { return remove(aside); }}, place_,
                                   temporary, name);
  }

  bool is_file(const std::string& name) {
    const auto printed = client_->run({"ls", remote(name)});
    const auto found = printed ? parse_listing(*printed, {}) : fail(printed.error());
    return found && found->size() == 1;
  }

  std::unique_ptr<Client> client_;
  std::string path_;  // with backslashes, none around it
  std::string place_;
};

}  // namespace

Result<std::unique_ptr<files::FileStore>> open_folder(const Options& options, const std::string& path) {
  GMSACTL_TRY(check_characters(options.host, never_in_names));
  GMSACTL_TRY(check_characters(options.share, never_in_names));
  auto checked = check_characters(path, never_in_paths);
  if (!checked)
    return fail(std::move(checked).error().with_hint(
        "Write the path as it is on the share, ProgramData\\docker\\CredentialSpecs, without a drive"));
  auto client = GMSACTL_TRY(Client::start(options));
  return std::make_unique<SmbFolder>(std::move(client), options, normalised(path));
}

}  // namespace gmsactl::smb
