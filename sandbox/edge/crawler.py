"""People with browsers: load pages through any edge all the time, keep them open, and go on from them later.

    python -m sandbox.edge.crawler --site http://127.0.0.1:1 --site http://127.0.0.1:2 --report FILE

What counts as missing is said in `reader.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from sandbox.clock import VirtualClock
from sandbox.edge.reader import FOLLOWED, Figures, Page, Reader, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LATER = (0.0, 0.5, 2.0, 8.0, 30.0)
"""Seconds until a page's files are asked for; a browser that hurries, and one that was left open."""
PAUSE = 0.05
MOST_OPEN = 400
_SECONDS = ClientTimeout(total=15)


@dataclass(frozen=True, slots=True)
class _Http:
    """The port Web."""

    http: ClientSession

    async def get(self, edge: str, path: str) -> Seen:
        """One GET."""
        try:
            async with self.http.get(URL(edge + path, encoded=True), timeout=_SECONDS) as answer:
                text = (await answer.read()).decode(errors="replace")
                return Seen(answer.status, answer.headers.get("content-type", ""), text)
        except (ClientError, TimeoutError):
            return Seen(0)


@dataclass
class Crawler:
    """Readers of one site, each at any edge and at any time."""

    edges: Sequence[str]
    http: ClientSession
    now: Callable[[], float] = time.time
    later: Sequence[float] = LATER
    followed: int = FOLLOWED
    chance: random.Random = field(default_factory=random.Random)
    _open: set[asyncio.Task[None]] = field(default_factory=set)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Nobody has read anything."""
        self.reader = Reader(self.edges, _Http(self.http), self.now, self._some, self.followed)

    @property
    def figures(self) -> Figures:
        """What they have seen."""
        return self.reader.figures

    async def read(self, *, until: Callable[[], bool]) -> None:
        """Load one page after another."""
        while not until():
            await self.visit()
            await asyncio.sleep(PAUSE)

    async def visit(self) -> None:
        """Load one page, and leave it open for a while."""
        page = await self.reader.open(self.chance.choice(self.edges), self.chance.choice(self.reader.paths))
        if page is not None and len(self._open) < MOST_OPEN:
            task = asyncio.create_task(self._use(page, self.chance.choice(self.later)))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def close_pages(self) -> None:
        """Ask at once for what the pages that are open are still to ask for."""
        self._closing.set()
        await asyncio.gather(*self._open)

    async def _use(self, page: Page, wait: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), wait)
        await self.reader.use(page)

    def _some(self, among: Sequence[str], most: int) -> Sequence[str]:
        return self.chance.sample(among, min(most, len(among)))


async def _run(given: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with ClientSession() as http:
        now = VirtualClock(given.clock).now if given.clock else time.time
        crawler = Crawler(given.site, http, now)
        writing = asyncio.create_task(_write(crawler.figures, given.report))
        end = time.monotonic() + given.seconds
        await asyncio.gather(
            *(
                crawler.read(until=lambda: stopped.is_set() or time.monotonic() > end)
                for _ in range(given.readers)
            )
        )
        await crawler.close_pages()
        writing.cancel()
        _save(crawler.figures, given.report)


async def _write(figures: Figures, report: Path) -> None:
    while True:
        _save(figures, report)
        await asyncio.sleep(0.5)


def _save(figures: Figures, report: Path) -> None:
    fresh = report.with_suffix(".new")
    fresh.write_text(json.dumps(figures.shown()), encoding="utf-8")
    fresh.replace(report)


def main() -> None:
    """Read until SIGTERM, SIGINT or the time is over; then wait for what is open."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.edge.crawler", description=__doc__)
    parser.add_argument(
        "--site", action="append", required=True, help="the site's address at one edge; repeat"
    )
    parser.add_argument("--report", type=Path, required=True, help="where the figures go")
    parser.add_argument("--clock", type=Path, help="the sandbox's (without it, the machine's)")
    parser.add_argument("--readers", type=int, default=2, help="people at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="how long")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
