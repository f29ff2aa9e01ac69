// What a domain controller remembers of the last write of each attribute of an object, as it can be read over
// LDAP: when it was, at which controller, and the how-manieth. Three forms of it: replPropertyMetaData, which
// every controller has, in binary; and the XML that Windows makes on request, msDS-ReplAttributeMetaData for
// attributes and msDS-ReplValueMetaData for the values of linked ones, such as member, which the first does
// not cover. No network: providers/directory reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/guid.h"

namespace gmsactl::model {

/// [MS-ADTS] 3.1.1.1.9, AttributeStamp.
struct AttributeStamp {
  std::string attribute;  ///< LDAP display name
  uint32_t version = 0;   ///< how often it was written, counted over all controllers
  int64_t time = 0;       ///< of the last write, 100 ns since 1601, whole seconds
  Guid invocation_id;     ///< of the controller where that was made
  int64_t usn = 0;        ///< its number there
  bool operator==(const AttributeStamp&) const = default;
};

/// [MS-ADTS] 3.1.1.1.9, LinkValueStamp: of one value of a linked attribute.
struct LinkValueStamp {
  AttributeStamp stamp;
  std::string value;     ///< the DN that is linked to
  bool removed = false;  ///< the value is there no longer
  bool operator==(const LinkValueStamp&) const = default;
};

/// replPropertyMetaData ([MS-ADA3] 2.192): version 1 of PROPERTY_META_DATA_VECTOR, each entry with its
/// attribute's ATTRTYP ([MS-DRSR] 5.16.4). Attributes that gmsactl does not manage are passed over. `corrupt`
/// for anything else.
[[nodiscard]] Result<std::vector<AttributeStamp>> decode_property_metadata(std::string_view bytes);

/// One value of msDS-ReplAttributeMetaData: <DS_REPL_ATTR_META_DATA> or <DS_REPL_ATTR_META_DATA_2> with one
/// element a line, and a NUL after it.
[[nodiscard]] Result<AttributeStamp> decode_attribute_metadata(std::string_view xml);
/// One value of msDS-ReplValueMetaData: <DS_REPL_VALUE_META_DATA> or <DS_REPL_VALUE_META_DATA_2>.
[[nodiscard]] Result<LinkValueStamp> decode_value_metadata(std::string_view xml);
/// One value of msDS-ReplValueMetaData;binary: DS_REPL_VALUE_META_DATA_BLOB ([MS-ADTS] 2.2.9).
[[nodiscard]] Result<LinkValueStamp> decode_value_metadata_blob(std::string_view bytes);

}  // namespace gmsactl::model
