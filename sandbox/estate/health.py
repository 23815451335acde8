"""Health checks: real requests to every target, each at its group's interval."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.estate.routes import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.estate.routes import Checks, Table, Target

FAILED, TIMEOUT, MISMATCH = "Target.FailedHealthChecks", "Target.Timeout", "Target.ResponseCodeMismatch"
"""Reason codes of ELB (ELB API reference, TargetHealth)."""


async def check(target: Target, checks: Checks) -> str | None:
    """One check: None where it passed, else ELB's reason code. Success codes are 200-399, a Network Load Balancer's
    default; without a path a TCP connection is enough."""
    try:
        async with asyncio.timeout(checks.timeout):
            reader, writer = await asyncio.open_connection(target.address, target.port)
            try:
                if not checks.path:
                    return None
                writer.write(
                    f"GET {checks.path} HTTP/1.1\r\nHost: {target.address}\r\n"
                    "User-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\n\r\n".encode()
                )
                status = (await reader.readline()).split()
            finally:
                writer.close()
    except TimeoutError:
        return TIMEOUT
    except OSError:
        return FAILED
    if len(status) < 2 or not status[1].isdigit():
        return FAILED
    return None if 200 <= int(status[1]) < 400 else MISMATCH


class Checker:
    """Keeps one task for each target that is registered and not draining; `rate` is how many times as often as its
    group says a target is checked (ELB takes no interval below 5 s, which is long where hours pass in minutes)."""

    def __init__(self, table: Table, fell_ill: Callable[[Target], None], rate: float = 1.0) -> None:
        self._table = table
        self._fell_ill = fell_ill
        self._rate = rate
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def follow(self) -> None:
        """Start checking new targets, stop checking those that are gone or draining."""
        wanted = {id(each): each for each in self._table.targets() if not each.draining}
        for gone in self._tasks.keys() - wanted.keys():
            self._tasks.pop(gone).cancel()
        for number, target in wanted.items():
            if number not in self._tasks:
                self._tasks[number] = asyncio.create_task(self._keep_checking(target))

    async def _keep_checking(self, target: Target) -> None:
        while group := self._table.groups.get(target.group):
            reason = await check(target, group.checks)
            if judge(target, group.checks, reason):
                self._fell_ill(target)
            await asyncio.sleep(group.checks.interval / self._rate)
