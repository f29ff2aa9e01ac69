"""Protection from accidental deletion, as the tools of Active Directory set it: two entries that deny Everyone.

One denies DELETE and DELETE_TREE of the object, the other DELETE_CHILD in its container ([MS-ADTS] 3.1.1.5.5.4, 5.1.3.2).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import windows_text
from behaviours.base import Behaviour, Exchange, Step
from ldap import Entry, Message, Op, result

_DELETE_AND_TREE, _DELETE_CHILD = 0x10040, 0x2
_EVERYONE = bytes((1, 1, 0, 0, 0, 0, 0, 1)) + struct.pack("<I", 0)
_OFFSETS = struct.Struct("<IIII")  # owner, group, SACL, DACL, from the fourth byte of a descriptor: [MS-DTYP] 2.4.6
_ACL = struct.Struct("<BBHHH")  # revision, 0, size, number of entries, 0: [MS-DTYP] 2.4.5


def _denied(descriptor: bytes, rights: int) -> bytes:
    """The descriptor with an entry before all others that denies these rights to Everyone."""
    ace = struct.pack("<BBHI", 1, 0, 8 + len(_EVERYONE), rights) + _EVERYONE
    offsets = _OFFSETS.unpack_from(descriptor, 4)
    dacl = offsets[3]
    revision, zero, size, count, zero2 = _ACL.unpack_from(descriptor, dacl)
    moved = (offset + len(ace) if offset > dacl else offset for offset in offsets)
    head = descriptor[:4] + _OFFSETS.pack(*moved) + descriptor[4 + _OFFSETS.size : dacl]
    acl = _ACL.pack(revision, zero, size + len(ace), count + 1, zero2)
    return head + acl + ace + descriptor[dacl + _ACL.size :]


class Protected(Behaviour):
    """The object can't be deleted. `later`: it was protected only after gmsactl had looked, right before the deletion.

    `hidden`: its descriptor may not be read, so there is only the refusal to go by.
    """

    def __init__(self, dn: str, later: bool = False, hidden: bool = False) -> None:
        super().__init__()
        self._rights = {dn.lower(): _DELETE_AND_TREE, dn.partition(",")[2].lower(): _DELETE_CHILD}
        self._shown = not later
        self._hidden = hidden

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        request = exchange.request
        if request.op != Op.DELETE or "gmsactl-lock" in request.target:
            return None
        self.fired += 1
        self._shown = True
        return [result(request, 50, windows_text.security(0x5))]

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.ENTRY or message.entry.dn.lower() not in self._rights:
            return None
        if self._change(message.entry):
            self.fired += 1
            message.touched()
        return None

    def _change(self, entry: Entry) -> bool:
        if self._hidden:
            return self._shown and entry.drop("nTSecurityDescriptor")
        descriptor = entry.find("nTSecurityDescriptor")
        if not self._shown or descriptor is None or not descriptor.values:
            return False
        descriptor.values = [_denied(descriptor.values[0], self._rights[entry.dn.lower()])]
        return True
