"""The control server: devices and short HTTP requests on one port, and a control socket for draining.

A device upgrades its connection (`GET /connect`, `Upgrade: camera/1`) and then sends one JSON object a line, which is
answered with {"ack": seq} once it is stored. {"move": true} asks it to go on over a new connection.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from cameras.draining import CONTROL, Draining
from cameras.journal import Journal

if TYPE_CHECKING:
    from cameras.settings import Settings

HEALTH = "200 OK"
LARGEST = 65_536
HEAD_SECONDS = 10


class Server:
    """All connections of one control host."""

    def __init__(self, settings: Settings, journal: Journal) -> None:
        self._settings = settings
        self._journal = journal
        self.devices: set[asyncio.StreamWriter] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: a device for as long as it stays, or one HTTP request."""
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            path = head.split(b" ", 2)[1].decode("latin-1")
            if path == "/connect" and b"upgrade: camera/1" in head.lower():
                await self._device(reader, writer)
            else:
                self._answer(writer, path)
                await writer.drain()
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, OSError, ValueError, IndexError):  # noqa: UP041
            pass  # the peer hung up or does not speak our language (in 3.9 the TimeoutErrors differ)
        finally:
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, path: str) -> None:
        answers = {
            "/health": (HEALTH, {"status": "ok" if HEALTH.startswith("200") else "not ready"}),
            "/version": ("200 OK", {"version": self._settings.version, "devices": len(self.devices)}),
        }
        status, body = answers.get(path, ("404 Not Found", {"error": "unknown path"}))
        content = json.dumps(body).encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
            + content
        )

    async def _device(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        settings = self._settings
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: camera/1\r\nConnection: Upgrade\r\n"
            f"Camera-Version: {settings.version}\r\nCamera-Host: {settings.address}\r\n\r\n".encode()
        )
        self.devices.add(writer)
        try:
            while line := await reader.readline():
                seq = json.loads(line)["seq"]
                self._journal.append(line, partial(_send, writer, {"ack": seq}))
                await writer.drain()
        finally:
            self.devices.discard(writer)

    def ask_to_move(self, writer: asyncio.StreamWriter) -> None:
        """Ask one device to open a new connection and close this one when its messages are acknowledged."""
        _send(writer, {"move": True})

    def abort(self) -> None:
        """Cut every connection, as the end of a process does."""
        for writer in self.devices:
            writer.transport.abort()


def _send(writer: asyncio.StreamWriter, message: dict[str, object]) -> None:
    with suppress(OSError):
        writer.write(json.dumps(message).encode() + b"\n")


async def serve(settings: Settings) -> None:
    """Listen until SIGTERM."""
    settings.state.mkdir(parents=True, exist_ok=True)
    os.chdir(settings.state)  # the control socket's path must be short
    journal = Journal(settings.journal, settings.commit_seconds)
    server = Server(settings, journal)
    committing = asyncio.ensure_future(journal.keep_committing())
    with suppress(FileNotFoundError):
        os.unlink(CONTROL)  # noqa: PTH108 # left by a process that was killed
    control = await asyncio.start_unix_server(Draining(server).handle, CONTROL)
    listener = await asyncio.start_server(
        server.handle, settings.address, settings.port, limit=LARGEST, backlog=1024
    )
    stop = asyncio.Event()
    asyncio.get_event_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(f"cameras {settings.version} listens on {settings.address}:{settings.port}", flush=True)
    await stop.wait()
    listener.close()
    control.close()
    committing.cancel()
    server.abort()
