"""Results and diagnostic messages that Samba does not give, for requests that are otherwise fine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import windows_text
from behaviours.base import Behaviour, Exchange, Step
from ldap import RESULTS, Message, Op, result

Predicate = Callable[[Exchange], bool]


def any_search(exchange: Exchange) -> bool:
    """But for the rootDSE, without which there would be no run at all."""
    return exchange.request.op == Op.SEARCH and bool(exchange.request.search.base)


def search_for(attribute: str) -> Predicate:
    return lambda exchange: any_search(exchange) and attribute.lower() in exchange.request.search.keys


def next_page(exchange: Exchange) -> bool:
    return exchange.request.op == Op.SEARCH and bool(exchange.request.page_cookie)


class Refusal(Behaviour):
    """The result in place of the server's, for the first `times` requests that it is meant for; all where it is None."""

    def __init__(
        self,
        concerns: Predicate,
        code: int,
        text: bytes,
        times: int | None = 1,
        referrals: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._concerns = concerns
        self._code = code
        self._text = text
        self._times = times
        self._referrals = referrals

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        if not self._concerns(exchange) or (self._times is not None and self.fired >= self._times):
            return None
        self.fired += 1
        return [result(exchange.request, self._code, self._text, self._referrals)]


class PartThenRefusal(Behaviour):
    """The first entries as the server has them, then a result that says that it is not all."""

    def __init__(self, concerns: Predicate, code: int, text: bytes, entries: int = 1, times: int | None = 1) -> None:
        super().__init__()
        self._concerns = concerns
        self._code = code
        self._text = text
        self._most = entries
        self._times = times

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if not self._concerns(exchange) or (self._times is not None and self.fired >= self._times):
            return None
        if message.op == Op.ENTRY:
            return None if exchange.entries <= self._most else ()
        if message.op == Op.REFERENCE:
            return ()
        self.fired += 1
        return [result(exchange.request, self._code, self._text)]


class WindowsTexts(Behaviour):
    """Each refusal of the server with the message that Windows gives for the same; the result code stays."""

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op not in RESULTS or message.op == Op.BIND_DONE or not message.outcome.code:
            return None
        text = _text_for(message.outcome.code, message.outcome.text.decode(errors="replace"), exchange)
        if text is not None:
            message.outcome.text = text
            message.touched()
            self.fired += 1
        return None


class GoneByGuid(Behaviour):
    """Objects are deleted between plan and write: whoever addresses one by GUID is told so.

    Each domain controller says noSuchObject, but for one without a catalogue, which sends to one that may know more:
    [MS-ADTS] 3.1.1.4.6.
    """

    _BY_GUID = re.compile(r"<GUID=[^>]*>$", re.IGNORECASE)

    def __init__(self, catalog_of: str = "") -> None:
        super().__init__()
        self._catalog = f"gc._msdcs.{catalog_of}:3268" if catalog_of else ""

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        request = exchange.request
        if request.op != Op.SEARCH and not request.is_write():
            return None
        target = request.search.base if request.op == Op.SEARCH else request.target
        if not self._BY_GUID.match(target):
            return None
        self.fired += 1
        if not self._catalog:
            return [result(request, 32, windows_text.name(0x208D, "NO_OBJECT", 2001, ""))]
        said = windows_text.referral(0x202B, self._catalog)
        return [result(request, 10, said, (f"ldap://{self._catalog}/{target}",))]


def _text_for(code: int, said: str, exchange: Exchange) -> bytes | None:
    """None: Windows has no other form for it that is known."""
    for pattern, text in _BY_WORDS:
        if pattern.search(said):
            return text
    if code == 32:
        request = exchange.request
        target = request.search.base if request.op == Op.SEARCH else request.target
        return windows_text.name(0x208D, "NO_OBJECT", 2001, target.partition(",")[2])
    return _BY_CODE.get(code)


# Where Samba uses one result for several things that Windows tells apart by the code in the message.
_BY_WORDS = (
    (re.compile("already exists for target GUID"), windows_text.update(0x562, "ENTRY_EXISTS", 6005)),
    (re.compile("already deleted for target GUID|doesn't exist for target GUID"), windows_text.service(0x561, "WILL_NOT_PERFORM", 5003)),
    (re.compile("was not found in the schema"), windows_text.ldap(0x57, "Error in attribute conversion operation")),
    (re.compile("parent does not exist"), windows_text.update(0x2089, "DIR_ERROR", 5012, 3)),
)  # fmt: skip
_BY_CODE = {
    16: windows_text.attribute(0x2085, "NO_ATTRIBUTE_OR_VAL", 1001, 0xD, "description"),
    19: windows_text.attribute(0x202F, "CONSTRAINT_ATT_TYPE", 1005, 0x90303, "servicePrincipalName"),
    20: windows_text.attribute(0x2083, "ATT_OR_VALUE_EXISTS", 1006, 0xD, "description"),
    34: windows_text.name(0x208F, "BAD_NAME", 2006, "", 8349),
    50: windows_text.ACCESS_DENIED,
    53: windows_text.service(0x2035, "WILL_NOT_PERFORM", 5003),
    65: windows_text.update(0x207C, "OBJ_CLASS_VIOLATION", 6002, -1946157016),
    66: windows_text.update(0x2015, "CANT_ON_NON_LEAF", 6003),
    68: windows_text.update(0x2071, "ENTRY_EXISTS", 6005),
}
