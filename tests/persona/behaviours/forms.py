"""The same facts written otherwise. After each of these an answer means what it meant before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from behaviours.base import Behaviour, EntryBehaviour, Exchange, Step
from ldap import Attribute, Entry, Message, Op, Scope, reference

NOTIFICATION = "1.2.840.113556.1.4.528"
_DN_TYPE = re.compile(r"(?:^|(?<=,))(CN|OU|DC)(?==)")
_TIMES = frozenset({"whencreated", "whenchanged", "currenttime"})
_DN_ATTRIBUTES = frozenset({"member", "memberof", "distinguishedname", "objectcategory"})


class AttributeNames(EntryBehaviour):
    """Attribute descriptions in another letter case; options are part of them."""

    def __init__(self, spelled: Callable[[str], str]) -> None:
        super().__init__()
        self._spelled = spelled

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        for attribute in entry.attributes:
            attribute.name = self._spelled(attribute.name)
        return bool(entry.attributes)


class RootDseNames(Behaviour):
    """The same of the rootDSE."""

    def __init__(self, spelled: Callable[[str], str]) -> None:
        super().__init__()
        self._spelled = spelled

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op == Op.ENTRY and not message.entry.dn:
            for attribute in message.entry.attributes:
                attribute.name = self._spelled(attribute.name)
            message.touched()
            self.fired += 1
        return None


class DistinguishedNames(EntryBehaviour):
    """Every DN of an answer, that of the entry and those that are values, in another spelling of the same name."""

    def __init__(self, spelled: Callable[[str], str]) -> None:
        super().__init__()
        self._spelled = spelled

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        entry.dn = self._spelled(entry.dn)
        for attribute in entry.attributes:
            if attribute.key in _DN_ATTRIBUTES:
                attribute.values = [self._spelled(value.decode()).encode() for value in attribute.values]
        return True


def lower_case_types(dn: str) -> str:
    return _DN_TYPE.sub(lambda found: found[1].lower(), dn)


def hexadecimal_escapes(dn: str) -> str:
    """RFC 4514 section 2.4 allows any octet as two digits; a space and a hyphen need it least."""
    return re.sub(r"(?<==)([A-Za-z])", lambda found: f"\\{ord(found[1]):02X}", dn, count=1)


class ValueOrder(EntryBehaviour):
    """Values are a set (RFC 4511 section 4.1.7): they come in any order, object classes too.

    Not those of a range, whose order stays as it is on one connection ([MS-ADTS] 3.1.1.3.1.3.3).
    """

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        for attribute in entry.attributes:
            if ";" not in attribute.name:
                attribute.values.reverse()
        entry.attributes.reverse()
        return any(len(attribute.values) > 1 for attribute in entry.attributes)


class EntryOrder(Behaviour):
    """Entries of a reply, or of its page, backwards."""

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if NOTIFICATION in {control.oid for control in exchange.request.controls}:  # never ends: entries are not of one reply
            return None
        if message.op == Op.ENTRY:
            exchange.kept.append(message)
            return ()
        if message.op == Op.SEARCH_DONE:
            self.fired += len(exchange.kept) > 1
            return [*reversed(exchange.kept), message]
        return None


class ClassesFromTheLeaf(EntryBehaviour):
    """The chain of object classes, most derived first."""

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        classes = entry.find("objectClass")
        if classes is None:
            return False
        classes.values.reverse()
        return True


class BinaryOption(EntryBehaviour):
    """Values of no text with the option that RFC 4522 has for them."""

    _NAMES = frozenset({"objectguid", "objectsid", "msds-groupmsamembership", "replpropertymetadata"})

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        binary = [each for each in entry.attributes if each.name.lower() in self._NAMES]
        for attribute in binary:
            attribute.name += ";binary"
        return bool(binary)


class TimeFractions(Behaviour):
    """GeneralizedTime with more digits of a second than the one that is usual (RFC 4517 section 3.3.13)."""

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.ENTRY:
            return None
        for attribute in message.entry.attributes:
            if attribute.key in _TIMES:
                attribute.values = [value.replace(b".0Z", b".000Z") for value in attribute.values]
                message.touched()
                self.fired += 1
        return None


class References(Behaviour):
    """Search continuation references to the other naming contexts, in every search of a domain's whole tree."""

    def __init__(self, domain: str, everywhere: bool = False) -> None:
        super().__init__()
        self._base = domain.lower()
        self._everywhere = everywhere
        labels = [part.partition("=")[2] for part in domain.split(",")]
        forest = ".".join(labels)
        contexts = (("DomainDnsZones", "DomainDnsZones"), ("ForestDnsZones", "ForestDnsZones"))
        self._urls = [f"ldap://{host}.{forest}/DC={context},{domain}" for host, context in contexts]
        self._urls.append(f"ldap://child.{forest}/DC=child,{domain}")

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.SEARCH_DONE or message.outcome.code:
            return None
        search = exchange.request.search
        if search.scope != Scope.SUBTREE or not (self._everywhere or search.base.lower() == self._base):
            return None
        self.fired += 1
        return [reference(exchange.request, *self._urls), reference(exchange.request, self._urls[0]), message]


class EmptyAttributes(EntryBehaviour):
    """What was asked for and has no value comes with an empty set, as with typesOnly, instead of not at all."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = names

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        search = exchange.request.search
        absent = [name for name in self._names if name.lower() in search.keys and not entry.find(name)]
        entry.attributes += [Attribute(name, []) for name in absent]
        return bool(absent)


class SmallPages(Behaviour):
    """MaxPageSize of the policy is below what was asked for: [MS-ADTS] 3.1.1.3.4.6."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def ask(self, exchange: Exchange, request: Message) -> Message:
        if request.op != Op.SEARCH or request.page_cookie is None:
            return request
        self.fired += 1
        return request.with_page_size(self._size)
