// Distinguished names in the string form of RFC 4514, compared as AD compares them: attribute types and
// values case-insensitively, white space around separators ignored, escapes undone. Also RFC 4515 filter
// escaping, since both guard the same text from meaning something else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::model {

/// One attribute=value. Multi-valued RDNs ("a=1+b=2") do not exist in AD and are refused by Dn::parse.
struct Rdn {
  std::string type;   ///< as written, "CN"
  std::string value;  ///< unescaped UTF-8
  bool operator==(const Rdn&) const = default;
};

class Dn {
 public:
  Dn() = default;
  /// Error `invalid` says at which character it stops making sense. The empty DN (rootDSE) is valid.
  [[nodiscard]] static Result<Dn> parse(std::string_view text);
  static Dn from_rdns(std::vector<Rdn> rdns);
  /// DC=contoso,DC=com from contoso.com.
  static Dn of_domain(std::string_view dns_name);

  const std::string& text() const { return text_; }
  const std::vector<Rdn>& rdns() const { return rdns_; }
  bool empty() const { return rdns_.empty(); }
  Dn parent() const;
  const Rdn& leaf() const { return rdns_.front(); }  ///< not for the empty DN
  Dn child(std::string_view type, std::string_view value) const;
  bool is_under(const Dn& ancestor) const;  ///< at any depth; not the same DN
  /// Equal keys, equal objects: for maps and comparison.
  const std::string& key() const { return key_; }
  friend bool operator==(const Dn& a, const Dn& b) { return a.key_ == b.key_; }
  friend bool operator<(const Dn& a, const Dn& b) { return a.key_ < b.key_; }

 private:
  std::vector<Rdn> rdns_;
  std::string text_;
  std::string key_;
};

/// Dn::key() of a DN's text without keeping the rest; an unparsable text keys as itself, case-folded. Fast,
/// for member values: no allocation but the result.
std::string dn_key(std::string_view text);

/// RFC 4514 §2.4, so that value can follow "CN=".
std::string escape_rdn_value(std::string_view value);
/// RFC 4515 §3; bytes that are not printable ASCII become \xx, so binary values go through it too.
std::string escape_filter_value(std::string_view value);

}  // namespace gmsactl::model
