"""What a user may not read of the forest's configuration and of the domain itself: [MS-ADTS] 6.1.1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from behaviours.base import Behaviour, Exchange, Step
from ldap import Attribute, Entry, Message, Op

_PARTITIONS = "cn=partitions,"


class NotShown(Behaviour):
    """Attributes that no entry has, whatever the filter; the rootDSE's as well."""

    def __init__(self, *names: str, of: str = "") -> None:
        super().__init__()
        self._names = names
        self._of = of.lower()

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op == Op.ENTRY and message.entry.dn.lower().startswith(self._of) and message.entry.drop(*self._names):
            message.touched()
            self.fired += 1
        return None


class Without(Behaviour):
    """Objects that are in no answer."""

    def __init__(self, concerns: Callable[[Entry], bool]) -> None:
        super().__init__()
        self._concerns = concerns

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.ENTRY or not self._concerns(message.entry):
            return None
        self.fired += 1
        return ()


class ChildDomain(Behaviour):
    """The forest has a second domain, whose crossRef comes with these attributes missing."""

    def __init__(self, domain: str, *missing: str) -> None:
        super().__init__()
        self._entry_of = f"CN=CHILD,CN=Partitions,CN=Configuration,{domain}"
        values = {"objectClass": ("top", "crossRef"), "nCName": (f"DC=child,{domain}",), "dnsRoot": ("child.contoso.com",),
                  "nETBIOSName": ("CHILD",), "systemFlags": ("3",)}  # fmt: skip
        self._attributes = {name: each for name, each in values.items() if name not in missing}

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.SEARCH_DONE:
            return None
        search = exchange.request.search
        if not (search.base.lower().startswith((_PARTITIONS, "cn=configuration,")) and search.mentions("crossRef")):
            return None
        self.fired += 1
        attributes = [Attribute(name, [each.encode() for each in values]) for name, values in self._attributes.items()]
        return [Message.of_entry(message.id, Entry(self._entry_of, attributes)), message]


class AnotherController(Behaviour):
    """From the connection `first` of this behaviour on, the same address is another controller, and its directory an older one."""

    def __init__(self, first: int, group: str) -> None:
        super().__init__()
        self._first = first
        self._group = group.lower()
        self._connections: list[int] = []

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        number = exchange.connection.number
        if number not in self._connections:
            self._connections.append(number)
        if message.op != Op.ENTRY or self._connections.index(number) + 1 < self._first:
            return None
        if message.entry.dn.lower().startswith(self._group):
            if found := message.entry.find("member"):
                found.values.append(b"CN=HOST05,OU=Hosts,DC=contoso,DC=com")
        elif not message.entry.dn:
            for attribute in message.entry.attributes:
                if attribute.name.lower() in ("dnshostname", "dsservicename", "servername"):
                    attribute.values = [each.replace(b"dc01", b"dc02").replace(b"DC01", b"DC02") for each in attribute.values]
        else:
            return None
        message.touched()
        self.fired += 1
        return None
