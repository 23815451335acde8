"""The live picture beside the channel, put together from whatever parts of the sandbox are up.

A part that does not answer is None in the picture; the page shows the rest.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as AwsError
from botocore.parsers import ResponseParserError

from sandbox.front import endpoints
from sandbox.front.cloud import Cloud
from sandbox.front.devices import DeviceFigures, devices_at
from sandbox.front.fleets import fleets_of
from sandbox.front.sites import sites_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.clock import VirtualClock

QUICK = ClientTimeout(total=0.8)
SERVICE_PORT = 9000
KEEP_CLOUD = 1.0  # real seconds for which readings of the platform are good enough
KEEP_VERSION = 2.0
MAX_ADVANCE = 7 * 86_400
MAX_RATE = 10_000


class View:
    """Makes pictures; everybody who watches shares the readings of the last moment."""

    def __init__(self, folder: Path, clock: VirtualClock, http: ClientSession, *, aws: str) -> None:
        self._folder = folder
        self._clock = clock
        self._http = http
        self._cloud = Cloud(aws)
        self._kept: dict[str, tuple[float, Any]] = {}
        self._figures = DeviceFigures()
        self._reading = asyncio.Lock()

    async def picture(self) -> dict[str, Any]:
        """Everything the page draws."""
        async with self._reading:
            known = endpoints.read(self._folder)
            hosts, groups, machines, balancer, swarm, sites = await asyncio.gather(
                self._ask_cloud("hosts"),
                self._ask_cloud("groups"),
                self._ask_cloud("executions"),
                self._get(known.get("balancer_control"), "/stats"),
                self._get(known.get("devices"), "/stats"),
                self._keep("sites", KEEP_CLOUD, lambda: sites_of(self._folder, known, self._http)),
            )
            seen = await self._seen(hosts or [], devices_at(swarm))
        return {
            "clock": {**self._time(), "next_deadline": _next_deadline(machines or [])},
            "fleets": None if hosts is None else fleets_of(hosts, groups or [], seen),
            "groups": groups,
            "machines": machines,
            "balancer": balancer,
            "sites": sites,
            "builds": True if "builds" in known else None,
            "devices": None if swarm is None else self._figures.read(swarm, time.monotonic()),
        }

    async def move_clock(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Fast-forward or change the speed; see Stage.clock."""
        if wanted.get("skip"):
            deadline = _next_deadline(await self._ask_cloud("executions") or [])
            if deadline is None:
                return {"ok": False, "error": "nothing waits for a deadline"}
            self._clock.advance(max(0.0, deadline["at"] - self._clock.now()))
        if "advance" in wanted:
            self._clock.advance(_number(wanted["advance"], MAX_ADVANCE))
        if "rate" in wanted:
            self._clock.set_rate(_number(wanted["rate"], MAX_RATE))
        self._kept.clear()
        return {"ok": True, **self._time()}

    def _time(self) -> dict[str, Any]:
        return {"now": self._clock.now(), "rate": self._clock.rate}

    async def _ask_cloud(self, what: str) -> Any:
        async def read() -> Any:
            try:
                return await asyncio.to_thread(getattr(self._cloud, what))
            except (BotoCoreError, AwsError, ResponseParserError):
                return None

        return await self._keep(what, KEEP_CLOUD, read)

    async def _seen(self, hosts: list[dict[str, Any]], devices: dict[str, int]) -> dict[str, dict[str, Any]]:
        """What was seen at the address of every running host: its service's version, and its devices."""
        addresses = sorted({h["address"] for h in hosts if h["running"] == "running" and h["address"]})
        versions = await asyncio.gather(*(self._version(address) for address in addresses))
        return {
            # Only where the service answers can there be devices at all.
            address: {"version": version, "devices": devices.get(address, 0) if version else None}
            for address, version in zip(addresses, versions, strict=True)
        }

    async def _version(self, address: str) -> str | None:
        async def read() -> str | None:
            answer = await self._get(f"http://{address}:{SERVICE_PORT}", "/version")
            return str(answer["version"]) if isinstance(answer, dict) and "version" in answer else None

        version: str | None = await self._keep(f"version {address}", KEEP_VERSION, read)
        return version

    async def _get(self, base: str | None, path: str) -> Any:
        if base is None:
            return None
        try:
            async with self._http.get(base.rstrip("/") + path, timeout=QUICK) as response:
                return await response.json(content_type=None) if response.ok else None
        except (ClientError, TimeoutError, ValueError):
            return None

    async def _keep(self, key: str, seconds: float, read: Callable[[], Any]) -> Any:
        at, value = self._kept.get(key, (0.0, None))
        if time.monotonic() - at > seconds:
            value = await read()
            self._kept[key] = (time.monotonic(), value)
        return value


def _next_deadline(machines: list[dict[str, Any]]) -> dict[str, Any] | None:
    waiting = [p for machine in machines for p in machine["phases"] if p["deadline"] is not None]
    if not waiting:
        return None
    soonest = min(waiting, key=lambda phase: float(phase["deadline"]))
    return {"at": soonest["deadline"], "what": soonest["name"]}


def _number(value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError(f"must be a number from 0 to {most}")
    return float(value)
