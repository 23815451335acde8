"""The clients of the sandbox: simulated cameras with long-lived connections, and a steady stream of short requests.

    python -m sandbox.estate.swarm --devices 300 --address 127.0.0.2 --port 9000 --http-rate 20 \
        --report build/sandbox/devices.json --control-port 9200

With `--name NAME --aws ENDPOINT` in place of `--address` they look the name up in Route 53 before every connection.
`GET /stats` shows it live; `POST /stop` lets it end well: no new messages, every acknowledgement awaited, the final
report as the answer. The report is written about every second, and at the end. It ends with the process that
started it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.estate.device import Device
from sandbox.estate.names import Address, Name, Route53Names
from sandbox.estate.processes import until_orphaned

if TYPE_CHECKING:
    from sandbox.estate.names import Place

LOOPBACK = "127.0.0.1"
REQUEST_SECONDS = 5.0
REPORT_SECONDS = 1.0
CONNECTS_PER_SECOND = 300
REQUEST = b"GET /version HTTP/1.1\r\nHost: cameras\r\nConnection: close\r\n\r\n"


class Rate:
    """Events in the last second, and the most there ever were in one."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self.peak = 0

    def count(self) -> None:
        """One event now."""
        self._recent.append(time.monotonic())
        self.peak = max(self.peak, self.now())

    def now(self) -> int:
        """Events in the last second."""
        while self._recent and self._recent[0] < time.monotonic() - 1:
            self._recent.popleft()
        return len(self._recent)


class Requests:
    """Short HTTP requests at a fixed rate, whether or not earlier ones were answered (open loop)."""

    def __init__(self, place: Place, rate: float) -> None:
        self._place = place
        self._rate = rate
        self._running: set[asyncio.Task[None]] = set()
        self.sent = self.failed = 0
        self.errors: Counter[str] = Counter()
        self.versions: Counter[str] = Counter()
        self.sending = True

    async def live(self) -> None:
        """Send until told to stop."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self.sending and self._rate:
            task = asyncio.create_task(self._one())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            due = max(due + 1 / self._rate, loop.time() - 1)  # after a pause it does not catch up for long
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def finish(self) -> None:
        """Stop and wait for the answers that are due."""
        self.sending = False
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _one(self) -> None:
        self.sent += 1
        try:
            self.versions[await self._version()] += 1
        except (OSError, ValueError, KeyError, IndexError) as error:
            self.failed += 1
            self.errors[type(error).__name__] += 1

    async def _version(self) -> str:
        async with asyncio.timeout(REQUEST_SECONDS):
            reader, writer = await self._place.open()
            try:
                writer.write(REQUEST)
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            finally:
                writer.close()
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise ValueError("not 200")
        return str(json.loads(body)["version"])


class Swarm:
    """All clients."""

    def __init__(self, devices: int, place: Place, http_rate: float) -> None:
        self._reconnects = Rate()
        self.devices = [
            Device(f"camera-{number:04}", place, self._reconnects.count) for number in range(devices)
        ]
        self.requests = Requests(place, http_rate)
        self.stopped = asyncio.Event()

    async def live(self) -> None:
        """Run every client until canceled; the first connections are spread over a moment."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.requests.live())
            for device in self.devices:
                group.create_task(device.live())
                await asyncio.sleep(1 / CONNECTS_PER_SECOND)

    async def stop(self) -> None:
        """End well: nothing new is sent, and what was sent is answered."""
        await asyncio.gather(self.requests.finish(), *(device.finish() for device in self.devices))

    def report(self) -> dict[str, Any]:
        """The figures of a story."""
        return {
            "devices": {
                "count": len(self.devices),
                "most_reconnects": max((each.reconnects for each in self.devices), default=0),
                "peak_reconnects_per_second": self._reconnects.peak,
                "messages_sent": sum(each.sent for each in self.devices),
                "messages_lost": sum(each.lost for each in self.devices),
            },
            "http": {"requests": self.requests.sent, "failures": self.requests.failed},
            "versions": dict(self.requests.versions),
        }

    def stats(self) -> dict[str, Any]:
        """The report, and where every device is now."""
        report = self.report()
        links = [each.link for each in self.devices if each.link]
        hosts: dict[str, dict[str, Any]] = {}
        for link in links:
            host = hosts.setdefault(link.host, {"version": link.version, "devices": 0})
            host["devices"] += 1
        return {
            **report,
            "devices": {**report["devices"], "connected": len(links)},
            "connected": len(links),
            "by_version": dict(Counter(link.version for link in links)),
            "by_host": hosts,
            "reconnects_per_second": self._reconnects.now(),
            "http_errors": dict(self.requests.errors),
        }


def control(swarm: Swarm, report: Path) -> web.Application:
    """The control API."""

    async def stats(_request: web.Request) -> web.Response:
        return web.json_response(swarm.stats())

    async def stop(_request: web.Request) -> web.Response:
        await swarm.stop()
        write(report, swarm.report())
        swarm.stopped.set()
        return web.json_response(swarm.report())

    application = web.Application()
    application.add_routes([web.get("/stats", stats), web.post("/stop", stop)])
    return application


def write(path: Path, report: dict[str, Any]) -> None:
    """Replace the report as a whole, so that no reader sees half of one."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    part.replace(path)


async def run(swarm: Swarm, report: Path, control_port: int) -> None:
    """Until `POST /stop`, or until the process that started this one ends."""
    runner = web.AppRunner(control(swarm, report), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, control_port).start()
    tasks = [asyncio.create_task(each) for each in (swarm.live(), swarm.stopped.wait(), until_orphaned())]
    while not any(task.done() for task in tasks):
        write(report, swarm.report())
        await asyncio.wait(tasks, timeout=REPORT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    final = swarm.report()
    await runner.cleanup()  # the answer to `stop` goes out first
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    write(report, final)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description="the devices of the sandbox")
    parser.add_argument("--devices", type=int, default=300)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--address", help="of the load balancer")
    where.add_argument("--name", help="that the clients look up before every connection")
    parser.add_argument("--aws", help="endpoint of Route 53, for --name")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--http-rate", type=float, default=20.0, help="short requests a second")
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    asked = parser.parse_args()

    async def start() -> None:
        place = (
            Name(Route53Names(asked.aws, asked.name), asked.port)
            if asked.name
            else Address(asked.address, asked.port)
        )
        swarm = Swarm(asked.devices, place, asked.http_rate)
        await run(swarm, asked.report, asked.control_port)

    asyncio.run(start())


if __name__ == "__main__":
    main()
