"""One proxied TCP connection: bytes both ways, with backpressure and half-close, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.estate.routes import Target

CONNECT_SECONDS = 3.0


class Side(asyncio.Protocol):
    """One end. What it receives goes to the other; when the other can not take more, this one stops reading."""

    def __init__(self, closed: Callable[[], None]) -> None:
        self._closed = closed
        self.other: Side | None = None
        self.transport: asyncio.Transport | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self.other is None:
            self.transport.pause_reading()  # until there is somewhere to send to

    def data_received(self, data: bytes) -> None:
        if self.other and self.other.transport:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Pass the end on and keep the other direction open (half-close)."""
        self._ended = True
        other = self.other
        if other and other.transport and other.transport.can_write_eof():
            other.transport.write_eof()
            return not other._ended  # noqa: SLF001 # the other end of the same connection
        return False

    def pause_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other and self.other.transport and not self.other._ended:  # noqa: SLF001 # as above
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """A clean end lets the other side finish what it was sent; a broken one breaks it too."""
        if self.other and self.other.transport:
            if exc is None:
                self.other.transport.close()
            else:
                self.other.transport.abort()
        self._closed()

    def abort(self) -> None:
        """Reset this end."""
        if self.transport:
            self.transport.abort()


class Connection:
    """A client's connection and the one to the target that was chosen for it."""

    def __init__(self, choose: Callable[[], Target | None], ended: Callable[[Connection], None]) -> None:
        self._choose = choose
        self._ended = ended
        self.target: Target | None = None
        self.client = Side(self._end)
        self._done = False

    async def connect(self) -> None:
        """Connect to a target; one that does not answer costs the client its connection, as behind a real balancer."""
        self.target = target = self._choose()
        if target is None:
            self.client.abort()
            return
        target.open += 1
        target.total += 1
        upstream = Side(self._end)
        upstream.other = self.client
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: upstream, target.address, target.port)
        except OSError:
            self.client.abort()
            return
        if self._done:
            upstream.abort()
            return
        self.client.other = upstream
        if self.client.transport:
            self.client.transport.resume_reading()

    def abort(self) -> None:
        """Reset both ends."""
        if self.client.other:
            self.client.other.abort()
        self.client.abort()

    def _end(self) -> None:
        if self._done:
            return
        self._done = True
        if self.target:
            self.target.open -= 1
        self._ended(self)
