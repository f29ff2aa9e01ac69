"""What a behaviour sees and may do. The relay calls it; nothing here touches a socket."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Union

from ldap import Entry, Message, Op


@dataclasses.dataclass(frozen=True)
class Wait:
    """Before what follows goes out."""

    seconds: float


@dataclasses.dataclass(frozen=True)
class Close:
    """The connection ends; as a reset, or in good order."""

    reset: bool = False


@dataclasses.dataclass(frozen=True)
class Drip:
    """A message in small pieces."""

    message: Message
    piece: int
    pause: float


Step = Union[Message, Wait, Close, Drip]


class Connection:
    """One client's connection, as far as a behaviour may tell connections apart."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.exchanges: dict[int, Exchange] = {}

    def is_idle(self) -> bool:
        return not self.exchanges


class Exchange:
    """A request and what is known of its answer so far."""

    def __init__(self, connection: Connection, request: Message) -> None:
        self.connection = connection
        self.request = request
        self.entries = 0
        self.kept: list[Message] = []  #: entries that a behaviour holds back


class Behaviour:
    """Leaves everything as it is. `fired` says how often it did something, so that a test knows that it ran at all."""

    def __init__(self) -> None:
        self.fired = 0

    def answer(self, exchange: Exchange) -> Sequence[Step] | None:
        """In place of the server; None: the server is asked."""
        return None

    def ask(self, exchange: Exchange, request: Message) -> Message:
        """What the server is asked instead."""
        return request

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        """What the client gets for a message of the server; None: just that, in which an entry may have been changed."""
        return None


class EntryBehaviour(Behaviour):
    """Changes entries of the directory, one by one; the rootDSE has behaviours of its own."""

    def pass_on(self, exchange: Exchange, message: Message) -> Sequence[Step] | None:
        if message.op != Op.ENTRY or not message.entry.dn:
            return None
        if self.change(exchange, message.entry):
            self.fired += 1
            message.touched()
        return None

    def change(self, exchange: Exchange, entry: Entry) -> bool:
        """Whether it did."""
        raise NotImplementedError
