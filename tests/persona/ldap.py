"""LDAP messages (RFC 4511 section 4) as values that a behaviour can read and change.

A Message keeps the bytes that came. What is decoded from it (a search, an entry, a result) is decoded once and on
request; whoever changes the decoded form says so with `touched()`, and only then are new bytes made.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Sequence

import ber


class Op(enum.IntEnum):
    """Tags of protocolOp."""

    BIND = 0x60
    BIND_DONE = 0x61
    UNBIND = 0x42
    SEARCH = 0x63
    ENTRY = 0x64
    SEARCH_DONE = 0x65
    MODIFY = 0x66
    MODIFY_DONE = 0x67
    ADD = 0x68
    ADD_DONE = 0x69
    DELETE = 0x4A
    DELETE_DONE = 0x6B
    RENAME = 0x6C
    RENAME_DONE = 0x6D
    ABANDON = 0x50
    REFERENCE = 0x73
    EXTENDED = 0x77
    EXTENDED_DONE = 0x78


WRITES = frozenset((Op.MODIFY, Op.ADD, Op.DELETE, Op.RENAME))
RESULTS = frozenset(
    (Op.BIND_DONE, Op.SEARCH_DONE, Op.MODIFY_DONE, Op.ADD_DONE, Op.DELETE_DONE, Op.RENAME_DONE, Op.EXTENDED_DONE)
)
_RESULT_OF = {
    Op.BIND: Op.BIND_DONE,
    Op.SEARCH: Op.SEARCH_DONE,
    Op.MODIFY: Op.MODIFY_DONE,
    Op.ADD: Op.ADD_DONE,
    Op.DELETE: Op.DELETE_DONE,
    Op.RENAME: Op.RENAME_DONE,
    Op.EXTENDED: Op.EXTENDED_DONE,
}

_REFERRAL = 0xA3
_CONTROLS = 0xA0
_RESPONSE_NAME = 0x8A
NOTICE_OF_DISCONNECTION = "1.3.6.1.4.1.1466.20036"
PAGED_RESULTS = "1.2.840.113556.1.4.319"


class Scope(enum.IntEnum):
    BASE = 0
    ONE_LEVEL = 1
    SUBTREE = 2


@dataclasses.dataclass
class Attribute:
    name: str
    values: list[bytes]

    @property
    def key(self) -> str:
        """The name as it compares, without options."""
        return self.name.partition(";")[0].lower()


@dataclasses.dataclass
class Entry:
    dn: str
    attributes: list[Attribute]

    def find(self, name: str) -> Attribute | None:
        return next((each for each in self.attributes if each.key == name.lower()), None)

    def first(self, name: str) -> str:
        found = self.find(name)
        return found.values[0].decode(errors="replace") if found and found.values else ""

    def drop(self, *names: str) -> bool:
        """Whether any was there."""
        unwanted = {name.lower() for name in names}
        kept = [each for each in self.attributes if each.key not in unwanted]
        changed = len(kept) != len(self.attributes)
        self.attributes = kept
        return changed

    def put(self, name: str, *values: str | bytes) -> None:
        self.drop(name)
        self.attributes.append(
            Attribute(name, [value.encode() if isinstance(value, str) else value for value in values])
        )


@dataclasses.dataclass(frozen=True)
class Search:
    base: str
    scope: Scope
    filter: bytes  #: BER, as it was sent; assertion values stand in it as they are
    attributes: tuple[str, ...]

    @functools.cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(name.partition(";")[0].lower() for name in self.attributes)

    def mentions(self, text: str | bytes) -> bool:
        needle = text.encode() if isinstance(text, str) else text
        return needle.lower() in self.filter.lower()


@dataclasses.dataclass(frozen=True)
class Change:
    """One modification of a modify request; an add request is read as adds."""

    operation: int  #: 0 add, 1 delete, 2 replace
    attribute: str
    values: tuple[bytes, ...]

    ADD = 0
    DELETE = 1
    REPLACE = 2


@dataclasses.dataclass
class Outcome:
    """The LDAPResult of whatever answer it is in."""

    code: int
    matched: str = ""
    text: bytes = b""
    tail: bytes = b""  #: referral, server credentials, response name: what follows the diagnostic message


@dataclasses.dataclass(frozen=True)
class Control:
    oid: str
    critical: bool = False
    value: bytes | None = None

    def encode(self) -> bytes:
        body = ber.octets(self.oid)
        if self.critical:
            body += ber.boolean(True)
        if self.value is not None:
            body += ber.octets(self.value)
        return ber.element(ber.SEQUENCE, body)


class Message:
    def __init__(self, raw: bytes) -> None:
        tag, body, _ = ber.parse(raw)
        if tag != ber.SEQUENCE:
            raise ber.Malformed(f"a message begins with 0x{tag:02x}")
        parts = ber.children(body)
        self.id = ber.to_integer(parts[0][1])
        self.op = parts[1][0]
        self.body = parts[1][1]
        self._controls = parts[2][1] if len(parts) > 2 else b""
        self._raw: bytes | None = raw

    @classmethod
    def make(cls, message_id: int, op: int, body: bytes, controls: bytes = b"") -> Message:
        made = cls.__new__(cls)
        made.id, made.op, made.body, made._controls, made._raw = message_id, op, body, controls, None
        return made

    @classmethod
    def of_entry(cls, message_id: int, entry: Entry) -> Message:
        made = cls.make(message_id, Op.ENTRY, b"")
        made.__dict__["entry"] = entry
        return made

    def touched(self) -> None:
        """What was decoded has been changed."""
        self._raw = None

    def encode(self) -> bytes:
        if self._raw is None:
            if "entry" in self.__dict__:
                self.body = _encode_entry(self.entry)
            elif "outcome" in self.__dict__:
                self.body = _encode_outcome(self.outcome)
            controls = ber.element(_CONTROLS, self._controls) if self._controls else b""
            self._raw = ber.element(ber.SEQUENCE, ber.integer(self.id) + ber.element(self.op, self.body) + controls)
        return self._raw

    # --- decoded forms -------------------------------------------------------------------------------------------------

    @functools.cached_property
    def search(self) -> Search:
        parts = ber.children(self.body)
        return Search(
            base=parts[0][1].decode(errors="replace"),
            scope=Scope(parts[1][1][0]),
            filter=ber.element(*parts[6]),
            attributes=tuple(name.decode() for _, name in ber.children(parts[7][1])),
        )

    @functools.cached_property
    def entry(self) -> Entry:
        (_, dn), (_, attributes) = ber.children(self.body)[:2]
        return Entry(dn.decode(errors="replace"), [_decode_attribute(each) for _, each in ber.children(attributes)])

    @functools.cached_property
    def outcome(self) -> Outcome:
        tag, code, at = ber.parse(self.body)
        _, matched, at = ber.parse(self.body, at)
        _, text, at = ber.parse(self.body, at)
        if tag != ber.ENUMERATED:
            raise ber.Malformed("an LDAPResult without a code")
        return Outcome(ber.to_integer(code), matched.decode(errors="replace"), text, self.body[at:])

    @functools.cached_property
    def target(self) -> str:
        """The DN that a write is about."""
        if self.op == Op.DELETE:
            return self.body.decode(errors="replace")
        return ber.parse(self.body)[1].decode(errors="replace")

    @functools.cached_property
    def changes(self) -> tuple[Change, ...]:
        """Of a modify or an add request."""
        parts = ber.children(self.body)
        if self.op == Op.ADD:
            added = (_decode_attribute(each) for _, each in ber.children(parts[1][1]))
            return tuple(Change(Change.ADD, each.name, tuple(each.values)) for each in added)
        found = []
        for _, change in ber.children(parts[1][1]):
            (_, operation), (_, attribute) = ber.children(change)[:2]
            decoded = _decode_attribute(attribute)
            found.append(Change(ber.to_integer(operation), decoded.name, tuple(decoded.values)))
        return tuple(found)

    @functools.cached_property
    def controls(self) -> tuple[Control, ...]:
        found = []
        for _, each in ber.children(self._controls):
            oid, critical, value = "", False, None
            for tag, contents in ber.children(each):
                if tag == ber.BOOLEAN:
                    critical = contents != b"\x00"
                elif oid:
                    value = contents
                else:
                    oid = contents.decode()
            found.append(Control(oid, critical, value))
        return tuple(found)

    def with_control(self, control: Control) -> Message:
        return Message.make(self.id, self.op, self.body, self._controls + control.encode())

    def with_only(self, changes: Sequence[tuple[int, str, Sequence[bytes | str]]]) -> Message:
        """The same modify request with these changes: operation, attribute and values."""
        encoded = b"".join(
            ber.element(
                ber.SEQUENCE,
                ber.integer(operation, ber.ENUMERATED)
                + ber.element(
                    ber.SEQUENCE, ber.octets(attribute) + ber.element(ber.SET, b"".join(map(ber.octets, values)))
                ),
            )
            for operation, attribute, values in changes
        )
        dn = ber.children(self.body)[0]
        body = ber.element(*dn) + ber.element(ber.SEQUENCE, encoded)
        return Message.make(self.id, self.op, body, self._controls)

    def with_changes(self, more: Sequence[tuple[int, str, Sequence[bytes | str]]]) -> Message:
        """The same modify request with these changes behind its own."""
        own = [(change.operation, change.attribute, change.values) for change in self.changes]
        return self.with_only([*own, *more])

    @functools.cached_property
    def page_cookie(self) -> bytes | None:
        """Of the control of paged results, in a request or an answer; None where there is no such control."""
        for control in self.controls:
            if control.oid == PAGED_RESULTS and control.value:
                return ber.children(ber.parse(control.value)[1])[1][1]
        return None

    def with_page_size(self, size: int) -> Message:
        """The same request, with another size in its control of paged results."""
        controls = b""
        for control in self.controls:
            if control.oid == PAGED_RESULTS:
                page = ber.integer(size) + ber.octets(self.page_cookie or b"")
                control = dataclasses.replace(control, value=ber.element(ber.SEQUENCE, page))
            controls += control.encode()
        return Message.make(self.id, self.op, self.body, controls)

    # --- what a request is about ----------------------------------------------------------------------------------------

    def is_write(self) -> bool:
        return self.op in WRITES

    def adds(self, object_class: str) -> bool:
        return self.op == Op.ADD and any(
            change.attribute.lower() == "objectclass" and object_class.lower().encode() in map(bytes.lower, change.values)
            for change in self.changes
        )

    def writes_attribute(self, name: str) -> tuple[bytes, ...] | None:
        """The values that the request gives to the attribute; None where it leaves it alone."""
        if self.op not in (Op.ADD, Op.MODIFY):
            return None
        found = [change for change in self.changes if change.attribute.lower() == name.lower()]
        if not found:
            return None
        return tuple(value for change in found if change.operation != Change.DELETE for value in change.values)


# --- making answers ----------------------------------------------------------------------------------------------------


def result(request: Message, code: int, text: bytes = b"", referrals: tuple[str, ...] = ()) -> Message:
    tail = ber.element(_REFERRAL, b"".join(map(ber.octets, referrals))) if referrals else b""
    body = _encode_outcome(Outcome(code, "", text, tail))
    return Message.make(request.id, _RESULT_OF[Op(request.op)], body)


def reference(request: Message, *urls: str) -> Message:
    return Message.make(request.id, Op.REFERENCE, b"".join(map(ber.octets, urls)))


def disconnection(code: int, text: bytes) -> Message:
    """RFC 4511 section 4.4.1."""
    tail = ber.octets(NOTICE_OF_DISCONNECTION, _RESPONSE_NAME)
    return Message.make(0, Op.EXTENDED_DONE, _encode_outcome(Outcome(code, "", text, tail)))


def _decode_attribute(body: bytes) -> Attribute:
    (_, name), (_, values) = ber.children(body)[:2]
    return Attribute(name.decode(), [value for _, value in ber.children(values)])


def _encode_entry(entry: Entry) -> bytes:
    attributes = b"".join(
        ber.element(
            ber.SEQUENCE,
            ber.octets(each.name) + ber.element(ber.SET, b"".join(map(ber.octets, each.values))),
        )
        for each in entry.attributes
    )
    return ber.octets(entry.dn) + ber.element(ber.SEQUENCE, attributes)


def _encode_outcome(outcome: Outcome) -> bytes:
    return ber.integer(outcome.code, ber.ENUMERATED) + ber.octets(outcome.matched) + ber.octets(outcome.text) + outcome.tail
