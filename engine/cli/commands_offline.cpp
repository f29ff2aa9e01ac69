// The commands that touch no live system.
#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/loading.h"
#include "engine/cli/terminal.h"
#include "engine/manifest/document.h"
#include "engine/manifest/explanation.h"
#include "gmsactl/schemas.h"
#include "gmsactl/version.h"

namespace gmsactl::cli {

namespace {

size_t documents(const Loaded& loaded) { return loaded.read.manifests.document_count(); }

/// "gmsa.schema.json" is asked for as GMSA, gmsa or gmsa.schema.json.
std::string_view short_name(std::string_view file) { return file.substr(0, file.find(".schema.json")); }

/// Empty where there is none of that name; for each kind the build puts one in.
std::string_view schema_of(std::string_view name) {
  for (const auto& [file, text] : schemas::all)
    if (equal_folded(short_name(file), short_name(name))) return text;
  return {};
}

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
  const std::string_view wanted =
      options.schema_name.empty() ? "manifest" : std::string_view(options.schema_name);
  if (const auto text = schema_of(wanted); !text.empty()) {
    std::cout << text;
    return ExitCode::done;
  }
  std::vector<std::string_view> names;
  for (const auto& [file, text] : schemas::all) names.push_back(short_name(file));
  const auto near = nearest(wanted, names);
  std::string known;
  for (const auto name : names) known += (known.empty() ? "" : ", ") + std::string(name);
  print_usage_error(options, "there is no schema \"" + options.schema_name + "\"; there are: " + known,
                    near.empty() ? "" : "Did you mean \"" + std::string(near) + "\"?");
  return ExitCode::invalid;
}

ExitCode explain(const Options& options) {
  const std::string& topic = options.schema_name;
  const size_t dot = topic.find('.');
  const std::string_view kind = std::string_view(topic).substr(0, dot);
  for (const auto name : manifest::kind_names) {
    if (!equal_folded(name, kind)) continue;
    const auto about = manifest::explain(
        name, schema_of(name), dot == std::string::npos ? "" : std::string_view(topic).substr(dot + 1));
    if (!about) {
      print_usage_error(options, about.error().message, about.error().hint);
      return ExitCode::invalid;
    }
    std::cout << manifest::text(*about);
    return ExitCode::done;
  }
  const auto near = nearest(kind, manifest::kind_names);
  print_usage_error(options,
                    "there is no kind \"" + printable(kind) +
                        "\"; there are: " + manifest::enumerate(manifest::kind_names, "and"),
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
