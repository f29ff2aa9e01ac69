// The JSON Schemas and the decoder say the same of the same manifests, as far as a schema can say it. The
// only file that knows valijson.
#include <gtest/gtest.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "engine/manifest/scalar.h"
#include "engine/manifest/yaml.h"
#include "tests/paths.h"
#include "tests/unit/engine/manifest/corpus.h"

namespace gmsactl::manifest {
namespace {

using namespace testing;
using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

const std::filesystem::path schema_folder = std::filesystem::path(tests::source_dir) / "schemas";

/// As an editor sees it: plain scalars by the YAML 1.2 core schema.
Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::sequence: {
      Json array = Json::array();
      for (const auto& item : node.items) array.push_back(to_json(item));
      return array;
    }
    case Node::Kind::mapping: {
      Json object = Json::object();
      for (const auto& entry : node.entries) object[entry.key] = to_json(entry.value);
      return object;
    }
    case Node::Kind::scalar:
      break;
  }
  if (node.quoted) return node.text;
  switch (classify(node.text)) {
    case Plain::boolean:
      return node.text == "true";
    case Plain::integer:
    case Plain::real:
      return Json::parse(node.text, nullptr, /*allow_exceptions=*/false);
    default:
      return node.text;
  }
}

class ManifestSchema : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    schema_ = std::make_unique<valijson::Schema>();
    const Json root = Json::parse(content(schema_folder / "manifest.schema.json"));
    valijson::SchemaParser parser;
    parser.populateSchema(
        Adapter(root), *schema_,
        [](const std::string& uri) { return new Json(Json::parse(content(schema_folder / uri))); },
        [](const Json* document) { delete document; });
  }
  static void TearDownTestSuite() { schema_.reset(); }

  /// Whether every document of the file conforms; `findings` says which does not.
  static bool accepts(const std::filesystem::path& path, std::string& findings) {
    Sources sources;
    sources.add({intern(path.filename().string()), "", content(path), true});
    bool all_valid = true;
    for (const auto& chunk : split_documents(sources.files().front())) {
      const auto parsed = parse_document(chunk);
      if (!parsed.root) {
        findings += "line " + std::to_string(chunk.line) + " does not parse\n";
        all_valid = false;
        continue;
      }
      const Json document = to_json(*parsed.root);
      valijson::ValidationResults results;
      valijson::Validator validator;
      if (validator.validate(*schema_, Adapter(document), &results)) continue;
      all_valid = false;
      valijson::ValidationResults::Error error;
      while (results.popError(error)) {
        for (const auto& part : error.context) findings += part;
        findings += ": " + error.description + "\n";
      }
    }
    return all_valid;
  }

  static std::unique_ptr<valijson::Schema> schema_;
};
std::unique_ptr<valijson::Schema> ManifestSchema::schema_;

TEST_F(ManifestSchema, accepts_every_valid_manifest) {
  for (const auto& path : cases("valid")) {
    std::string findings;
    EXPECT_TRUE(accepts(path, findings)) << path.filename() << "\n" << findings;
  }
}

TEST_F(ManifestSchema, rejects_what_the_decoder_rejects_for_its_structure) {
  for (const auto& path : cases("invalid")) {
    std::string findings;
    EXPECT_FALSE(accepts(path, findings)) << path.filename();
  }
}

TEST_F(ManifestSchema, leaves_meaning_to_the_decoder) {
  for (const auto& path : cases("invalid-semantic")) {
    std::string findings;
    EXPECT_TRUE(accepts(path, findings)) << path.filename() << " belongs into invalid/\n" << findings;
  }
}

void expect_documented(const Json& schema, const std::string& path) {
  if (!schema.is_object()) return;
  if (schema.contains("properties")) {
    for (const auto& [key, property] : schema["properties"].items()) {
      const std::string where = path + "." + key;
      EXPECT_TRUE(property.contains("title") && property.contains("description")) << where;
      expect_documented(property, where);
    }
  }
  for (const auto* key : {"additionalProperties", "items"})
    if (schema.contains(key)) expect_documented(schema[key], path + "." + key);
}

TEST(ManifestSchemas, document_every_field) {
  for (const auto* file : {"environment", "hostgroup", "gmsa"}) {
    const Json schema = Json::parse(content(schema_folder / (std::string(file) + ".schema.json")));
    expect_documented(schema, file);
    EXPECT_FALSE(schema["additionalProperties"].get<bool>());
  }
}

TEST(ManifestSchemas, examples_are_manifests_without_errors) {
  for (const auto* file : {"environment", "hostgroup", "gmsa"}) {
    const Json schema = Json::parse(content(schema_folder / (std::string(file) + ".schema.json")));
    for (const auto& example : schema["examples"]) {
      const auto manifests = load_text(example.dump());
      EXPECT_EQ(manifests.document_count(), 1U) << file;
      EXPECT_EQ(render(manifests.diagnostics(), manifests.sources()), "");
    }
  }
}

}  // namespace
}  // namespace gmsactl::manifest
