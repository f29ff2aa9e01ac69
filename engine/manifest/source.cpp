#include "engine/manifest/source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <system_error>

#include "engine/base/text.h"
#include "engine/manifest/codes.h"

namespace gmsactl::manifest {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

void report(Severity severity, const Code& code, std::string_view path, std::string detail, std::string hint,
            Diagnostics& diagnostics) {
  Diagnostic problem;
  problem.severity = severity;
  problem.code = code.code;
  problem.summary = code.summary;
  problem.detail = std::move(detail);
  problem.hint = std::move(hint);
  problem.where = SourceRange{intern(path), 0, 0};
  diagnostics.push_back(std::move(problem));
}

void report_unreadable(std::string_view path, std::string detail, std::string hint,
                       Diagnostics& diagnostics) {
  report(Severity::error, codes::unreadable, path, std::move(detail), std::move(hint), diagnostics);
}

std::string shown(const fs::path& path) {
  std::string text = path.lexically_normal().generic_string();
  return text.empty() ? "." : text;
}

/// Byte offset of the column, which counts code points.
size_t byte_offset(std::string_view line, uint32_t column) {
  size_t at = 0;
  for (uint32_t seen = 1; at < line.size() && seen < column; ++seen) do
      ++at;
    while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U);
  return at;
}

/// Where the value of a `password` begins; or of a `passwordFrom` that is no mapping, as it should be.
size_t password_at(std::string_view line) {
  const std::string folded = fold(line);
  for (size_t at = folded.find("password"); at != std::string::npos; at = folded.find("password", at + 1)) {
    const bool inside_a_word = at > 0 && folded[at - 1] >= 'a' && folded[at - 1] <= 'z';
    if (inside_a_word) continue;
    auto rest = std::string_view(folded).substr(at + 8);
    const bool source = rest.starts_with("from");
    if (source) rest.remove_prefix(4);
    rest = rest.substr(std::min(rest.find_first_not_of(" \t\"'"), rest.size()));
    if (!rest.starts_with(':')) continue;
    rest = rest.substr(std::min(rest.find_first_not_of(" \t", 1), rest.size()));
    if (!rest.empty() && rest[0] != '#' && !(source && rest[0] == '{')) return line.size() - rest.size();
  }
  return std::string_view::npos;
}

/// Removes those that `cat` of files from Windows leaves before a document: before its `---`, as YAML 1.2
/// section 5.2 allows, and between that and its first line. Anywhere else a mark is a character like others.
void remove_byte_order_marks(std::string& text) {
  bool at_start = true;  // of a document: nothing but comments and its marker so far
  for (size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
    const bool marked = std::string_view(text).substr(at).starts_with(byte_order_mark);
    auto line = std::string_view(text).substr(at + (marked ? byte_order_mark.size() : 0));
    line = line.substr(0, line.find('\n'));
    const bool is_marker = line.starts_with("---") || line.starts_with("...");
    const auto first = line.find_first_not_of(" \t\r");
    const bool says_nothing = first == std::string_view::npos || line[first] == '#';
    const bool may_have_one = at_start || is_marker;
    at_start = is_marker || (at_start && says_nothing);
    if (marked && may_have_one) text.erase(at, byte_order_mark.size());
  }
}

