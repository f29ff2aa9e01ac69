"""The man in the middle: LDAPS towards the client, LDAPS towards the real server, behaviours in between.

One event loop in a thread of its own, so that TLS is never used by two threads at once and a test can wait for a child
process meanwhile. Requests and answers are handled as whole LDAP messages; order on a connection is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Iterable, Sequence

import ber
from behaviours.base import Behaviour, Close, Connection, Drip, Exchange, Step, Wait
from certificate import Certificate
from ldap import RESULTS, Message, Op

_CHUNK = 1 << 18
_LOG = logging.getLogger("persona")


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[list[Message]]:
    """All that have come in whole, as often as some have."""
    buffer = bytearray()
    while chunk := await reader.read(_CHUNK):
        buffer += chunk
        found, at = [], 0
        while (length := ber.whole_length(buffer[at : at + 8])) is not None and at + length <= len(buffer):
            found.append(Message(bytes(buffer[at : at + length])))
            at += length
        del buffer[:at]
        if found:
            yield found


class _Closed(Exception):
    """A behaviour has ended the connection."""


class _Client:
    """Carries out steps towards one client."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._turn = asyncio.Lock()  # a step that waits must not be overtaken

    async def send(self, steps: Iterable[Step]) -> None:
        async with self._turn:
            ready = bytearray()
            for step in steps:
                if isinstance(step, Message):
                    ready += step.encode()
                    continue
                self._writer.write(ready)
                ready = bytearray()
                await self._writer.drain()
                await self._carry_out(step)
            if ready:
                self._writer.write(ready)
                await self._writer.drain()

    async def _carry_out(self, step: Wait | Drip | Close) -> None:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Drip):
            raw = step.message.encode()
            for at in range(0, len(raw), step.piece):
                self._writer.write(raw[at : at + step.piece])
                await self._writer.drain()
                await asyncio.sleep(step.pause)
        else:
            if step.reset:
                linger = struct.pack("ii", 1, 0)  # on, for no time: the kernel sends a reset
                self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self._writer.transport.abort()
            raise _Closed


class Relay:
    """`port` is open on 127.0.0.1 from start() to stop(). What it answers is up to `behaviours`, in their order."""

    def __init__(self, host: str, port: int, certificate: Certificate, behaviours: Sequence[Behaviour] = ()) -> None:
        self.behaviours = list(behaviours)
        self.requests: list[tuple[int, int]] = []  #: connection and operation, in the order of arrival
        self._backend = (host, port)
        self._context = certificate.server_context()
        self._connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="persona", daemon=True)
        self._open = threading.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def __enter__(self) -> Relay:
        self._thread.start()
        self._open.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def use(self, behaviours: Sequence[Behaviour]) -> None:
        """For connections from now on. To be called between two runs, while no client is connected."""
        self.behaviours = list(behaviours)
        self.requests = []

    def count(self, *operations: int) -> int:
        return sum(operation in operations for _, operation in self.requests)

    # --- in the thread of the loop ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda _, context: _LOG.debug("%s", context))
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context, limit=_CHUNK * 4)
        self.port = self._server.sockets[0].getsockname()[1]
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        connection, behaviours = Connection(self._connections), self.behaviours
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE  # the laboratory's own controller, on this machine
        to_server = None
        try:
            from_server, to_server = await asyncio.open_connection(*self._backend, ssl=trusting, limit=_CHUNK * 4)
            client = _Client(writer)
            ways = (
                self._requests(reader, to_server, client, connection, behaviours),
                self._answers(from_server, client, connection, behaviours),
            )
            tasks = [asyncio.ensure_future(way) for way in ways]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            for task in done:
                if (failure := task.exception()) and not isinstance(failure, (_Closed, OSError)):
                    _LOG.warning("connection %d: %r", connection.number, failure)
        except (OSError, ssl.SSLError) as failure:
            _LOG.debug("connection %d: %r", connection.number, failure)
        finally:
            for end in (writer, to_server):
                if end is not None:
                    with contextlib.suppress(OSError, ssl.SSLError):
                        end.close()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        client: _Client,
        connection: Connection,
        behaviours: Sequence[Behaviour],
    ) -> None:
        async for messages in _messages(reader):
            for message in messages:
                self.requests.append((connection.number, message.op))
                exchange = Exchange(connection, message)
                if message.op not in (Op.UNBIND, Op.ABANDON):
                    connection.exchanges[message.id] = exchange
                steps = _first_answer(behaviours, exchange)
                if steps is not None:
                    connection.exchanges.pop(message.id, None)
                    await client.send(steps)
                    continue
                for behaviour in behaviours:
                    message = behaviour.ask(exchange, message)
                to_server.write(message.encode())
            await to_server.drain()

    async def _answers(
        self, from_server: asyncio.StreamReader, client: _Client, connection: Connection, behaviours: Sequence[Behaviour]
    ) -> None:
        async for messages in _messages(from_server):
            steps: list[Step] = []
            for message in messages:
                exchange = connection.exchanges.get(message.id)
                if exchange is None:  # of what was abandoned, or to nobody: as it is
                    steps.append(message)
                    continue
                if message.op == Op.ENTRY:
                    exchange.entries += 1
                elif message.op in RESULTS:
                    del connection.exchanges[message.id]
                steps += _passed_on(behaviours, exchange, message)
            await client.send(steps)


def _first_answer(behaviours: Sequence[Behaviour], exchange: Exchange) -> Sequence[Step] | None:
    if exchange.request.op in (Op.UNBIND, Op.ABANDON):
        return None
    for behaviour in behaviours:
        steps = behaviour.answer(exchange)
        if steps is not None:
            return steps
    return None


def _passed_on(behaviours: Sequence[Behaviour], exchange: Exchange, message: Message) -> list[Step]:
    steps: list[Step] = [message]
    for behaviour in behaviours:
        following: list[Step] = []
        for step in steps:
            changed = behaviour.pass_on(exchange, step) if isinstance(step, Message) else None
            following += [step] if changed is None else changed
        steps = following
    return steps
