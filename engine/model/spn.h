// Service principal names ([MS-ADTS] 2.2.21): class/host[:port|:instance][/name].
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/text.h"

namespace gmsactl::model {

struct Spn {
  std::string service_class;
  std::string host;
  std::string port_or_instance;  ///< empty where absent
  std::string service_name;      ///< empty where absent

  /// Strict, for manifests: printable ASCII without white space, two or three components, none empty.
  /// Non-ASCII is refused since look-alike characters bypass the domain's uniqueness check (CVE-2026-25177).
  [[nodiscard]] static Result<Spn> parse(std::string_view text);
  std::string text() const;
  /// Why no client can ever ask for it, as the end of a sentence: a realm, a wildcard, an impossible port.
  std::optional<std::string> problem() const;
  /// Why hardly any client asks for it: "clients ask for HTTP, …".
  std::optional<std::string> doubt() const;
  /// The same name under another service class, or for another host.
  Spn with_class(std::string_view other) const;
  Spn with_host(std::string_view other) const;
  bool operator==(const Spn&) const = default;
};

/// sPNMappings of the directory service object: which service classes the HOST class stands for.
/// ([MS-ADTS] 3.1.1.5.1.3; the value "host=alerter,appmgmt,…".)
class SpnMappings {
 public:
  SpnMappings() = default;
  static SpnMappings parse(const std::vector<std::string>& values);
  /// Other names under which a client's request for `spn` may be answered: http/x gives host/x; host/x gives
  /// alerter/x and so on. Without `spn` itself.
  std::vector<Spn> aliases(const Spn& spn) const;
  bool empty() const { return classes_by_generic_.empty(); }
  bool operator==(const SpnMappings&) const = default;

 private:
  std::map<std::string, std::vector<std::string>, LessFolded> classes_by_generic_;
};

/// What the server does to one SPN when it changes an account's dNSHostName or sAMAccountName (without `$`):
/// a host part equal to the old name becomes the new one. ([MS-ADTS] 3.1.1.5.3.3; measured on Samba 4.22.)
/// Others stay.
std::string rewritten_spn(std::string_view spn, std::string_view old_name, std::string_view new_name);

}  // namespace gmsactl::model