bool is_within(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

/// The manifests below a folder. Folders that symbolic links lead to are read as well, each once and by its
/// own path where it has one below the folder. What can't be looked at is said, since what is missing from
/// the manifests could be deleted.
class FolderScan {
 public:
  /// `seen` are canonical paths of folders; those read are added.
  FolderScan(std::set<std::string>& seen, Diagnostics& diagnostics)
      : seen_(seen), diagnostics_(diagnostics) {}

  /// In order of path.
  std::vector<fs::path> run(const fs::path& root) {
    std::error_code failure;
    const fs::path real_root = fs::canonical(root, failure);
    folders_.push_back(root);
    for (;;) {
      if (!folders_.empty()) {
        const fs::path folder = std::move(folders_.back());
        folders_.pop_back();
        list(folder);
      } else if (!links_.empty()) {
        // The first by path, whatever order the file system lists them in.
        std::sort(links_.begin(), links_.end(), std::greater<>());
        const fs::path link = std::move(links_.back());
        links_.pop_back();
        follow(link, real_root);
      } else {
        break;
      }
    }
    look_for_links_as_texts(real_root);
    std::sort(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  void list(const fs::path& folder) {
    std::error_code failure;
    const fs::path real = fs::canonical(folder, failure);
    if (!failure && !seen_.insert(real.string()).second) return;
    fs::directory_iterator entry(folder, failure);
    while (!failure && entry != fs::directory_iterator()) {
      look_at(*entry);
      entry.increment(failure);
    }
    if (failure)
      report_unreadable(shown(folder),
                        "Listing the folder " + shown(folder) + " failed: " + failure.message() + ".",
                        "Make every folder below it readable, or name the files one by one.", diagnostics_);
  }

  void look_at(const fs::directory_entry& entry) {
    const auto name = entry.path().filename().string();
    const bool hidden = name.starts_with('.');
    std::error_code failure;
    const auto type = entry.status(failure).type();
    if (type == fs::file_type::directory) {
      std::error_code unknown;
      if (hidden) return;
      (entry.is_symlink(unknown) ? links_ : folders_).push_back(entry.path());
    } else if (is_manifest_name(name)) {
      if (type == fs::file_type::regular || type == fs::file_type::not_found || failure)
        found_.push_back(entry.path());  // reading it says what is wrong with it
      else
        report_unreadable(shown(entry.path()), shown(entry.path()) + " is not a file.",
                          "Remove it, or give it another name.", diagnostics_);
    } else if (!hidden && entry.is_symlink(failure) &&
               (type == fs::file_type::not_found || type == fs::file_type::none)) {
      leave_out(entry.path(), "leads to nothing that can be read");
    } else if (!hidden && type == fs::file_type::regular) {
      texts_.push_back(entry.path());
    }
  }

  /// git without symbolic links checks one to a folder out as a text with the folder's path. One that leads
  /// to what is read anyway takes nothing away.
  void look_for_links_as_texts(const fs::path& real_root) {
    constexpr uintmax_t longest = 1024;
    for (const fs::path& text : texts_) {
      std::error_code failure;
      const auto size = fs::file_size(text, failure);
      if (failure || size == 0 || size > longest) continue;
      std::ifstream stream(text, std::ios::binary);
      const std::string target((std::istreambuf_iterator<char>(stream)), {});
      if (target.find_first_of(std::string_view("\n\0", 2)) != std::string::npos) continue;
      const fs::path real = fs::canonical(text.parent_path() / target, failure);
      if (failure || !fs::is_directory(real, failure) || is_within(real, real_root) ||
          seen_.contains(real.string()))
        continue;
      report(Severity::warning, codes::not_read, shown(text),
             shown(text) +
                 " holds the path of a folder and nothing else, as git writes a symbolic link without "
                 "core.symlinks, so that folder was not read.",
             "Check the link out anew, or name the folder with --manifests.", diagnostics_);
    }
  }

  /// A link that leads above the folder would read what nobody has named.
  void follow(const fs::path& link, const fs::path& real_root) {
    std::error_code failure;
    const fs::path target = fs::canonical(link, failure);
    if (failure) return leave_out(link, "leads to nothing that can be read");
    if (seen_.contains(target.string())) return;
    if (is_within(real_root, target)) return leave_out(link, "leads to a folder above it");
    folders_.push_back(link);
  }

  void leave_out(const fs::path& link, std::string_view why) {
    report(Severity::warning, codes::not_read, shown(link),
           shown(link) + " is a symbolic link that " + std::string(why) + ", so it was not read.",
           "Remove the link, or name what it stands for with --manifests.", diagnostics_);
  }

  std::set<std::string>& seen_;
  Diagnostics& diagnostics_;
  std::vector<fs::path> folders_;
  std::vector<fs::path> links_;  // after the folders, so that a folder below keeps its own path
  std::vector<fs::path> found_;
  std::vector<fs::path> texts_;  // files of other names
};

}  // namespace

bool is_manifest_name(std::string_view name) {
  const std::string extension = fold(fs::path(name).extension().string());
  return extension == ".yaml" || extension == ".yml";
}

void Sources::add(SourceFile file) {
  remove_byte_order_marks(file.text);
  files_.push_back(std::move(file));
}

void Sources::add(SourceFile file, std::string identity) {
  index_by_identity_.emplace(std::move(identity), files_.size());
  add(std::move(file));
}

bool Sources::has(const std::string& identity, bool named_explicitly) {
  const auto known = index_by_identity_.find(identity);
  if (known == index_by_identity_.end()) return false;
  files_[known->second].named_explicitly |= named_explicitly;
  return true;
}

void Sources::read(const std::string& path, const std::string& stdin_text, Diagnostics& diagnostics) {
  if (path == "-") {
    const auto name = intern("<stdin>");
    const auto same = [&](const SourceFile& file) { return file.name == name; };
    if (std::none_of(files_.begin(), files_.end(), same))
      add({name, "", stdin_text, /*named_explicitly=*/true});
    return;
  }
  std::error_code failure;
  const auto status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found) {
    report_unreadable(shown(path), "There is no file or folder " + shown(path) + ".",
                      "Check the path given with --manifests.", diagnostics);
  } else if (failure) {
    report_unreadable(shown(path), "Reading " + shown(path) + " failed: " + failure.message() + ".", "",
                      diagnostics);
  } else if (status.type() == fs::file_type::directory) {
    read_folder(path, diagnostics);
  } else {
    read_file(path, /*named_explicitly=*/true, diagnostics);
  }
}

void Sources::read_folder(const std::string& path, Diagnostics& diagnostics) {
  FolderScan scan(scanned_, diagnostics);
  for (const auto& file : scan.run(path)) read_file(file.string(), /*named_explicitly=*/false, diagnostics);
}

void Sources::read_file(const std::string& path, bool named_explicitly, Diagnostics& diagnostics) {
  std::error_code failure;
  const auto real_path = fs::canonical(path, failure);
  std::string identity = failure ? path : real_path.string();
  if (has(identity, named_explicitly)) return;
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  // An empty file makes operator<< fail without anything being wrong.
  if (!stream || (text.fail() && stream.peek() != std::ifstream::traits_type::eof())) {
    const std::string reason =
        errno != 0 ? std::generic_category().message(errno) : "the file could not be read";
    report_unreadable(shown(path), "Reading " + shown(path) + " failed: " + reason + ".", "", diagnostics);
    return;
  }
  add({intern(shown(path)), fs::path(path).parent_path().string(), std::move(text).str(), named_explicitly},
      std::move(identity));
}

std::optional<std::string_view> Sources::line(std::string_view file, uint32_t line) const {
  if (const auto hidden = concealed_.find({file, line}); hidden != concealed_.end()) return hidden->second;
  const auto source =
      std::find_if(files_.begin(), files_.end(), [&](const SourceFile& each) { return each.name == file; });
  if (source == files_.end() || line == 0) return std::nullopt;
  const std::string_view text = source->text;
  auto& starts = line_starts_[source->name];
  if (starts.empty()) {
    starts.push_back(0);
    for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
      starts.push_back(at + 1);
  }
  if (line > starts.size()) return std::nullopt;
  const size_t start = starts[line - 1];
  auto found = text.substr(start, text.find('\n', start) - start);
  if (found.ends_with('\r')) found.remove_suffix(1);
  if (const size_t secret = password_at(found); secret != std::string_view::npos)
    return concealed_[{source->name, line}] = std::string(found.substr(0, secret)) + "********";
  return found;
}

void Sources::conceal(const SourceRange& where) {
  const auto shown_line = line(where.file, where.line);
  if (!shown_line) return;
  std::string visible(shown_line->substr(0, byte_offset(*shown_line, where.column)));
  concealed_[{where.file, where.line}] = visible + "********";
}

}  // namespace gmsactl::manifest
