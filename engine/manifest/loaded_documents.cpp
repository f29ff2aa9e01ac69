#include "engine/manifest/loaded_documents.h"

#include <algorithm>

#include "engine/base/text.h"

namespace gmsactl::manifest {

namespace {

std::string folded_address(DocumentKind kind, std::string_view document_name) {
  return std::string(name(kind)) + "/" + fold(document_name);
}

}  // namespace

const LoadedDocument* LoadedDocuments::find(DocumentKind kind, std::string_view document_name) const {
  const auto found = by_folded_address_.find(folded_address(kind, document_name));
  return found == by_folded_address_.end() ? nullptr : &documents[found->second];
}

std::vector<std::string_view> LoadedDocuments::names(DocumentKind kind) const {
  std::vector<std::string_view> found;
  for (size_t i = 0; i < documents.size(); ++i) {
    const auto& metadata = documents[i].document.metadata;
    if (documents[i].document.kind == kind && by_folded_address_.at(folded_address(kind, metadata.name)) == i)
      found.push_back(metadata.name);
  }
  return found;
}

void LoadedDocuments::index() {
  by_folded_address_.reserve(documents.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    const Document& document = documents[i].document;
    const auto [first, is_new] =
        by_folded_address_.emplace(folded_address(document.kind, document.metadata.name), i);
    if (is_new) continue;
    documents[i].has_errors = true;
    auto problem =
        make_diagnostic(Severity::error, codes::duplicate_address, document.name_range(),
                        printable(document.address()) + " is declared at " +
                            place(documents[first->second].document.name_range()) + " already.",
                        "Rename one of them, or use overrides where environments differ. Upper and lower "
                        "case are the same in names.");
    problem.address = document.address();
    diagnostics.push_back(std::move(problem));
  }
  const auto known = names(DocumentKind::environment);
  // Without any Environment these may be the documents of one folder out of several.
  if (known.empty() || may_lack_environments) return;
  for (const LoadedDocument& loaded : documents) check_environment_names(loaded, known);
}

void LoadedDocuments::check_environment_names(const LoadedDocument& loaded,
                                              const std::vector<std::string_view>& known) {
  const auto check = [&](const std::string& environment, const SourceRange& where) {
    if (std::find(known.begin(), known.end(), environment) != known.end()) return;
    std::string hint = did_you_mean(environment, known);
    if (hint.empty()) hint = "The manifests define " + enumerate(known, "and") + ".";
    auto problem =
        make_diagnostic(Severity::error, codes::unknown_environment, where,
                        "There is no Environment named " + in_quotes(environment) + ".", std::move(hint));
    problem.address = loaded.document.address();
    diagnostics.push_back(std::move(problem));
  };
  const Document& document = loaded.document;
  if (document.metadata.environments)
    for (const auto& each : *document.metadata.environments) check(each.text, each.where);
  for (const Override& each : document.overrides) {
    const SourceRange where{document.file->name, each.at.line, each.at.column};
    check(each.environment, where);
    const bool is_known = std::find(known.begin(), known.end(), each.environment) != known.end();
    if (!is_known || document.belongs_to(each.environment)) continue;
    auto problem = make_diagnostic(
        Severity::warning, codes::unused_override, where,
        printable(document.address()) + " does not belong to the environment " + printable(each.environment) +
            ", so its override for that environment has no effect.",
        "Add " + printable(each.environment) + " to metadata.environments, or remove the override.");
    problem.address = document.address();
    diagnostics.push_back(std::move(problem));
  }
}

}  // namespace gmsactl::manifest
