"""Connections that end or stall: what a controller does when it restarts, is told to, or has waited long enough."""

from __future__ import annotations

from collections.abc import Sequence

import windows_text
from behaviours.base import Behaviour, Close, Drip, Exchange, Step, Wait
from behaviours.refusals import Predicate
from ldap import RESULTS, Message, Op, disconnection

SHUTDOWN_REASON = "The server is going to shut down"


class NoticeOfDisconnection(Behaviour):
    """Unasked, the server says that it closes and why, then does: RFC 4511 section 4.4.1, [MS-ADTS] 5.1.1.6."""

    def __init__(self, concerns: Predicate, times: int | None = 1) -> None:
        super().__init__()
        self._concerns = concerns
        self._times = times

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        if not self._concerns(exchange) or (self._times is not None and self.fired >= self._times):
            return None
        self.fired += 1
        return [disconnection(52, windows_text.ldap(0x2024, SHUTDOWN_REASON)), Close()]


class Loss(Behaviour):
    """The connection is gone before the answer; the server never had the request."""

    def __init__(self, concerns: Predicate, times: int | None = 1, reset: bool = True) -> None:
        super().__init__()
        self._concerns = concerns
        self._times = times
        self._reset = reset

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        if not self._concerns(exchange) or (self._times is not None and self.fired >= self._times):
            return None
        self.fired += 1
        return [Close(self._reset)]


class LossOfNth(Behaviour):
    """The connection is gone before the answer to one of the requests, counted from 1."""

    def __init__(self, concerns: Predicate, number: int) -> None:
        super().__init__()
        self._concerns = concerns
        self._left = number

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        if not self._concerns(exchange):
            return None
        self._left -= 1
        if self._left:
            return None
        self.fired += 1
        return [Close(reset=True)]


class LossAfter(Behaviour):
    """The server did what it was asked, and the connection is gone before it could say so."""

    def __init__(self, concerns: Predicate, times: int = 1) -> None:
        super().__init__()
        self._concerns = concerns
        self._times = times

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op not in RESULTS or self.fired >= self._times or not self._concerns(exchange):
            return None
        self.fired += 1
        return [Close(reset=True)]


class IdleClose(Behaviour):
    """MaxConnIdleTime is over as soon as nothing is under way: closed in good order, as often as `times`."""

    def __init__(self, times: int = 3, between: int = 4) -> None:
        super().__init__()
        self._times = times
        self._between = between
        self._answers = 0

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.SEARCH_DONE or not exchange.connection.is_idle():
            return None
        self._answers += 1
        if self.fired >= self._times or self._answers % self._between:
            return None
        self.fired += 1
        return [message, Close()]


class SlowDrip(Behaviour):
    """Answers come in pieces too small to be a message, with pauses."""

    def __init__(self, piece: int, pause: float, most: int = 5) -> None:
        super().__init__()
        self._piece = piece
        self._pause = pause
        self._most = most

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op not in (Op.ENTRY, Op.SEARCH_DONE) or self.fired >= self._most:
            return None
        self.fired += 1
        return [Drip(message, self._piece, self._pause)]


class Delay(Behaviour):
    """The last word on a search is late."""

    def __init__(self, concerns: Predicate, seconds: float, times: int = 1) -> None:
        super().__init__()
        self._concerns = concerns
        self._seconds = seconds
        self._times = times

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.SEARCH_DONE or self.fired >= self._times or not self._concerns(exchange):
            return None
        self.fired += 1
        return [Wait(self._seconds), message]
