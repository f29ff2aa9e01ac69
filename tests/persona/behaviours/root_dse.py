"""The rootDSE of other versions and other kinds of server: [MS-ADTS] 3.1.1.3.2.

A rootDSE is asked for attributes by name, and gives those; so do these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import windows_text
from behaviours.base import Behaviour, EntryBehaviour, Exchange, Step
from ldap import Entry, Message, Op, result

Change = Callable[[Entry, Callable[[str], bool]], None]

_MICROSOFT = "1.2.840.113556.1.4."
_CAPABILITIES = (800, 1670, 1791, 1935, 2080, 2237)
_CONTROLS_2012R2 = (
    319, 801, 473, 528, 417, 619, 841, 529, 805, 521, 970, 1338, 474, 1339, 1340, 1413, 1504, 1852, 802, 1907, 1948,
    1974, 1341, 2026, 2064, 2065, 2066, 2090, 2205, 2204, 2206, 2211, 2239, 2255, 2256,
)  # fmt: skip
_CONTROLS_2016 = (2309, 2330)
_CONTROLS_2025 = (2354,)
_VIRTUAL_LIST_VIEW = ("2.16.840.1.113730.3.4.9", "2.16.840.1.113730.3.4.10")
PARTIAL_SECRETS = f"{_MICROSOFT}1920"
ADAM = f"{_MICROSOFT}1851"


def microsoft(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{_MICROSOFT}{number}" for number in numbers)


class RootDse(Behaviour):
    """Changed by a function that is also told which attributes were asked for."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self._change = change

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.ENTRY or message.entry.dn:
            return None
        keys = exchange.request.search.keys
        self._change(message.entry, lambda name: not keys or "*" in keys or name.lower() in keys)
        message.touched()
        self.fired += 1
        return None


def without(*names: str) -> RootDse:
    return RootDse(lambda entry, _: entry.drop(*names) and None)


def with_values(name: str, *values: str) -> RootDse:
    """In place of what is there."""
    return RootDse(lambda entry, asked: entry.put(name, *values) if asked(name) else None)


def with_capability(oid: str) -> RootDse:
    def change(entry: Entry, _: Callable[[str], bool]) -> None:
        if found := entry.find("supportedCapabilities"):
            found.values.append(oid.encode())

    return RootDse(change)


def reversed_contexts() -> RootDse:
    def change(entry: Entry, _: Callable[[str], bool]) -> None:
        if found := entry.find("namingContexts"):
            found.values.reverse()

    return RootDse(change)


def of_version(domain: int, forest: int, controller: int) -> RootDse:
    """Functional levels, and what a controller of that version says that it can do."""
    controls = _CONTROLS_2012R2
    if controller >= 7:
        controls += _CONTROLS_2016
    if controller >= 10:
        controls += _CONTROLS_2025
    facts = {
        "domainFunctionality": (str(domain),),
        "forestFunctionality": (str(forest),),
        "domainControllerFunctionality": (str(controller),),
        "supportedCapabilities": microsoft(*_CAPABILITIES),
        "supportedControl": microsoft(*controls) + _VIRTUAL_LIST_VIEW,
        "supportedSASLMechanisms": ("GSSAPI", "GSS-SPNEGO", "EXTERNAL", "DIGEST-MD5"),
        "supportedLDAPVersion": ("3", "2"),
    }

    def change(entry: Entry, asked: Callable[[str], bool]) -> None:
        for name, values in facts.items():
            if asked(name):
                entry.put(name, *values)

    return RootDse(change)


class ReadOnlySettings(EntryBehaviour):
    """A controller's own settings object is of class nTDSDSARO: [MS-ADTS] 6.1.1.2.2.1.2.1.2.

    Its rootDSE says nothing of it: the capability is hidden, by access control or by what is between.
    """

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        classes = entry.find("objectClass")
        if not entry.dn.upper().startswith("CN=NTDS SETTINGS,") or classes is None:
            return False
        classes.values.append(b"nTDSDSARO")
        return True


class ReadOnlyServer(EntryBehaviour):
    """The same of the server object, which the settings object is below: msDS-isRODC, [MS-ADTS] 3.1.1.4.5.30."""

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        if "msds-isrodc" not in exchange.request.search.keys or not entry.dn.upper().startswith("CN=DC0"):
            return False
        entry.put("msDS-isRODC", "TRUE")
        return True


class PartialAttributeSet(EntryBehaviour):
    """A catalogue: of each object what the schema marks as member of the partial attribute set, and no writes.

    [MS-ADTS] 3.1.1.1.10 and 3.1.1.3.1.3.1. It does not need the port 3268: a load balancer or a tunnel gives it any other.
    """

    _GONE = (
        "msDS-GroupMSAMembership", "msDS-ManagedPasswordInterval", "msDS-SupportedEncryptionTypes", "adminDescription",
        "msDS-AllowedToDelegateTo", "allowedAttributesEffective", "allowedChildClassesEffective",
    )  # fmt: skip
    _UNIVERSAL = 8

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        if not exchange.request.is_write():
            return None
        return [result(exchange.request, 53, windows_text.service(0x202C, "WILL_NOT_PERFORM", 5003))]

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        changed = entry.drop(*self._GONE)
        kind = entry.first("groupType")
        if not (kind and int(kind) & self._UNIVERSAL):
            changed |= entry.drop("member")
        return changed
