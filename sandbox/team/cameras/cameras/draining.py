"""Draining: the devices of this host are asked to move, in batches with pauses, so that nothing is flooded."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cameras.server import Server
    from cameras.settings import Settings

CONTROL = "control.sock"
PATIENCE = 30.0
"""Seconds that the last batch gets to close its old connections."""


class Draining:
    """The server's end of the control socket: one JSON request {"batch", "pause"}, one JSON reply."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Move everybody who is here now; a device that is gone already needs no asking."""
        asked = json.loads(await reader.readline())
        here = sorted(self._server.devices, key=id)
        batches = [here[start : start + asked["batch"]] for start in range(0, len(here), asked["batch"])]
        for number, batch in enumerate(batches):
            if number:
                await asyncio.sleep(asked["pause"])
            for device in batch:
                self._server.ask_to_move(device)
        left = await self._left(here)
        reply = {"asked": len(here), "batches": len(batches), "left": left}
        writer.write(json.dumps(reply).encode() + b"\n")
        writer.close()

    async def _left(self, asked: list[asyncio.StreamWriter]) -> int:
        loop = asyncio.get_event_loop()
        deadline = loop.time() + PATIENCE
        while (left := len(self._server.devices.intersection(asked))) and loop.time() < deadline:  # noqa: ASYNC110 # 20 looks a second
            await asyncio.sleep(0.05)
        return left


def drain(settings: Settings, batch: int, pause: float) -> int:
    """Ask the running server to drain; 1 where devices stayed."""
    if settings.role != "control":
        print(f"a {settings.role} has no devices: nothing to drain")
        return 0
    os.chdir(settings.state)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(CONTROL)
        connection.sendall(json.dumps({"batch": batch, "pause": pause}).encode() + b"\n")
        done = json.loads(connection.makefile("rb").readline())
    print(f"asked {done['asked']} devices to move, in {done['batches']} batches; {done['left']} stayed")
    return 1 if done["left"] else 0
