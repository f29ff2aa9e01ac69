// Whether a security descriptor lets a user read an attribute, or list a container ([MS-ADTS] 5.1.3.3). A
// server says nothing of what it leaves out: the value of an attribute that must not be read "is treated as
// does not exist in the returned attributes and the LDAP filter" (3.1.1.4.3). Its reason can be read, though.
// A forecast for reading only: privileges and conditional entries are not known here.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "engine/model/guid.h"
#include "engine/model/security_descriptor.h"
#include "engine/model/sid.h"

namespace gmsactl::model {

/// An attribute as its schema object describes it.
struct AttributeSchema {
  Guid schema_id;             ///< schemaIDGUID
  Guid property_set;          ///< attributeSecurityGUID; empty where it belongs to none
  bool confidential = false;  ///< searchFlags fCONFIDENTIAL: control access is needed too
};

/// The user who asks: his SID and those of all his groups.
class Asker {
 public:
  /// Everyone, Authenticated Users and the like are added.
  explicit Asker(std::set<Sid> sids);

  /// `self` is the object's own SID, for entries of S-1-5-10.
  bool may_read(const SecurityDescriptor& descriptor, const AttributeSchema& attribute,
                const Sid& self) const;
  bool may_list(const SecurityDescriptor& descriptor) const;

 private:
  bool granted(const SecurityDescriptor& descriptor, uint32_t right, const AttributeSchema* attribute,
               const Sid& self) const;

  std::set<Sid> sids_;
};

}  // namespace gmsactl::model
