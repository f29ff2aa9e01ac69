#include "providers/credentialspec/spec_folder.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/spec/json.h"

namespace gmsactl::credentialspec {

using Json = nlohmann::ordered_json;
using model::Change;
using model::ChangeResult;
using model::CredentialSpecChange;
using model::LivePlace;
using model::LiveSpec;
using model::Outcome;

namespace {

constexpr uint64_t longest_file = uint64_t{1} << 20;
constexpr std::string_view index_version = "gmsactl/1";

/// Whose a file is.
struct IndexEntry {
  std::string account;
  std::string owner;
  std::string environment;
  std::string applied;  ///< see CredentialSpecChange
};
using Index = std::map<std::string, IndexEntry>;  // by the file's name

/// Nothing where the text is no index of ours.
std::optional<Index> parse_index(const std::string& text) {
  const Json root = Json::parse(text, nullptr, false);
  if (!root.is_object() || root.value("version", Json()) != index_version) return std::nullopt;
  const auto files = root.find("files");
  if (files == root.end() || !files->is_object()) return std::nullopt;
  Index index;
  for (const auto& file : files->items()) {
    const Json& entry = file.value();
    const auto text_at = [&](const char* key) {
      const auto found = entry.is_object() ? entry.find(key) : entry.end();
      return entry.is_object() && found != entry.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
    };
    index[file.key()] = {text_at("account"), text_at("owner"), text_at("environment"), text_at("applied")};
  }
  return index;
}

std::string index_text(const Index& index) {
  Json files = Json::object();
  for (const auto& [name, entry] : index) {
    Json& file = files[name];
    file["account"] = entry.account;
    file["owner"] = entry.owner;
    file["environment"] = entry.environment;
    if (!entry.applied.empty()) file["applied"] = entry.applied;
  }
  Json root;
  root["version"] = index_version;
  root["comment"] = "gmsactl keeps here which credential specs of this folder it manages.";
  root["files"] = std::move(files);
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

struct ReadIndex {
  Index index;
  bool damaged = false;
};

Result<ReadIndex> read_index(files::FileStore& store) {
  auto text = store.read(std::string(index_name), longest_file);
  if (!text && text.error().kind == ErrorKind::not_found) return ReadIndex{};
  if (!text) return fail(std::move(text).error());
  auto index = parse_index(*text);
  if (!index) return ReadIndex{{}, true};
  return ReadIndex{std::move(*index), false};
}

void read_lines(const std::string& text, LiveSpec& live) {
  for (const auto line : split(text, '\n')) live.lines.emplace_back(line);
  if (!live.lines.empty() && live.lines.back().empty()) live.lines.pop_back();
}

/// Nothing where it has gone since the folder was listed. A file that can't be read is one with a problem; a
/// place that can't be reached any more is an error.
Result<std::optional<LiveSpec>> read_spec(files::FileStore& store, const files::FileEntry& entry,
                                          const FolderFormat& format) {
  LiveSpec live;
  live.name = entry.name;
  if (entry.size > longest_file) {
    live.problem = "it is longer than " + std::to_string(longest_file) + " bytes";
    return live;
  }
  auto text = store.read(entry.name, longest_file);
  if (!text && outcome_unknown(text.error().kind)) return fail(std::move(text).error());
  if (!text && text.error().kind == ErrorKind::not_found) return std::nullopt;
  if (!text) {
    live.problem = text.error().message;
    return live;
  }
  live.revision = sha256(*text);
  if (!format.is_json) {
    read_lines(*text, live);
    return live;
  }
  auto spec = spec::parse(*text);
  if (spec)
    live.spec = std::move(*spec);
  else
    live.problem = spec.error().message;
  return live;
}

/// One change being carried out.
class FolderChange {
 public:
  FolderChange(files::FileStore& store, const Owner& owner, const Change& change)
      : store_(store),
        owner_(owner),
        detail_(std::get<CredentialSpecChange>(change.detail)),
        result_{change.id, change.action, Outcome::applied, std::nullopt, {}} {}

  ChangeResult carry_out() {
    if (auto done = write(); !done) fail_with(std::move(done).error());
    return std::move(result_);
  }

 private:
  Result<void> write() {
    const auto existing = GMSACTL_TRY(read_existing());
    if (result_.outcome != Outcome::applied) return {};
    if (result_.action == model::Action::remove) return remove();
    std::string text = detail_.text;
    if (text.empty()) text = existing ? spec::merge(*existing, detail_.spec) : spec::render(detail_.spec);
    const bool moves = detail_.live && detail_.live->name != detail_.name;
    if (moves || !existing || *existing != text) {
      GMSACTL_TRY(write_file(text));
      result_.written.push_back((existing && !moves ? "wrote " : "created ") + detail_.name);
    }
    if (auto indexed = update_index(moves); !indexed) return indexed;
    if (!moves) return {};
    auto removed = store_.remove(detail_.live->name);
    if (!removed && removed.error().kind != ErrorKind::not_found) return removed;
    result_.written.push_back("removed " + detail_.live->name);
    return {};
  }

  Result<void> remove() {
    GMSACTL_TRY(store_.remove(detail_.live->name));
    result_.written.push_back("removed " + detail_.live->name);
    return update_index(/*removes=*/true);
  }

  /// The content that was planned against, nothing where there was none. Otherwise the result is a conflict.
  Result<std::optional<std::string>> read_existing() {
    const std::string& name = detail_.live ? detail_.live->name : detail_.name;
    auto now = store_.read(name, longest_file);
    if (!now && now.error().kind != ErrorKind::not_found) return fail(std::move(now).error());
    if (!detail_.live) {
      if (!now) return std::optional<std::string>();
      // Another run may have come first; what it wrote is fine where it is the same.
      const auto theirs = spec::parse(*now);
      if (detail_.text.empty() ? theirs && spec::equal(*theirs, detail_.spec) : *now == detail_.text) {
        result_.outcome = Outcome::already_done;
        return std::optional<std::string>();
      }
      return conflict(name + " appeared after the plan was made");
    }
    if (!now && result_.action == model::Action::remove) {
      result_.outcome = Outcome::already_done;
      return std::optional<std::string>();
    }
    if (!now) return conflict(name + " was removed after the plan was made");
    if (sha256(*now) != detail_.live->revision) return conflict(name + " changed after the plan was made");
    return std::optional<std::string>(std::move(*now));
  }

  std::optional<std::string> conflict(std::string what) {
    result_.outcome = Outcome::conflict;
    result_.error =
        Error{ErrorKind::conflict, "in " + store_.place() + ": " + std::move(what), "Plan again.", {}};
    return std::nullopt;
  }

  Result<void> write_file(const std::string& text) {
    auto written = store_.write(detail_.name, text);
    if (written || written.error().kind != ErrorKind::not_found || detail_.live) return written;
    GMSACTL_TRY(store_.create_folder());
    result_.written.push_back("created the folder " + store_.place());
    return store_.write(detail_.name, text);
  }

  /// `removes`: the file that was there is gone, or has the new name.
  Result<void> update_index(bool removes) {
    auto read = GMSACTL_TRY(read_index(store_));
    const std::string before = read.damaged ? std::string() : index_text(read.index);
    if (removes) read.index.erase(detail_.live->name);
    if (result_.action != model::Action::remove)
      read.index[detail_.name] = {detail_.account, owner_.owner, owner_.environment, detail_.applied};
    const std::string after = index_text(read.index);
    if (after == before) return {};
    return store_.write(std::string(index_name), after);
  }

  void fail_with(Error error) {
    result_.outcome = result_.written.empty() ? Outcome::failed : Outcome::partial;
    result_.error = std::move(error);
  }

  files::FileStore& store_;
  const Owner& owner_;
  const CredentialSpecChange& detail_;
  ChangeResult result_;
};

}  // namespace

model::Observation<LivePlace> observe_folder(files::FileStore& store, const FolderFormat& format) {
  auto entries = store.list();
  if (!entries && entries.error().kind == ErrorKind::not_found) return model::Absent{};
  if (!entries) return model::Unreadable{std::move(entries).error()};
  auto index = read_index(store);
  if (!index) return model::Unreadable{std::move(index).error()};
  LivePlace place;
  if (index->damaged)
    place.notes.push_back(
        {"GMSA0231", "The index of a folder can't be read",
         store.place() + "/" + std::string(index_name) +
             " is not what gmsactl wrote, so its credential specs are told by their contents alone.",
         "Nothing needs doing: the next change there writes it anew."});
  for (const auto& entry : *entries) {
    if (entry.name == index_name || !entry.name.ends_with(format.ending)) continue;
    auto read = read_spec(store, entry, format);
    if (!read) return model::Unreadable{std::move(read).error()};
    if (!*read) continue;
    LiveSpec& live = **read;
    if (const auto known = index->index.find(entry.name); known != index->index.end()) {
      live.account = known->second.account;
      live.owner = known->second.owner;
      live.environment = known->second.environment;
      live.applied = known->second.applied;
    }
    place.specs.push_back(std::move(live));
  }
  return place;
}

ChangeResult apply_to_folder(files::FileStore& store, const Owner& owner, const Change& change) {
  return FolderChange(store, owner, change).carry_out();
}

}  // namespace gmsactl::credentialspec
