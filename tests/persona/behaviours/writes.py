"""Rules for writes that Windows has and Samba has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ber
from behaviours.base import Behaviour, EntryBehaviour, Exchange, Step
from behaviours.refusals import Refusal
from ldap import Change, Control, Entry, Message, Op

PERMISSIVE_MODIFY = "1.2.840.113556.1.4.1413"
_TRUSTED_FOR_DELEGATION = 0x80000
_TRUSTED_TO_AUTHENTICATE = 0x1000000


def writes(*operations: int) -> Callable[[Exchange], bool]:
    """Requests of these kinds, but for the lock and whatever else is a serviceConnectionPoint."""
    return lambda exchange: exchange.request.op in operations and not _is_lock(exchange.request)


def writes_of(attribute: str) -> Callable[[Exchange], bool]:
    return lambda exchange: exchange.request.writes_attribute(attribute) is not None and not _is_lock(exchange.request)


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


class PortFormsFollow(Behaviour):
    """A new dNSHostName goes into SPNs with a port, too, which Samba leaves alone."""

    def __init__(self, old: str, new: str, service: str) -> None:
        super().__init__()
        self._old = old
        self._new = new
        self._service = service

    def ask(self, exchange: Exchange, request: Message) -> Message:
        hosts = request.writes_attribute("dNSHostName") if request.op == Op.MODIFY else None
        if not hosts or hosts[0].decode().lower() != self._new.lower():
            return request
        self.fired += 1
        dn, changes = ber.children(request.body)[:2]
        more = b"".join(
            ber.element(
                ber.SEQUENCE,
                ber.integer(operation, ber.ENUMERATED)
                + ber.element(
                    ber.SEQUENCE,
                    ber.octets("servicePrincipalName") + ber.element(ber.SET, ber.octets(self._service.format(host))),
                ),
            )
            for operation, host in ((Change.DELETE, self._old), (Change.ADD, self._new))
        )
        body = ber.element(*dn) + ber.element(ber.SEQUENCE, changes[1] + more)
        return Message.make(request.id, request.op, body, b"".join(control.encode() for control in request.controls))


class TwoDescriptions(EntryBehaviour):
    """`description` is multi-valued in the schema ([MS-ADA1] 2.145), and old tools have left several."""

    def __init__(self, second: str, of: str) -> None:
        super().__init__()
        self._second = second
        self._of = of.lower()

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        found = entry.find("description")
        if found is None or not entry.dn.lower().startswith(self._of):
            return False
        found.values.append(self._second.encode())
        return True
