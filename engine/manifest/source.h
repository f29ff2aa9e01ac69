// The texts that manifests are read from: which files a path on the command line stands for, and their lines,
// kept in memory so that a diagnostic can show the one it is about. Knows nothing of YAML.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.h"

namespace gmsactl::manifest {

struct SourceFile {
  std::string_view name;  ///< interned; as shown to people, "<stdin>" for standard input
  std::string
      folder;        ///< against which relative paths in the manifest are resolved; "" is the working folder
  std::string text;  ///< without a byte-order mark
  /// False for a file found by scanning a folder, where YAML of other programs is passed over.
  bool named_explicitly = false;
};

/// Whether a file found in a folder is looked at: `*.yaml` and `*.yml`, in upper and lower case.
bool is_manifest_name(std::string_view name);

class Sources {
 public:
  /// Reads a file, a folder (recursively, `*.yaml` and `*.yml` in order of path, without folders whose name
  /// begins with a dot, with those that symbolic links lead to) or, for "-", `stdin_text`. A file met before
  /// is not read again. What cannot be read is a diagnostic.
  void read(const std::string& path, const std::string& stdin_text, Diagnostics& diagnostics);
  void add(SourceFile file);
  /// The same for one that may be met again under another name: `identity` is what tells.
  void add(SourceFile file, std::string identity);
  /// Whether it was added before. If it is named now, it counts as named from here on.
  bool has(const std::string& identity, bool named_explicitly);

  const std::deque<SourceFile>& files() const { return files_; }
  /// The 1-based line without its line end; nothing where there is no such file or line. Not for several
  /// threads at once.
  std::optional<std::string_view> line(std::string_view file, uint32_t line) const;
  /// From this column on the line holds a secret: line() gives asterisks instead. So it does for the value of
  /// a `password` by itself, since the file may be no YAML at all.
  void conceal(const SourceRange& where);

 private:
  void read_folder(const std::string& path, Diagnostics& diagnostics);
  void read_file(const std::string& path, bool named_explicitly, Diagnostics& diagnostics);

  std::deque<SourceFile> files_;  ///< a deque, since documents point into the texts
  std::map<std::string, size_t> index_by_identity_;
  std::set<std::string> scanned_;  ///< canonical paths of folders
  mutable std::map<std::string_view, std::vector<size_t>>
      line_starts_;  ///< made when a file's line is first asked for
  mutable std::map<std::pair<std::string_view, uint32_t>, std::string> concealed_;
};

}  // namespace gmsactl::manifest
