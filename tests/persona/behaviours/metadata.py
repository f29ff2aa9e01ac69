"""msDS-ReplAttributeMetaData, which Samba has not: made from replPropertyMetaData, as XML in the form of Windows.

[MS-ADTS] 3.1.1.4.5.13 names the root element DS_REPL_ATTR_META_DATA_2; scripts in the field look for one without `_2`.
"""

from __future__ import annotations

import datetime
import struct
import uuid

from behaviours.base import EntryBehaviour, Exchange
from ldap import Entry

_HEADER = struct.Struct("<IIII")
_ITEM = struct.Struct("<IIQ16sQQ")  # attid, version, seconds since 1601, invocation id, originating and local USN
_EPOCH = datetime.datetime(1601, 1, 1, tzinfo=datetime.timezone.utc)
# ATTRTYP of the fields that a test changes: [MS-DRSR] 5.16.4, prefix table of [MS-ADTS] 3.1.1.2.6.
_NAMES = {
    0x0000000D: "description",
    0x0002000D: "displayName",
    0x000200E2: "adminDescription",
    0x00090008: "userAccountControl",
    0x000900DD: "sAMAccountName",
    0x0009026B: "dNSHostName",
    0x000902EE: "groupType",
    0x00090303: "servicePrincipalName",
    0x000907AB: "msDS-SupportedEncryptionTypes",
    0x00090898: "msDS-GroupMSAMembership",
}


class MetadataXml(EntryBehaviour):
    """The attribute with this root element; the binary one stays beside it where it was asked for, unless taken away."""

    def __init__(self, root: str, binary_too: bool = True) -> None:
        super().__init__()
        self._root = root
        self._binary_too = binary_too

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        binary = entry.find("replPropertyMetaData")
        if binary is None or not binary.values or "msds-replattributemetadata" not in exchange.request.search.keys:
            return False
        entry.put("msDS-ReplAttributeMetaData", *self._values(binary.values[0]))
        if not self._binary_too:
            entry.drop("replPropertyMetaData")
        return True

    def _values(self, blob: bytes) -> list[bytes]:
        _, _, count, _ = _HEADER.unpack_from(blob)
        values = []
        for index in range(count):
            attid, version, seconds, origin, usn, local = _ITEM.unpack_from(blob, _HEADER.size + index * _ITEM.size)
            if attid not in _NAMES:
                continue
            time = (_EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
            values.append(
                f"<{self._root}>\n\t<pszAttributeName>{_NAMES[attid]}</pszAttributeName>\n"
                f"\t<dwVersion>{version}</dwVersion>\n\t<ftimeLastOriginatingChange>{time}</ftimeLastOriginatingChange>\n"
                f"\t<uuidLastOriginatingDsaInvocationID>{uuid.UUID(bytes_le=origin)}</uuidLastOriginatingDsaInvocationID>\n"
                f"\t<usnOriginatingChange>{usn}</usnOriginatingChange>\n\t<usnLocalChange>{local}</usnLocalChange>\n"
                f"\t<pszLastOriginatingDsaDN>CN=NTDS Settings,CN=DC01</pszLastOriginatingDsaDN>\n</{self._root}>\n\0".encode()
            )
        return values
