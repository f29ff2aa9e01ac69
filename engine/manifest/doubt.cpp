#include "engine/manifest/doubt.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "engine/manifest/document.h"

namespace gmsactl::manifest {

namespace {

/// Of those that no other program is known to use.
constexpr std::array<std::string_view, 3> own_kinds{"HostGroup", "GMSA", "SpecTarget"};
constexpr std::array<std::string_view, 1> environment_kind{"Environment"};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "HostGroup" of "hostgroups", and of what looks like a slip of it; empty where it is neither.
template <size_t n>
std::string_view resembled(std::string_view kind, const std::array<std::string_view, n>& kinds) {
  if (kind.empty() || kind.size() > 64) return {};
  return nearest(kind, kinds);
}

/// "windows.k8s.io/v1": groups of other programs are domains, but for those of Kubernetes itself.
bool names_a_domain(std::string_view version) {
  const auto slash = version.find('/');
  return slash != std::string_view::npos && contains(version.substr(0, slash), ".");
}

bool is_list(std::string_view kind) { return fold(kind).ends_with("list"); }

bool is_encrypted(std::string_view value) { return value.starts_with("ENC["); }

std::string_view text_of(const Entry* entry) {
  return entry != nullptr && entry->value.is_scalar() ? std::string_view(entry->value.text)
                                                      : std::string_view();
}

const Entry* below(const Node& root, std::string_view key, std::string_view field) {
  const Entry* entry = root.find(key);
  return entry != nullptr && entry->value.is_mapping() ? entry->value.find(field) : nullptr;
}

/// Environments of other programs have other fields.
bool looks_like_an_environment(const Node& root) {
  return !resembled(text_of(root.find("kind")), environment_kind).empty() &&
         below(root, "spec", "domain") != nullptr && below(root, "spec", "owner") != nullptr;
}

/// The kind of ours that it seems to have.
std::string_view seeming_kind(const Node& root) {
  if (const auto kind = resembled(text_of(root.find("kind")), own_kinds); !kind.empty()) return kind;
  return looks_like_an_environment(root) ? environment_kind[0] : std::string_view();
}

/// `ApiVersion: gmsactl/v1`.
const Entry* misspelt_version(const Node& root) {
  constexpr std::array<std::string_view, 1> right{"apiVersion"};
  const auto found = std::find_if(root.entries.begin(), root.entries.end(), [&](const Entry& entry) {
    return entry.key != right[0] && entry.key.size() <= 64 && !nearest(entry.key, right).empty() &&
           resembles_our_version(text_of(&entry));
  });
  return found == root.entries.end() ? nullptr : &*found;
}

/// A mapping that would be one of ours if it were a document of its own.
const Node* manifest_inside(const Node& node) {
  if (node.is_mapping()) {
    const auto version = text_of(node.find("apiVersion"));
    if (resembles_our_version(version)) return &node;
    if (version.empty() && !seeming_kind(node).empty() && node.find("metadata") != nullptr) return &node;
  }
  for (const Node& item : node.items)
    if (const Node* found = manifest_inside(item)) return found;
  for (const Entry& entry : node.entries)
    if (const Node* found = manifest_inside(entry.value)) return found;
  return nullptr;
}

Doubt unread(Position at, std::string detail, std::string hint) {
  return {codes::not_read, at, std::move(detail), std::move(hint)};
}

std::optional<Doubt> doubt_about_parts(const Node& root) {
  const Node* found = manifest_inside(root);
  if (found == nullptr) return std::nullopt;
  return unread(found->at,
                "What looks like a manifest stands inside of another document, so it was not read.",
                "Make it a document of its own, behind a line with ---.");
}

Doubt doubt_about_text(const Node& text) {
  const std::string_view value = text.text;
  const auto passed_over = [&](std::string_view what, std::string hint) {
    return unread(text.at, "It holds " + std::string(what) + ", so no manifest was read from it.",
                  std::move(hint));
  };
  if (value.starts_with("version https://git-lfs.github.com/spec/"))
    return passed_over("a pointer to a file that is kept in Git LFS",
                       "Fetch the file with git lfs pull, or keep manifests in git itself.");
  if (value.starts_with("$ANSIBLE_VAULT"))
    return passed_over("what Ansible Vault has encrypted",
                       "Decrypt it before, or move it out of the folder.");
  if (value.starts_with("-----BEGIN "))
    return passed_over("what is encrypted or signed", "Decrypt it before, or move it out of the folder.");
  const bool one_word = value.find_first_of(" \t\n") == std::string_view::npos;
  if (one_word && (contains(value, "/") || contains(value, "\\") || is_manifest_name(value)))
    return passed_over(
        "the path " + in_quotes(value) + " and nothing else",
        "If it is a symbolic link that was checked out as a text, run git config core.symlinks "
        "true and check it out anew.");
  return passed_over("a text and no YAML mapping", "Correct it, or give it another name than *.yaml.");
}

/// The values of a key at the start of lines. Nothing where one is not a plain text on that line.
std::optional<std::vector<std::string_view>> line_values(std::string_view text, std::string_view key) {
  std::vector<std::string_view> values;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    if (!line.starts_with(": ")) continue;
    auto value = trim(line.substr(2));
    value = trim(value.substr(0, value.find(" #")));
    if (value.size() > 1 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
      value = value.substr(1, value.size() - 2);
    if (value.empty() || contains("{[|>&*!#\"'%@`", value.substr(0, 1))) return std::nullopt;
    values.push_back(value);
  }
  return values;
}

bool mentions_our_kind(std::string_view text) {
  const auto kinds = line_values(text, "kind");
  return kinds && std::any_of(kinds->begin(), kinds->end(),
                              [](std::string_view kind) { return !resembled(kind, own_kinds).empty(); });
}

bool is_template(std::string_view text) {
  for (const std::string_view mark : {"{{", "{%", "<%", "[["})
    if (contains(text, mark)) return true;
  return false;
}

Doubt doubt_about_bytes(std::string_view text, Position at) {
  using namespace std::string_view_literals;
  const auto passed_over = [&](std::string_view what, std::string hint) {
    return unread(at, "It " + std::string(what) + ", so it was not read.", std::move(hint));
  };
  if (text.starts_with("\0GITCRYPT\0"sv))
    return passed_over("is encrypted by git-crypt and locked", "Unlock it with git-crypt unlock.");
  if (text.starts_with("\x1F\x8B"sv)) return passed_over("is compressed", "Expand it with gunzip.");
  if (text.find_first_not_of("\0\r\n"sv) == std::string_view::npos)
    return passed_over("holds nothing but zero bytes, as a file does after a crash", "Write it anew.");
  if (static_cast<size_t>(std::count(text.begin(), text.end(), '\0')) >= text.size() / 3)
    return passed_over("looks like UTF-16 without a byte-order mark", "Save it as UTF-8.");
  return passed_over("holds bytes that are not UTF-8 text",
                     "Save it as UTF-8, or move it out of the folder.");
}

}  // namespace

bool resembles_our_version(std::string_view version) {
  if (version.empty() || version.size() > 256) return false;
  constexpr std::array<std::string_view, 1> right{api_version};
  const std::string folded = fold(version);
  return contains(folded, "gmsactl") || !nearest(version, right).empty() ||
         (contains(folded, "gmsa") && !names_a_domain(version));
}

bool plainly_foreign(std::string_view text) {
  if (contains(text, "gmsactl/")) return false;
  const auto versions = line_values(text, "apiVersion");
  const auto kinds = line_values(text, "kind");
  if (!versions || !kinds || versions->empty() || kinds->empty()) return false;
  const bool all_domains = std::all_of(versions->begin(), versions->end(), names_a_domain);
  const auto foreign_version = [](std::string_view version) {
    return !resembles_our_version(version) && !is_encrypted(version);
  };
  const auto foreign_kind = [&](std::string_view kind) {
    return !is_list(kind) && !is_encrypted(kind) &&
           (all_domains || (resembled(kind, own_kinds).empty() && resembled(kind, environment_kind).empty()));
  };
  return std::all_of(versions->begin(), versions->end(), foreign_version) &&
         std::all_of(kinds->begin(), kinds->end(), foreign_kind);
}

std::optional<Doubt> doubt_about(const Node& root) {
  if (root.is_null()) return std::nullopt;
  if (root.is_scalar()) return doubt_about_text(root);
  if (root.is_sequence()) return doubt_about_parts(root);
  const std::string line = "Write apiVersion: " + std::string(api_version) + ".";
  const Entry* entry = root.find("apiVersion");
  const auto version = text_of(entry);
  const auto kind = text_of(root.find("kind"));
  if (is_encrypted(version) || is_encrypted(kind))
    return unread(entry == nullptr ? root.at : entry->value.at,
                  "The document is encrypted, as SOPS does it, so it was not read.",
                  "Decrypt it before, or move it out of the folder.");
  const auto seeming = names_a_domain(version) ? std::string_view() : seeming_kind(root);
  if (!version.empty() && (resembles_our_version(version) || !seeming.empty()))
    return Doubt{codes::unknown_api_version, entry->value.at,
                 "The apiVersion " + in_quotes(version) +
                     " is not one that this program reads, so the document is passed over.",
                 line};
  if (const Entry* misspelt = misspelt_version(root))
    return unread(
        misspelt->key_at,
        "The document has " + in_quotes(misspelt->key) + " in place of apiVersion, so it is passed over.",
        line);
  if (version.empty() && !seeming.empty())
    return unread(
        root.at,
        "The document has no apiVersion, and its kind " + in_quotes(kind) + " looks like " +
            std::string(seeming) + ". It is passed over.",
        "Write apiVersion: " + std::string(api_version) + " and kind: " + std::string(seeming) + ".");
  if (version.empty() || kind.empty()) {
    if (root.find("metadata") != nullptr && root.find("spec") != nullptr)
      return unread(root.at,
                    "The document has metadata and spec, and no " +
                        std::string(version.empty() ? "apiVersion" : "kind") + ", so it is passed over.",
                    line);
    return doubt_about_parts(root);
  }
  return is_list(kind) ? doubt_about_parts(root) : std::nullopt;
}

std::optional<Doubt> doubt_about(const Chunk& chunk, const ParsedDocument& parsed) {
  if (parsed.diagnostics.empty()) return std::nullopt;
  const Diagnostic& first = parsed.diagnostics.front();
  const SourceRange where = first.where.value_or(SourceRange{{}, chunk.line, 1});
  const Position at{where.line, where.column};
  if (first.code == codes::not_utf8.code) return doubt_about_bytes(chunk.text, at);
  const bool no_yaml = first.code == codes::yaml_syntax.code;
  if (!mentions_our_kind(chunk.text) && (!no_yaml || is_template(chunk.text))) return std::nullopt;
  return unread(at, "The document can't be read as YAML: " + first.detail, first.hint);
}

}  // namespace gmsactl::manifest
