// Where checks work: a container of their own, the objects they make in it, and the words in which they say
// what they saw. A Trial belongs to one check; the Bench to the whole run. Nothing here writes outside of the
// container. Called by the checks and by run().
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/model/dn.h"
#include "providers/conformance/report.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::conformance {

using ldap::Attribute;
using ldap::Entry;
using ldap::Modification;
using ldap::ModifyOperation;

/// One check under way: collects evidence and comes to a verdict.
class Trial {
 public:
  explicit Trial(Finding& finding) : finding_(finding) {}

  void note(std::string text) { finding_.evidence.push_back(std::move(text)); }
  /// `holds` decides; the text is evidence either way.
  void expect(bool holds, std::string text);
  /// The request must succeed.
  bool done(const std::string& what, const Result<void>& result);
  /// It must be refused in one of these ways.
  bool refused(const std::string& what, const Result<void>& result, std::initializer_list<ErrorKind> kinds);
  /// Either will do; what it was is evidence.
  void observed(const std::string& what, const Result<void>& result);
  /// What a check needs before it can begin; false ends it as not tried, or as not allowed.
  bool needs(const std::string& what, const Result<void>& result);
  void not_tried(std::string why);

  Verdict verdict() const { return finding_.verdict; }
  /// The connection is gone, so that the run can't go on.
  const std::optional<Error>& lost() const { return lost_; }

 private:
  void worsen(Verdict verdict);
  bool ended_by(const std::string& what, const Error& error);

  Finding& finding_;
  std::optional<Error> lost_;
};

/// "refused: LDAP 16 noSuchAttribute, 0x2085", "accepted".
std::string answer(const Result<void>& result);

class Bench {
 public:
  using Connect = std::function<Result<void>(const std::string& url)>;

  Bench(ldap::Transport& transport, const Entry& root_dse, std::string tag, Connect connect);

  ldap::Transport& directory() { return directory_; }
  const Entry& root_dse() const { return root_dse_; }
  const model::Dn& domain() const { return domain_; }
  const model::Dn& configuration() const { return configuration_; }
  std::string dns_domain() const;
  bool is_file() const { return directory_.peer().starts_with("ldif:"); }
  bool is_samba() const { return samba_; }
  /// Opens and closes another connection to the same controller.
  Result<void> connect(const std::string& url) const { return connect_(url); }

  /// The run's own container; empty where this user may not make it.
  const std::optional<model::Dn>& unit() const { return unit_; }
  void set_unit(model::Dn unit) { unit_ = std::move(unit); }

  /// At most 15 characters, and no other object's.
  std::string unique(std::string_view prefix);
  /// "CN=NAME,UNIT".
  std::string below(std::string_view name) const { return unit_->child("CN", name).text(); }

  /// Each makes an object in the unit, or ends the check; the DN.
  std::optional<std::string> container(Trial& trial, const std::string& name);
  std::optional<std::string> group(Trial& trial, const std::string& name,
                                   const std::string& type = "-2147483644");
  std::optional<std::string> account(Trial& trial, const std::string& name, std::vector<Attribute> more = {});
  static std::vector<Attribute> account_attributes(const std::string& name, const std::string& dns_domain,
                                                   std::vector<Attribute> more = {});

  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) {
    return directory_.modify(dn, changes);
  }
  /// Sorted; none where the object or the attribute is not there.
  std::vector<std::string> values(const std::string& dn, const std::string& attribute);

 private:
  std::optional<std::string> made(Trial& trial, const std::string& dn,
                                  const std::vector<Attribute>& attributes);

  ldap::Transport& directory_;
  const Entry& root_dse_;
  const std::string tag_;
  const Connect connect_;
  model::Dn domain_, configuration_;
  bool samba_ = false;
  std::optional<model::Dn> unit_;
  size_t count_ = 0;
};

struct Check {
  std::string id;
  std::string assumes;
  std::string source;
  std::function<void(Bench&, Trial&)> run;
  bool writes = true;        ///< needs the run's own container
  bool server_only = false;  ///< a directory in a file has nothing of the kind
};

// The table, in parts. Each part stands in a file of its own.
std::vector<Check> swap_checks();
std::vector<Check> modify_checks();
std::vector<Check> name_checks();
std::vector<Check> spn_checks();
std::vector<Check> change_checks();
std::vector<Check> forest_checks();

}  // namespace gmsactl::conformance
