"""The load balancers of the sandbox: TCP listeners, weighted target groups, real health checks, draining.

    python -m sandbox.estate.balancer --control-port 9100

The platform tells it everything through its control API on loopback (`PUT /routes`, `GET /health`, `GET /stats`). It
ends with the process that started it.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.estate.health import Checker
from sandbox.estate.processes import until_orphaned
from sandbox.estate.proxy import Connection, Side
from sandbox.estate.routes import Table

if TYPE_CHECKING:
    from sandbox.estate.routes import Target

LOOPBACK = "127.0.0.1"
BACKLOG = 1024
RATE_WINDOW = 1.0


class Balancer:
    """All listeners and the connections through them."""

    def __init__(self, check_rate: float = 1.0) -> None:
        self._table = Table()
        self._checker = Checker(self._table, self._fell_ill, check_rate)
        self._servers: dict[str, tuple[tuple[str, int], asyncio.Server]] = {}
        self._connections: set[Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._opened: deque[float] = deque()

    def routes(self) -> list[web.RouteDef]:
        """The control API."""
        return [
            web.put("/routes", self.put_routes),
            web.get("/health", self.get_health),
            web.get("/stats", self.get_stats),
        ]

    async def put_routes(self, request: web.Request) -> web.Response:
        """Replace the configuration; in force when the answer comes. Targets that are gone lose their connections."""
        gone = {each.key for each in self._table.replace(await request.json())}
        self._cut(gone)
        await self._listen()
        self._checker.follow()
        return web.json_response({"ok": True})

    async def get_health(self, _request: web.Request) -> web.Response:
        """What the checks have found."""
        found = {each.key: {"state": each.state, "reason": each.reason} for each in self._table.targets()}
        return web.json_response(found)

    async def get_stats(self, _request: web.Request) -> web.Response:
        """Connections by target, listener and address, and new ones in the last second."""
        by_address: dict[str, int] = {}
        for each in self._table.targets():
            by_address[each.address] = by_address.get(each.address, 0) + each.open
        self._forget_old()
        stats = {
            "targets": {
                each.key: {"address": each.address, "open": each.open, "total": each.total}
                for each in self._table.targets()
            },
            "listeners": {arn: {"total": each.total} for arn, each in self._table.listeners.items()},
            "connections_by_target": by_address,
            "open": len(self._connections),
            "new_per_second": len(self._opened) / RATE_WINDOW,
        }
        return web.json_response(stats)

    async def _listen(self) -> None:
        """Listen where the configuration says, and nowhere else."""
        wanted = {arn: (each.address, each.port) for arn, each in self._table.listeners.items()}
        for arn in [arn for arn, (place, _) in self._servers.items() if wanted.get(arn) != place]:
            self._servers.pop(arn)[1].close()
        for arn, place in wanted.items():
            if arn not in self._servers:
                server = await asyncio.get_running_loop().create_server(
                    partial(self._accept, arn), *place, backlog=BACKLOG, family=socket.AF_INET
                )
                self._servers[arn] = (place, server)

    def _accept(self, listener: str) -> Side:
        self._opened.append(time.monotonic())
        self._forget_old()
        if listener in self._table.listeners:
            self._table.listeners[listener].total += 1
        connection = Connection(partial(self._choose, listener), self._connections.discard)
        self._connections.add(connection)
        task = asyncio.ensure_future(connection.connect())
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        return connection.client

    def _choose(self, listener: str) -> Target | None:
        return self._table.choose(listener) if listener in self._table.listeners else None

    def _fell_ill(self, target: Target) -> None:
        """Reset the connections of a target that became unhealthy, unless the group fails open."""
        if target not in self._table.groups[target.group].eligible():
            self._cut({target.key})

    def _cut(self, targets: set[str]) -> None:
        for connection in list(self._connections):
            if connection.target and connection.target.key in targets:
                connection.abort()

    def _forget_old(self) -> None:
        while self._opened and self._opened[0] < time.monotonic() - RATE_WINDOW:
            self._opened.popleft()


async def serve(control_port: int, check_rate: float) -> None:
    """Run until the process that started this one ends."""
    application = web.Application()
    application.add_routes(Balancer(check_rate).routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, control_port).start()
    await until_orphaned()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description="the sandbox's load balancers")
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument(
        "--check-rate", type=float, default=10.0, help="checks are this many times as frequent"
    )
    asked = parser.parse_args()
    asyncio.run(serve(asked.control_port, asked.check_rate))


if __name__ == "__main__":
    main()
