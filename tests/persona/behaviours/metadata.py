"""msDS-ReplAttributeMetaData, which Samba has not: made from replPropertyMetaData, as XML in the form of Windows. And
msDS-ReplValueMetaData, of which Samba has nothing at all.

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
_TIME = "%Y-%m-%dT%H:%M:%SZ"
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
    """The attribute with these root elements in turn; the binary one stays beside it where it was asked for, unless taken away."""

    def __init__(self, *roots: str, binary_too: bool = True) -> None:
        super().__init__()
        self._roots = roots
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
            root = self._roots[len(values) % len(self._roots)]
            time = (_EPOCH + datetime.timedelta(seconds=seconds)).strftime(_TIME)
            values.append(
                f"<{root}>\n\t<pszAttributeName>{_NAMES[attid]}</pszAttributeName>\n"
                f"\t<dwVersion>{version}</dwVersion>\n\t<ftimeLastOriginatingChange>{time}</ftimeLastOriginatingChange>\n"
                f"\t<uuidLastOriginatingDsaInvocationID>{uuid.UUID(bytes_le=origin)}</uuidLastOriginatingDsaInvocationID>\n"
                f"\t<usnOriginatingChange>{usn}</usnOriginatingChange>\n\t<usnLocalChange>{local}</usnLocalChange>\n"
                f"\t<pszLastOriginatingDsaDN>CN=NTDS Settings,CN=DC01</pszLastOriginatingDsaDN>\n</{root}>\n\0".encode()
            )
        return values


class ValueMetadata(EntryBehaviour):
    """The only member that was ever added or removed was so at VALUE_TIME: as XML with this root element and as binary.

    The binary form is that of [MS-ADTS] 2.2.9, asked for with the option `;binary` ([MS-ADTS] 3.1.1.3.1.3.2).
    """

    VALUE_TIME = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    _NAME = "msds-replvaluemetadata"
    _FIXED = struct.Struct("<IIIIQQIQ16sQQI")

    def __init__(self, of: str, root: str) -> None:
        super().__init__()
        self._of = of.lower()
        self._root = root
        self.binary = 0  #: how often that form was asked for

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        asked = [name for name in exchange.request.search.attributes if name.partition(";")[0].lower() == self._NAME]
        if not asked or entry.dn.lower() != self._of:
            return False
        for name in asked:
            if name.lower().endswith(";binary"):
                self.binary += 1
            entry.put(name, self._blob() if name.lower().endswith(";binary") else self._xml())
        return True

    def _xml(self) -> bytes:
        time = self.VALUE_TIME.strftime(_TIME)
        return (
            f"<{self._root}>\n\t<pszAttributeName>member</pszAttributeName>\n"
            f"\t<pszObjectDn>CN=HOST03,OU=Hosts</pszObjectDn>\n\t<cbData>0</cbData>\n\t<pbData></pbData>\n"
            f"\t<ftimeDeleted>{time}</ftimeDeleted>\n\t<ftimeCreated>{time}</ftimeCreated>\n\t<dwVersion>2</dwVersion>\n"
            f"\t<ftimeLastOriginatingChange>{time}</ftimeLastOriginatingChange>\n"
            f"\t<uuidLastOriginatingDsaInvocationID>{uuid.UUID(int=7)}</uuidLastOriginatingDsaInvocationID>\n"
            f"\t<usnOriginatingChange>7</usnOriginatingChange>\n\t<usnLocalChange>7</usnLocalChange>\n"
            f"\t<pszLastOriginatingDsaDN>CN=NTDS Settings,CN=DC01</pszLastOriginatingDsaDN>\n</{self._root}>\n\0"
        ).encode()

    def _blob(self) -> bytes:
        name, dn = "member\0".encode("utf-16-le"), "CN=HOST03,OU=Hosts\0".encode("utf-16-le")
        time = int((self.VALUE_TIME - _EPOCH).total_seconds()) * 10_000_000
        at = self._FIXED.size
        fixed = self._FIXED.pack(at, at + len(name), 0, 0, time, time, 2, time, uuid.UUID(int=7).bytes_le, 7, 7, 0)
        return fixed + name + dn
