"""What somebody else does between a plan and the request that follows from it, and what the answer is then."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import windows_text
from behaviours.base import Behaviour, Exchange, Step
from behaviours.refusals import Predicate
from ldap import RESULTS, Message, Op, Scope, result

_BY_GUID = re.compile(r"<GUID=[^>]*>$", re.IGNORECASE)


def target_of(exchange: Exchange) -> str:
    request = exchange.request
    if request.op == Op.SEARCH:
        return request.search.base if request.search.scope == Scope.BASE else ""
    return request.target if request.is_write() else ""


def read_by_guid(exchange: Exchange) -> bool:
    return exchange.request.op == Op.SEARCH and bool(_BY_GUID.match(target_of(exchange)))


class Meanwhile(Behaviour):
    """Right before the first such request the directory is changed, past the persona."""

    def __init__(self, concerns: Predicate, change: Callable[[], None]) -> None:
        super().__init__()
        self._concerns = concerns
        self._change = change

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        if not self.fired and self._concerns(exchange):
            self.fired += 1
            self._change()
        return None


class ReferredElsewhere(Behaviour):
    """A controller without a catalogue: what it does not know by GUID may be another domain's ([MS-ADTS] 3.1.1.4.6)."""

    def __init__(self, forest: str, renames: bool = True) -> None:
        """Samba never knows a GUID at a renaming: where objects are renamed that are there, `renames` has to be false."""
        super().__init__()
        self._catalog = f"gc._msdcs.{forest}:3268"
        self._renames = renames

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        absent, target = 32, target_of(exchange)
        if exchange.request.op == Op.RENAME and not self._renames:
            return None
        if message.op not in RESULTS or not _BY_GUID.match(target) or message.outcome.code != absent:
            return None
        self.fired += 1
        said = windows_text.referral(0x202B, self._catalog)
        return [result(exchange.request, 10, said, (f"ldap://{self._catalog}/{target}",))]
