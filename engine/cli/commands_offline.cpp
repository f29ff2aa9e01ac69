// The commands that touch no live system.
#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/loading.h"
#include "engine/cli/terminal.h"
#include "gmsactl/schemas.h"
#include "gmsactl/version.h"

namespace gmsactl::cli {

namespace {

size_t documents(const Loaded& loaded) { return loaded.read.manifests.document_count(); }

/// "gmsa.schema.json" is asked for as GMSA, gmsa or gmsa.schema.json.
std::string_view short_name(std::string_view file) { return file.substr(0, file.find(".schema.json")); }

}  // namespace

ExitCode validate(const Options& options) {
  Options all = options;
  all.all_environments = options.environments.empty();
  const auto loaded = load(all);
  if (!loaded) return loaded.error();
  print_diagnostics(options, loaded->warnings, loaded->source_lines());
  std::vector<std::string> names;
  for (const auto& desired : loaded->environments) names.push_back(desired.environment.name);
  if (!options.quiet)
    std::cout << "Valid: " << plural(documents(*loaded), "document") << ", "
              << plural(names.size(), "environment") << " (" << join(names, ", ") << ").\n";
  return ExitCode::done;
}

ExitCode schema(const Options& options) {
  std::vector<std::string_view> names;
  const std::string_view wanted =
      options.schema_name.empty() ? "manifest" : std::string_view(options.schema_name);
  for (const auto& [file, text] : schemas::all) {
    if (equal_folded(short_name(file), short_name(wanted))) {
      std::cout << text;
      return ExitCode::done;
    }
    names.push_back(short_name(file));
  }
  const auto near = nearest(wanted, names);
  std::string known;
  for (const auto name : names) known += (known.empty() ? "" : ", ") + std::string(name);
  print_usage_error(options, "there is no schema \"" + options.schema_name + "\"; there are: " + known,
                    near.empty() ? "" : "Did you mean \"" + std::string(near) + "\"?");
  return ExitCode::invalid;
}

ExitCode version(const Options& options) {
  if (options.output == Output::json)
    std::cout << "{\"name\": \"gmsactl\", \"version\": \"" << gmsactl::version << "\"}\n";
  else
    std::cout << "gmsactl " << gmsactl::version << '\n';
  return ExitCode::done;
}

}  // namespace gmsactl::cli
