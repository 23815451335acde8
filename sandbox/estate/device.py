"""One simulated camera: a long-lived connection, a message about every second, and manners when it is lost.

It reconnects with exponential backoff and jitter, and follows the server's request to move: it opens the new
connection first, waits for what the old one still has to acknowledge, then closes the old one.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sandbox.estate.names import Place

UPGRADE = b"GET /connect HTTP/1.1\r\nHost: cameras\r\nConnection: Upgrade\r\nUpgrade: camera/1\r\n\r\n"
INTERVAL = 1.0
CONNECT_SECONDS = 5.0
ACK_SECONDS = 10.0
FIRST_BACKOFF, MOST_BACKOFF = 0.1, 5.0
NO_ROOM = (OSError, EOFError)
"""Why a connection does not come about: refused, reset, timed out, or ended before the answer."""


@dataclass(slots=True)
class Link:
    """One connection to a server, and the messages that it has not acknowledged yet."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    version: str
    host: str
    waiting: set[int] = field(default_factory=set)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, device: str, seq: int) -> None:
        """Send one message; it waits for its acknowledgement from now on."""
        self.waiting.add(seq)
        self.settled.clear()
        self.writer.write(json.dumps({"device": device, "seq": seq}).encode() + b"\n")

    def acknowledged(self, seq: int) -> None:
        """A message was stored."""
        self.waiting.discard(seq)
        if not self.waiting:
            self.settled.set()

    async def settle(self) -> None:
        """Until nothing waits any more, or too long."""
        if self.waiting:
            async with asyncio.timeout(ACK_SECONDS):
                await self.settled.wait()


class Device:
    """Counts what it went through: reconnects (the first connection is none), messages sent and lost."""

    def __init__(self, name: str, place: Place, reconnected: Callable[[], None]) -> None:
        self.name = name
        self._place = place
        self._reconnected = reconnected
        self._random = random.Random(name)  # noqa: S311 # jitter, the same in every run
        self._seq = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._moving = self._was_connected = False
        self._lost = asyncio.Event()
        self.link: Link | None = None
        self.reconnects = self.sent = self.lost = 0
        self.sending = True

    async def live(self) -> None:
        """Be connected and send, until canceled."""
        self._keep(self._talk())
        try:
            while True:
                if self.link is None:
                    await self._connect_again()
                await self._lost.wait()
                self._lost.clear()
        finally:
            for task in self._tasks:
                task.cancel()
            if self.link:
                self.link.writer.close()

    async def finish(self) -> None:
        """Stop sending and wait for what is not acknowledged yet."""
        self.sending = False
        if self.link:
            try:
                await self.link.settle()
            except TimeoutError:
                self.lost += len(self.link.waiting)
                self.link.waiting.clear()

    async def _talk(self) -> None:
        await asyncio.sleep(self._random.uniform(0, INTERVAL))
        while True:
            if self.link and self.sending:
                self._seq += 1
                self.sent += 1
                self.link.send(self.name, self._seq)
            await asyncio.sleep(INTERVAL * self._random.uniform(0.8, 1.2))

    async def _listen(self, link: Link) -> None:
        """Read a connection to its end; what it did not acknowledge by then is lost."""
        try:
            while line := await link.reader.readline():
                message = json.loads(line)
                if "ack" in message:
                    link.acknowledged(message["ack"])
                elif message.get("move") and link is self.link and not self._moving:
                    self._moving = True
                    self._keep(self._move(link))
        except (OSError, ValueError):
            pass  # broken: the same as ended
        self.lost += len(link.waiting)
        link.waiting.clear()
        link.settled.set()
        link.writer.close()
        if link is self.link:
            self.link = None
            self._look_again()

    async def _move(self, old: Link) -> None:
        """The new connection before the end of the old: the old one is read on until all is acknowledged."""
        try:
            self._adopt(await self._connect())
        except NO_ROOM:
            return  # stay where it is
        finally:
            self._moving = False
            self._look_again()
        with suppress(TimeoutError):  # what waits still is counted as lost when the connection ends
            await old.settle()
        old.writer.close()

    async def _connect_again(self) -> None:
        backoff = FIRST_BACKOFF
        while True:
            try:
                self._adopt(await self._connect())
            except NO_ROOM:
                await asyncio.sleep(backoff * self._random.uniform(0.5, 1.5))
                backoff = min(2 * backoff, MOST_BACKOFF)
            else:
                return

    def _adopt(self, link: Link) -> None:
        """Send over this connection from now on. The first one is no reconnect."""
        self.link = link
        self._keep(self._listen(link))
        if self._was_connected:
            self.reconnects += 1
            self._reconnected()
        self._was_connected = True

    def _look_again(self) -> None:
        """Wake `live` where there is no connection and no move is on the way to one."""
        if self.link is None and not self._moving:
            self._lost.set()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> Link:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await self._place.open()
            try:
                writer.write(UPGRADE)
                headers = _upgraded(await reader.readuntil(b"\r\n\r\n"))
            except BaseException:
                writer.close()
                raise
        return Link(reader, writer, headers.get("Camera-Version", ""), headers.get("Camera-Host", ""))


def _upgraded(head: bytes) -> dict[str, str]:
    """The headers of the answer; ConnectionError where it is not a switch of protocols."""
    status, *lines = head.decode("latin-1").split("\r\n")
    if " 101 " not in status:
        raise ConnectionError(status)
    return dict(line.split(": ", 1) for line in lines if ": " in line)
