"""Rules for writes that Windows has and Samba has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ber
from behaviours.base import Behaviour, Exchange, Step
from behaviours.refusals import Refusal
from ldap import Change, Control, Message, Op

PERMISSIVE_MODIFY = "1.2.840.113556.1.4.1413"
_TRUSTED_FOR_DELEGATION = 0x80000
_TRUSTED_TO_AUTHENTICATE = 0x1000000


def writes(*operations: int) -> Callable[[Exchange], bool]:
    """Requests of these kinds, but for the lock and whatever else is a serviceConnectionPoint."""
    return lambda exchange: exchange.request.op in operations and not _is_lock(exchange.request)


def writes_of(attribute: str) -> Callable[[Exchange], bool]:
    return lambda exchange: exchange.request.writes_attribute(attribute) is not None and not _is_lock(exchange.request)


def adds_spn(begin: str) -> Callable[[Exchange], bool]:
    return lambda exchange: any(
        value.decode().lower().startswith(begin) for value in exchange.request.writes_attribute("servicePrincipalName") or ()
    )


def _is_lock(request: Message) -> bool:
    return request.adds("serviceConnectionPoint") or "gmsactl-lock" in request.target


class RefusedWrite(Refusal):
    """The result for every such write; None of `times`: always."""

    def __init__(
        self, concerns: Callable[[Exchange], bool], code: int, text: bytes, times: int | None = None
    ) -> None:
        super().__init__(concerns, code, text, times)


def delegation(exchange: Exchange) -> bool:
    """Whether it needs SE_ENABLE_DELEGATION, which no access control entry gives: [MS-ADTS] 3.1.1.5.2.1, 3.1.1.5.3.1."""
    request = exchange.request
    if request.writes_attribute("msDS-AllowedToDelegateTo"):
        return True
    controls = request.writes_attribute("userAccountControl") or ()
    return any(int(value) & (_TRUSTED_FOR_DELEGATION | _TRUSTED_TO_AUTHENTICATE) for value in controls)


def long_account_name(exchange: Exchange) -> bool:
    """[MS-SAMR] 3.1.1.6: at most 20 characters where the object is a user, as every account is."""
    request = exchange.request
    names = request.writes_attribute("sAMAccountName") or ()
    return not request.adds("group") and any(len(name.decode()) > 20 for name in names)


class PermissiveModify(Behaviour):
    """dSHeuristics' fifth character: every modify behaves as with the control that forgives what is there or is not.

    [MS-ADTS] 6.1.1.2.4.1.2 (fLDAPUsePermMod). Whoever reads the object with the heuristics sees them.
    """

    def ask(self, exchange: Exchange, request: Message) -> Message:
        if request.op != Op.MODIFY:
            return request
        return request.with_control(Control(PERMISSIVE_MODIFY))

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op == Op.ENTRY and message.entry.dn.lower().startswith("cn=directory service,"):
            search = exchange.request.search
            if not search.keys or "dsheuristics" in search.keys:
                message.entry.put("dSHeuristics", "00001")
                message.touched()
                self.fired += 1
        return None


def _name_swap(request: Message) -> dict[str, str]:
    """Old names and new ones, in lower case, of the host or the account where a modify swaps them."""
    names = {}
    for attribute in ("dnshostname", "samaccountname"):
        found = {
            change.operation: change.values[0].decode().removesuffix("$")
            for change in request.changes
            if change.attribute.lower() == attribute and change.values
        }
        if {Change.DELETE, Change.ADD} <= found.keys():
            names[found[Change.DELETE].lower()] = found[Change.ADD]
    return names


class PortFormsFollow(Behaviour):
    """A new dNSHostName or sAMAccountName goes into the parts of an SPN that have a port, too, which Samba leaves alone."""

    def __init__(self, services: Sequence[str] = ()) -> None:
        """Without `services`: those that objects were made with, which then have to be modified by DN."""
        super().__init__()
        self._services = tuple(services)
        self._made: dict[str, list[str]] = {}

    def ask(self, exchange: Exchange, request: Message) -> Message:
        if request.op == Op.ADD:
            self._made[request.target] = [value.decode() for value in request.writes_attribute("servicePrincipalName") or ()]
        names = _name_swap(request) if request.op == Op.MODIFY else {}
        changes = []
        for old in (self._services or self._made.get(request.target, ())) if names else ():
            parts = old.split("/")
            new = "/".join(self._followed(part, names) for part in parts)
            if new != old:
                changes += [(Change.DELETE, "servicePrincipalName", (old,)), (Change.ADD, "servicePrincipalName", (new,))]
        self.fired += bool(changes)
        return request.with_changes(changes) if changes else request

    @staticmethod
    def _followed(part: str, names: dict[str, str]) -> str:
        host, colon, port = part.partition(":")
        return names.get(host.lower(), host) + colon + port if colon else part


class BlindReplace(Behaviour):
    """The account database takes a swap for a replacement, without a look at the old value.

    No specification says that it compares it: [MS-ADTS] 3.1.1.5.3.2 leaves these attributes to [MS-SAMR] 3.1.1.6.
    """

    _OWN = frozenset({"samaccountname", "useraccountcontrol", "grouptype"})

    def ask(self, exchange: Exchange, request: Message) -> Message:
        if request.op != Op.MODIFY:
            return request
        added = {change.attribute.lower() for change in request.changes if change.operation == Change.ADD} & self._OWN
        if not added:
            return request
        kept = []
        for change in request.changes:
            swapped = change.attribute.lower() in added
            if swapped and change.operation == Change.DELETE:
                continue
            operation = Change.REPLACE if swapped else change.operation
            kept.append((operation, change.attribute, change.values))
        self.fired += 1
        return request.with_only(kept)


class OtherDescriptorBytes(Behaviour):
    """msDS-GroupMSAMembership comes back with the same readers in other bytes: a DACL of another revision."""

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        found = message.entry.find("msDS-GroupMSAMembership") if message.op == Op.ENTRY else None
        if found is None or not found.values:
            return None
        value = bytearray(found.values[0])
        dacl = int.from_bytes(value[16:20], "little")
        value[dacl] = 4 if value[dacl] == 2 else 2
        found.values = [bytes(value)]
        message.touched()
        self.fired += 1
        return None
