// What did not come: is it absent, or kept from us? A server answers as if that which the user may not read
// did not exist, in entries and in filters alike ([MS-ADTS] 3.1.1.4.3), so silence proves nothing. Two things
// do: that a filter for its absence matches, and that the object's security descriptor lets this user read
// the attribute. They are asked for only where something depends on the answer, for many objects at once.
// Internal to providers/directory.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/text.h"
#include "engine/model/access_check.h"
#include "engine/model/live.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// One object of which attributes did not come.
struct Doubt {
  model::Guid guid;
  model::Sid sid;
  std::vector<std::string> asked;                         ///< all attributes that were asked for
  std::vector<std::string> matters;                       ///< those that something depends on
  std::vector<model::UnreadAttribute>* unread = nullptr;  ///< of the live object
};

class Visibility {
 public:
  Visibility(ldap::Reader& transport, const model::Dn& domain) : transport_(transport), domain_(domain) {}

  /// Of what matters: takes out of `unread` what is absent, and says of the rest why it counts as hidden.
  [[nodiscard]] Result<void> settle(std::vector<Doubt>& doubts);

  /// Whether the user sees what stands in a container with this nTSecurityDescriptor. Where that can't be
  /// told, he does.
  [[nodiscard]] Result<bool> may_list(const std::string& descriptor);

  /// Why objects of the domain may be out of this user's sight; nothing where none can be. An object is seen
  /// by whoever may list the container it is in ([MS-ADTS] 3.1.1.4.3), and so from the head of the domain
  /// downwards nothing is hidden where every object that can hold others is seen and may be listed. Apart
  /// from what every domain keeps closed and no account belongs in, such as CN=System.
  [[nodiscard]] Result<std::optional<Error>> find_blind_spot();

  /// For a search that shall return nTSecurityDescriptor: all of it but the part on auditing, for which a
  /// privilege is needed ([MS-ADTS] 3.1.1.3.4.1.11).
  static std::vector<ldap::Control> without_auditing();

 private:
  /// Who asks. Read once.
  [[nodiscard]] Result<void> learn_asker();
  /// Schema objects of these attributes, as far as they are not known yet.
  [[nodiscard]] Result<void> learn_schema(const std::set<std::string, LessFolded>& attributes);
  [[nodiscard]] Result<void> read_descriptors(const std::vector<std::string>& clauses);
  [[nodiscard]] Result<void> find_absent(const std::string& attribute,
                                         const std::vector<std::string>& clauses);
  /// Why this user does not see what stands in a container, where that is so or is not known.
  std::optional<Error> why_unlisted(const ldap::Entry& container) const;
  /// Empty where the attribute is absent.
  std::string why_hidden(const Doubt& doubt, const std::string& attribute) const;
  /// Whether the rights as they are understood here allow everything that came.
  bool explains(const Doubt& doubt, const model::SecurityDescriptor& descriptor) const;

  ldap::Reader& transport_;
  const model::Dn& domain_;
  bool asked_ = false;
  std::string schema_dn_;
  std::optional<model::Asker> asker_;
  std::map<std::string, model::AttributeSchema, LessFolded> schema_;
  std::map<model::Guid, model::SecurityDescriptor> descriptors_;
  std::map<std::string, std::set<model::Guid>, LessFolded> absent_;  ///< whom a filter for absence matched
};

}  // namespace gmsactl::directory
