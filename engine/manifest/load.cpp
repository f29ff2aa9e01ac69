#include "engine/manifest/load.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <thread>
#include <tuple>
#include <unordered_map>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "engine/manifest/doubt.h"
#include "engine/manifest/loaded_documents.h"

namespace gmsactl::manifest {

namespace {

/// Below that a thread costs more than it saves.
constexpr size_t chunks_per_thread = 200;

/// What one stretch of chunks gave, in order.
struct Batch {
  std::vector<LoadedDocument> documents;
  Diagnostics diagnostics;
  std::vector<SourceRange> secrets;
  bool may_lack_environments = false;
  bool may_lack_referenced = false;

  void note_unreadable(std::string_view text) {
    may_lack_environments |= text.find("Environment") != std::string_view::npos;
    for (const std::string_view kind : {"HostGroup", "GMSA", "SpecTarget"})
      may_lack_referenced |= text.find(kind) != std::string_view::npos;
  }
};

void append(Diagnostics& to, Diagnostics&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Without those that `to` has already. Beyond a few hundred nobody reads them, and comparing each with each
/// takes long.
void append_new(Diagnostics& to, Diagnostics&& from) {
  constexpr size_t enough = 500;
  if (to.size() + from.size() > enough) return;
  for (auto& each : from)
    if (std::find(to.begin(), to.end(), each) == to.end()) to.push_back(std::move(each));
}

/// In the order in which a person goes through the files.
void sort_by_place(const Sources& sources, Diagnostics& diagnostics) {
  std::unordered_map<std::string_view, size_t> order;
  for (const SourceFile& file : sources.files()) order.emplace(file.name, order.size());
  const auto key = [&](const Diagnostic& each) {
    const SourceRange where = each.where.value_or(SourceRange{});
    const auto file = order.find(where.file);
    return std::tuple(file == order.end() ? 0 : file->second, where.line, where.column);
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

/// Checks what can be checked before an environment is chosen, and keeps the result where it holds for all of
/// them.
template <class Fields>
void decode_spec(LoadedDocument& loaded, Fields (*decode)(const Node&, Reading&), Diagnostics& diagnostics) {
  const Document& document = loaded.document;
  const Variables none;
  Reading reading(document.file->name, none, diagnostics);
  reading.set_address(document.address());
  auto fields = decode(document.spec, reading);
  for (const Override& each : document.overrides) {
    Diagnostics of_override;
    Reading merged(document.file->name, none, of_override);
    merged.set_address(document.address());
    decode(merge_patch(document.spec, each.patch), merged);
    append_new(diagnostics, std::move(of_override));
  }
  const bool varies = !document.overrides.empty() || mentions_variables(document.spec);
  if (!varies && !has_errors(diagnostics)) loaded.fields = std::move(fields);
}

void load_document(const Chunk& chunk, Document&& document, Diagnostics&& header_problems, Batch& batch) {
  LoadedDocument loaded{std::move(document), chunk, {}, false};
  Diagnostics problems = std::move(header_problems);
  Diagnostics spec_problems;
  switch (loaded.document.kind) {
    case DocumentKind::environment:
      loaded.fields = decode_environment(loaded.document, spec_problems, batch.secrets);
      break;
    case DocumentKind::host_group:
      decode_spec(loaded, decode_host_group, spec_problems);
      break;
    case DocumentKind::gmsa:
      decode_spec(loaded, decode_gmsa, spec_problems);
      break;
    case DocumentKind::spec_target:
      decode_spec(loaded, decode_spec_target, spec_problems);
      break;
  }
  append(problems, std::move(spec_problems));
  loaded.has_errors = has_errors(problems);
  if (!loaded.varies()) loaded.document.spec = Node{};
  append(batch.diagnostics, std::move(problems));
  batch.documents.push_back(std::move(loaded));
}

/// One that is no tree, so that no document can be made of it.
void note_unparsed(const Chunk& chunk, ParsedDocument&& parsed, Batch& batch) {
  const SourceFile& file = *chunk.file;
  if (!file.named_explicitly && chunk.text.find("gmsactl/") == std::string_view::npos) {
    if (auto doubt = doubt_about(chunk, parsed)) {
      const Variables none;
      Reading(file.name, none, batch.diagnostics)
          .warning(doubt->code, doubt->at, std::move(doubt->detail), std::move(doubt->hint));
    }
    return;
  }
  if (has_errors(parsed.diagnostics)) batch.note_unreadable(chunk.text);
  append(batch.diagnostics, std::move(parsed.diagnostics));
}

void load_chunk(const Chunk& chunk, Batch& batch) {
  const SourceFile& file = *chunk.file;
  if (!file.named_explicitly && plainly_foreign(chunk.text)) return;
  auto parsed = parse_document(chunk);
  if (!parsed.root) return note_unparsed(chunk, std::move(parsed), batch);
  const Variables none;
  Diagnostics problems = std::move(parsed.diagnostics);
  const size_t yaml_problems = problems.size();
  Reading reading(file.name, none, problems);
  auto document = read_document(std::move(*parsed.root), file, reading);
  if (document) {
    load_document(chunk, std::move(*document), std::move(problems), batch);
  } else if (problems.size() > yaml_problems) {
    batch.note_unreadable(chunk.text);
    append(batch.diagnostics, std::move(problems));
  }
}

Batch load_batch(std::span<const Chunk> chunks) {
  Batch batch;
  batch.documents.reserve(chunks.size());
  for (const Chunk& chunk : chunks) load_chunk(chunk, batch);
  return batch;
}

std::vector<Batch> load_batches(std::span<const Chunk> chunks) {
  const size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const size_t threads =
      std::clamp<size_t>(chunks.size() / chunks_per_thread, 1, std::min<size_t>(processors, 8));
  std::vector<Batch> batches(threads);
  const auto part = [&](size_t index) {
    const size_t start = chunks.size() * index / threads;
    return chunks.subspan(start, chunks.size() * (index + 1) / threads - start);
  };
  std::vector<std::jthread> workers;
  for (size_t i = 1; i < threads; ++i) workers.emplace_back([&, i] { batches[i] = load_batch(part(i)); });
  batches[0] = load_batch(part(0));
  workers.clear();
  return batches;
}

bool is_utf16(std::string_view text) { return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"); }

/// Whether a file in UTF-16 would be passed over in silence if it were UTF-8.
bool utf16_is_foreign(std::string_view bytes) {
  auto text = utf8_of_utf16(bytes.substr(2), bytes.starts_with("\xFE\xFF"));
  if (!text) return false;
  const SourceFile file{"", "", std::move(*text), /*named_explicitly=*/false};
  const auto chunks = split_documents(file);
  const Batch batch = load_batch(chunks);
  return batch.documents.empty() && batch.diagnostics.empty();
}

std::vector<Chunk> split_all(LoadedDocuments& loaded) {
  std::vector<Chunk> chunks;
  for (const SourceFile& file : loaded.sources.files()) {
    if (is_utf16(file.text)) {
      if (!file.named_explicitly && utf16_is_foreign(file.text)) continue;
      const Variables none;
      Reading(file.name, none, loaded.diagnostics)
          .error(codes::not_utf8, {0, 0}, "The file is UTF-16, as PowerShell's > and Out-File write it.",
                 "Save it as UTF-8.");
      loaded.may_lack_environments = loaded.may_lack_referenced = true;
      continue;
    }
    auto of_file = split_documents(file);
    chunks.insert(chunks.end(), of_file.begin(), of_file.end());
  }
  return chunks;
}

Manifests load_from(Sources sources, Diagnostics unreadable) {
  auto loaded = std::make_unique<LoadedDocuments>();
  loaded->sources = std::move(sources);
  loaded->may_lack_environments = loaded->may_lack_referenced = has_errors(unreadable);
  loaded->diagnostics = std::move(unreadable);
  const auto chunks = split_all(*loaded);
  auto batches = load_batches(chunks);
  size_t count = 0;
  for (const Batch& batch : batches) count += batch.documents.size();
  loaded->documents.reserve(count);
  for (Batch& batch : batches) {
    std::move(batch.documents.begin(), batch.documents.end(), std::back_inserter(loaded->documents));
    append(loaded->diagnostics, std::move(batch.diagnostics));
    for (const auto& secret : batch.secrets) loaded->sources.conceal(secret);
    loaded->may_lack_environments |= batch.may_lack_environments;
    loaded->may_lack_referenced |= batch.may_lack_referenced;
  }
  loaded->index();
  sort_by_place(loaded->sources, loaded->diagnostics);
  return Manifests(std::move(loaded));
}

}  // namespace

Manifests load(Sources sources, Diagnostics unreadable) {
  return load_from(std::move(sources), std::move(unreadable));
}

Manifests load(const LoadRequest& request) {
  Sources sources;
  Diagnostics unreadable;
  for (const auto& path : request.paths) sources.read(path, request.stdin_text, unreadable);
  return load_from(std::move(sources), std::move(unreadable));
}

Manifests::Manifests(std::unique_ptr<LoadedDocuments> documents) : documents_(std::move(documents)) {}
Manifests::Manifests(Manifests&&) noexcept = default;
Manifests& Manifests::operator=(Manifests&&) noexcept = default;
Manifests::~Manifests() = default;

const Diagnostics& Manifests::diagnostics() const { return documents_->diagnostics; }
const Sources& Manifests::sources() const { return documents_->sources; }
std::vector<model::ManifestText> Manifests::texts(
    std::string_view environment, const std::function<bool(const std::string& address)>& wanted) const {
  std::vector<model::ManifestText> texts;
  for (const auto& loaded : documents_->documents) {
    const Document& document = loaded.document;
    // Documents may name other environments, in their overrides for instance.
    const bool meant = document.kind == DocumentKind::environment ||
                       (document.belongs_to(environment) && wanted(document.address()));
    if (!meant) continue;
    const SourceFile& file = *loaded.chunk.file;
    texts.push_back({std::string(file.name), file.folder, loaded.chunk.line, std::string(loaded.chunk.text)});
  }
  return texts;
}

Sources sources_of(const std::vector<model::ManifestText>& texts) {
  std::map<std::string_view, std::vector<const model::ManifestText*>> by_file;
  for (const auto& text : texts) by_file[text.file].push_back(&text);
  Sources sources;
  for (auto& [name, parts] : by_file) {
    std::sort(parts.begin(), parts.end(), [](const auto* a, const auto* b) { return a->line < b->line; });
    SourceFile file{intern(name), parts.front()->folder, {}, /*named_explicitly=*/true};
    uint32_t line = 1;
    for (const auto* part : parts) {
      // Empty lines stand for the documents that were left out, so that every line keeps its number; the
      // first of them ends the document before.
      if (line > 1 && line < part->line) {
        file.text += "...\n";
        ++line;
      }
      for (; line < part->line; ++line) file.text += '\n';
      file.text += part->text;
      line += static_cast<uint32_t>(std::count(part->text.begin(), part->text.end(), '\n'));
    }
    sources.add(std::move(file));
  }
  return sources;
}

size_t Manifests::document_count() const { return documents_->documents.size(); }

std::vector<std::string> Manifests::environment_names() const {
  std::vector<std::string> found;
  for (const auto name : documents_->names(DocumentKind::environment)) found.emplace_back(name);
  return found;
}

model::Desired Manifests::resolve(std::string_view environment, Diagnostics& diagnostics) const {
  const auto* found = documents_->find(DocumentKind::environment, environment);
  if (found != nullptr && found->document.metadata.name == environment) {
    if (found->has_errors) return {};
    Diagnostics own;
    auto desired = resolve_environment(*documents_, std::get<model::Environment>(found->fields), own);
    sort_by_place(documents_->sources, own);
    append(diagnostics, std::move(own));
    return desired;
  }
  const auto known = documents_->names(DocumentKind::environment);
  std::string hint = did_you_mean(environment, known);
  if (hint.empty())
    hint = known.empty() ? "Add a document of kind Environment."
                         : "The manifests define " + enumerate(known, "and") + ".";
  auto problem =
      make_diagnostic(Severity::error, codes::unknown_environment, {},
                      "There is no Environment named " + in_quotes(environment) + ".", std::move(hint));
  problem.where.reset();
  diagnostics.push_back(std::move(problem));
  return {};
}

}  // namespace gmsactl::manifest
