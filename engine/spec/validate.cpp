#include "engine/spec/validate.h"

#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/spec/json.h"

namespace gmsactl::spec {

namespace {

using Json = nlohmann::json;

struct Place {
  uint32_t line = 1;
  uint32_t column = 1;
};

/// Where the value of each member is, by its path as a JSON pointer. For texts that were parsed before, since
/// it passes over what it does not know; on any other text it ends as well.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) { value({}); }

  Place of(const std::string& pointer) const {
    const auto found = places_.find(pointer);
    return found == places_.end() ? Place{} : found->second;
  }

 private:
  bool ended() const { return at_ >= text_.size(); }
  void step() {
    if (text_[at_] == '\n') {
      ++here_.line;
      here_.column = 1;
    } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
      ++here_.column;
    }
    ++at_;
  }
  void skip() {
    while (!ended() && std::string_view(" \t\r\n,:").find(text_[at_]) != std::string_view::npos) step();
  }
  std::string string() {
    const size_t start = at_;
    step();
    while (!ended() && text_[at_] != '"') {
      if (text_[at_] == '\\') step();
      if (!ended()) step();
    }
    if (!ended()) step();
    const Json key = Json::parse(text_.substr(start, at_ - start), nullptr, false);
    return key.is_string() ? key.get<std::string>() : std::string();
  }
  void value(const std::string& pointer) {
    skip();
    places_[pointer] = here_;
    if (ended()) return;
    const char first = text_[at_];
    if (first == '"') {
      (void)string();
    } else if (first == '{' || first == '[') {
      members(pointer, first == '{');
    } else {
      while (!ended() && std::string_view(" \t\r\n,]}").find(text_[at_]) == std::string_view::npos) step();
    }
  }
  void members(const std::string& pointer, bool object) {
    step();
    for (size_t index = 0;; ++index) {
      skip();
      if (ended()) return;
      if (text_[at_] == '}' || text_[at_] == ']') return step();
      if (object && text_[at_] != '"') return;
      value(pointer + "/" + (object ? string() : std::to_string(index)));
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  Place here_;
  std::map<std::string, Place> places_;
};

class Checker {
 public:
  Checker(std::string_view text, const Json& root, const std::string& file, Diagnostics& found)
      : places_(text), root_(root), file_(intern(file)), found_(found) {}

  void run(const model::DirectoryFacts* facts) {
    if (!root_.is_object()) return missing("", "DomainJoinConfig");
    plugins();
    join();
    accounts();
    host();
    if (facts != nullptr) live(*facts);
  }

 private:
  void say(const std::string& pointer, Severity severity, std::string_view code, std::string summary,
           std::string detail, std::string hint = {}) {
    const Place place = places_.of(pointer);
    found_.push_back({severity,
                      code,
                      std::move(summary),
                      std::move(detail),
                      std::move(hint),
                      SourceRange{file_, place.line, place.column},
                      {}});
  }
  void missing(const std::string& pointer, const std::string& key) {
    say(pointer, Severity::error, "GMSA0503", "Missing key",
        "The credential spec has no '" + key + "' here.");
  }
  /// The member `key` of what is at `pointer`; says so where it is missing.
  const Json* find(const std::string& pointer, const std::string& key, bool required = true) {
    const Json::json_pointer at(pointer);
    if (!root_.contains(at) || !root_[at].is_object()) return nullptr;
    const Json& object = root_[at];
    if (const auto found = object.find(key); found != object.end()) return &*found;
    for (const auto& [other, value] : object.items())
      if (equal_folded(other, key)) {
        say(pointer + "/" + other, Severity::error, "GMSA0504", "Mis-cased key",
            "'" + other + "' is not read: keys of a credential spec are matched by case.",
            "Did you mean " + key + "?");
        return nullptr;
      }
    if (required) missing(pointer, key);
    return nullptr;
  }
  std::string text(const std::string& pointer, const std::string& key) {
    const Json* value = find(pointer, key);
    if (value == nullptr) return {};
    if (value->is_string() && !value->get_ref<const std::string&>().empty()) return value->get<std::string>();
    say(pointer + "/" + key, Severity::error, "GMSA0505", "Value is no text",
        "'" + key + "' has to be a text.");
    return {};
  }
  void no_dollar(const std::string& pointer, const std::string& name) {
    if (name.ends_with('$'))
      say(pointer, Severity::error, "GMSA0508", "Account name with a dollar sign",
          "'" + name + "' ends in $; a credential spec names the account without it.",
          "Write " + name.substr(0, name.size() - 1) + ".");
  }

  void plugins() {
    const Json* plugins = find("", "CmsPlugins");
    if (plugins == nullptr) return;
    if (plugins->is_array())
      for (const auto& plugin : *plugins)
        if (plugin == "ActiveDirectory") return;
    say("/CmsPlugins", Severity::error, "GMSA0514", "ActiveDirectory plug-in not named",
        "CmsPlugins does not list ActiveDirectory, so Windows takes no account from this spec.",
        "Write [\"ActiveDirectory\"].");
  }
  void join() {
    if (find("", "DomainJoinConfig") == nullptr) return;
    const std::string at = "/DomainJoinConfig";
    sid_ = text(at, "Sid");
    machine_ = text(at, "MachineAccountName");
    guid_ = text(at, "Guid");
    tree_ = text(at, "DnsTreeName");
    dns_ = text(at, "DnsName");
    netbios_ = text(at, "NetBiosName");
    no_dollar(at + "/MachineAccountName", machine_);
    if (!sid_.empty()) sid(at + "/Sid");
    if (guid_.empty()) return;
    if (guid_.starts_with('{'))
      say(at + "/Guid", Severity::error, "GMSA0507", "GUID with braces",
          "'" + guid_ + "' stands in braces; the domain's GUID is written without.", "Take the braces away.");
    else if (!model::Guid::parse(guid_))
      say(at + "/Guid", Severity::error, "GMSA0515", "Malformed GUID", "'" + guid_ + "' is no GUID.");
  }
  void sid(const std::string& at) {
    // S-1-5-21-a-b-c is a domain's; one number more makes it that of something in the domain.
    const auto parts = split(sid_, '-');
    if (!model::Sid::parse(sid_) || !sid_.starts_with("S-1-5-21-") || parts.size() < 7)
      say(at, Severity::error, "GMSA0506", "Malformed SID",
          "'" + sid_ + "' is not a domain's SID, S-1-5-21 and three numbers.");
    else if (parts.size() > 7)
      say(at, Severity::error, "GMSA0516", "SID of an account in place of the domain's",
          "'" + sid_ + "' is the SID of something in the domain; Sid is the domain's own.",
          "Take the last number away, and its dash.");
  }
  void accounts() {
    if (find("", "ActiveDirectoryConfig") == nullptr) return;
    const std::string at = "/ActiveDirectoryConfig";
    const Json* list = find(at, "GroupManagedServiceAccounts");
    if (list == nullptr || !list->is_array()) return;
    bool named = false, with_dns = false, with_netbios = false;
    for (size_t i = 0; i < list->size(); ++i) {
      const std::string entry = at + "/GroupManagedServiceAccounts/" + std::to_string(i);
      const std::string name = text(entry, "Name"), scope = text(entry, "Scope");
      no_dollar(entry + "/Name", name);
      if (name.empty() || !equal_folded(name, machine_)) continue;
      named = true;
      with_dns = with_dns || equal_folded(scope, dns_);
      with_netbios = with_netbios || equal_folded(scope, netbios_);
      if (!scope.empty() && !equal_folded(scope, dns_) && !equal_folded(scope, netbios_))
        say(entry + "/Scope", Severity::error, "GMSA0509", "Wrong scope",
            "'" + scope + "' is neither DnsName nor NetBiosName of the account's domain.");
    }
    const std::string whole = at + "/GroupManagedServiceAccounts";
    if (machine_.empty()) return;
    if (!named)
      say(whole, Severity::error, "GMSA0510", "Machine account is not among the accounts",
          "MachineAccountName is '" + machine_ + "', and no entry has that Name.");
    else if (!with_dns || !with_netbios)
      say(whole, Severity::warning, "GMSA0517", "Scope missing",
          "'" + machine_ + "' has no entry whose Scope is the domain's " +
              (with_dns ? "NetBIOS name." : "DNS name."));
  }
  void host() {
    const std::string at = "/ActiveDirectoryConfig/HostAccountConfig";
    if (!root_.contains("ActiveDirectoryConfig")) return;
    const Json* config = find("/ActiveDirectoryConfig", "HostAccountConfig", false);
    if (config == nullptr || config->is_null()) return;
    const Json* version = find(at, "PortableCcgVersion");
    if (version != nullptr && *version != "1")
      say(at + "/PortableCcgVersion", Severity::error, "GMSA0511", "Wrong PortableCcgVersion",
          "PortableCcgVersion has to be the text \"1\".");
    const std::string guid = fold(text(at, "PluginGUID"));
    const Json* input = find(at, "PluginInput");
    if (input == nullptr) return;
    const std::string plain = input->is_string() ? input->get<std::string>() : input->dump();
    if (looks_like_password(plain))
      say(at + "/PluginInput", Severity::error, "GMSA0513", "Password in a credential spec",
          "PluginInput seems to hold a password, and whoever may read the spec may read it.",
          "Keep it in a vault, and change it.");
    encoding(at + "/PluginInput", guid, *input, plain);
  }
  void encoding(const std::string& at, const std::string& guid, const Json& input, const std::string& plain) {
    const auto wrong = [&](std::string detail) {
      say(at, Severity::error, "GMSA0512", "PluginInput in a wrong form", std::move(detail));
    };
    if (guid.find("ccc2a336-d7f3-4818-a213-272b7924213e") != std::string::npos) {
      if (!input.is_string() || plain.find("ObjectId=") == std::string::npos ||
          plain.find("SecretUri=") == std::string::npos)
        wrong("The plug-in of AKS reads the text ObjectId=…;SecretUri=….");
    } else if (guid.find("859e1386-bdb4-49e8-85c7-3070b13920e1") != std::string::npos) {
      const Json inner = input.is_string() ? Json::parse(plain, nullptr, false) : input;
      const char* key = input.is_string() ? "credentialArn" : "CredentialArn";
      if (!inner.is_object() || !inner.contains(key))
        wrong(
            "The plug-in of AWS reads a text that holds {\"credentialArn\": …} on Windows, and an object "
            "with "
            "CredentialArn on Linux.");
    }
  }
  void live(const model::DirectoryFacts& facts) {
    const auto compare = [&](const char* key, const std::string& written, const std::string& real) {
      if (!written.empty() && !equal_folded(written, real))
        say("/DomainJoinConfig/" + std::string(key), Severity::error, "GMSA0518",
            "Differs from the live domain",
            std::string(key) + " is '" + written + "'; the domain's is '" + real + "'.",
            "Write " + real + ".");
    };
    compare("Sid", sid_, facts.domain_sid.text());
    compare("Guid", guid_, facts.domain_guid.text());
    compare("DnsTreeName", tree_, facts.forest);
    compare("DnsName", dns_, facts.dns_domain);
    compare("NetBiosName", netbios_, facts.netbios_domain);
  }

  Places places_;
  const Json& root_;
  std::string_view file_;
  Diagnostics& found_;
  std::string sid_, machine_, guid_, tree_, dns_, netbios_;
};

}  // namespace

Diagnostics validate(std::string_view text, const std::string& file, const model::DirectoryFacts* facts) {
  Diagnostics found;
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
    found.push_back({Severity::warning,
                     "GMSA0502",
                     "Byte-order mark",
                     "The file begins with a byte-order mark, which some readers refuse.",
                     "Save it as UTF-8 without.",
                     SourceRange{intern(file), 1, 1},
                     {}});
  }
  // parse() bounds the depth and words the place; what it finds wrong in the shape is told better below.
  const auto parsed = parse(text);
  const Json root = !parsed && parsed.error().message.find("nested too deeply") != std::string::npos
                        ? Json(Json::value_t::discarded)
                        : Json::parse(text, nullptr, false);
  if (root.is_discarded()) {
    found.push_back({Severity::error,
                     "GMSA0501",
                     "Not a JSON document",
                     "The credential spec can't be read: " + parsed.error().message + ".",
                     {},
                     SourceRange{intern(file), 0, 0},
                     {}});
    return found;
  }
  Checker(text, root, file, found).run(facts);
  // A list that is none, an object that is none: what a reader would stumble over and nothing above has
  // named.
  if (!parsed && !has_errors(found))
    found.push_back({Severity::error,
                     "GMSA0519",
                     "Not the shape of a credential spec",
                     "The credential spec can't be read: " + parsed.error().message + ".",
                     {},
                     SourceRange{intern(file), 1, 1},
                     {}});
  return found;
}

}  // namespace gmsactl::spec
