"""What access control takes out of an answer: [MS-ADTS] 3.1.1.4.3 (an attribute) and 3.1.1.4.5.8 (an object).

A value that may not be read is absent from entries, and a filter item on it is Undefined: neither `(a=*)` nor `(!(a=*))`
is true of the object (RFC 4511 section 4.5.1.7).
"""

from __future__ import annotations

from collections.abc import Sequence

import ber
from behaviours.base import Behaviour, EntryBehaviour, Exchange, Step
from ldap import Entry, Message, Op, Scope

_AND, _OR, _NOT, _PRESENT = 0xA0, 0xA1, 0xA2, 0x87
_SUBSTRINGS, _EXTENSIBLE = 0xA4, 0xA9
_COMPARISONS = frozenset({0xA3, 0xA5, 0xA6, 0xA8})


class HiddenAttribute(EntryBehaviour):
    """Of the objects whose DN begins so, the attributes are hidden from entries and filters."""

    def __init__(self, names: Sequence[str], of: str = "", rights_hidden: bool = False) -> None:
        super().__init__()
        self._names = frozenset(name.lower() for name in names)
        self._of = of.lower()
        self._rights_hidden = rights_hidden

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        if not entry.dn.lower().startswith(self._of):
            return False
        hidden = entry.drop(*self._names)
        asked = self._names & exchange.request.search.keys
        # Found by a filter on what is hidden: on Windows the item would have been Undefined, and there is no match.
        return hidden or bool(asked)

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op == Op.ENTRY and message.entry.dn.lower().startswith(self._of) and message.entry.dn:
            if value_of(exchange.request.search.filter, self._names) is None:
                self.fired += 1
                return ()
        return super().pass_on(exchange, message)


class HiddenObject(Behaviour):
    """In no search by filter, for want of List Contents on its container, and yet read by whoever knows its name."""

    def __init__(self, names: Sequence[str], from_base_too: bool = False) -> None:
        super().__init__()
        self._names = tuple(name.lower() for name in names)
        self._from_base_too = from_base_too

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.ENTRY or not message.entry.dn.lower().startswith(self._names):
            return None
        if exchange.request.search.scope == Scope.BASE and not self._from_base_too:
            return None
        self.fired += 1
        return ()


def value_of(encoded: bytes, hidden: frozenset[str]) -> bool | None:
    """What is certain of a filter on an object that it was found to match, were these attributes hidden.

    None: Undefined, so that the object does not match. What does not concern the hidden attributes is taken for what the
    server found, true; of an OR that is enough, since one of its other parts may have been the reason.
    """
    tag, body, _ = ber.parse(encoded)
    if tag == _AND:
        parts = [value_of(ber.element(*part), hidden) for part in ber.children(body)]
        return None if None in parts else True
    if tag == _OR:
        parts = [value_of(ber.element(*part), hidden) for part in ber.children(body)]
        return True if True in parts else None
    if tag == _NOT:
        return value_of(body, hidden)
    if tag == _PRESENT:
        name = body
    elif tag in _COMPARISONS or tag == _SUBSTRINGS:
        name = ber.children(body)[0][1]
    elif tag == _EXTENSIBLE:
        name = next((contents for part, contents in ber.children(body) if part == 0x82), b"")
    else:
        return True
    return None if name.decode().lower() in hidden else True
