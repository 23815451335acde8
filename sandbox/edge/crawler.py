"""People with browsers: load pages through any edge all the time, keep them open, and go on from them later.

    python -m sandbox.edge.crawler --site http://127.0.0.1:1 --site http://127.0.0.1:2 --report FILE

Every file that a page refers to has to be there, and every page that it links to, whichever edge gave the page,
whichever is asked, and however late in the hour that pages are open for. What is not there is counted as missing. A
page that somebody only remembers may be gone, and the first page may be missing until there is one.
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
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from sandbox.clock import VirtualClock
from sandbox.edge.reading import files_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LATER = (0.0, 0.5, 2.0, 8.0, 30.0)
"""Seconds until a page's files are asked for; a browser that hurries, and one that was left open."""
LONGEST = 3_600.0
"""Seconds of the sandbox's time that a page is open for: releases that are not kept are cleaned up two hours later."""
PAUSE = 0.05
MOST_EXAMPLES = 20
MOST_OPEN = 400
FOLLOWED = 2
"""Links of each page that somebody clicks on."""
_SECONDS = ClientTimeout(total=15)


@dataclass
class Figures:
    """What was seen; `missing` must stay 0."""

    pages: int = 0
    files: int = 0
    missing: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def lost(self, **example: Any) -> None:
        """Something was not there."""
        self.missing += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(example)

    def shown(self) -> dict[str, Any]:
        """For the report."""
        return {"pages": self.pages, "files": self.files, "missing": self.missing, "examples": self.examples}


class Page(NamedTuple):
    """A page that somebody has open, the edge that gave it, since when, and for how long nothing is done with it."""

    path: str
    kind: str
    text: str
    edge: str
    since: float
    wait: float


@dataclass
class Crawler:
    """Readers of one site, which is served at several edges."""

    edges: Sequence[str]
    http: ClientSession
    now: Callable[[], float] = time.time
    figures: Figures = field(default_factory=Figures)
    later: Sequence[float] = LATER
    followed: int = FOLLOWED
    chance: random.Random = field(default_factory=random.Random)
    paths: list[str] = field(default_factory=lambda: ["/"])
    _seen_any: bool = False
    _open: set[asyncio.Task[None]] = field(default_factory=set)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, *, until: Callable[[], bool]) -> None:
        """Load one page after another."""
        while not until():
            await self.visit()
            await asyncio.sleep(PAUSE)

    async def visit(self) -> None:
        """Load one page, and leave it open for a while."""
        edge, path, since = self.chance.choice(self.edges), self.chance.choice(self.paths), self.now()
        status, kind, text = await self._get(edge, path)
        if status != 200:
            # An address that is remembered from an older release may be gone by design; the first page may not.
            if self._seen_any and path == "/":
                self.figures.lost(page=path, path=path, edge=edge, status=status)
            elif path != "/":
                self.paths.remove(path) if path in self.paths else None
            return
        self._seen_any = True
        self.figures.pages += 1
        self._learn(path, text)
        wait = self.chance.choice(self.later)
        if len(self._open) < MOST_OPEN:
            task = asyncio.create_task(self._use(Page(path, kind, text, edge, since, wait)))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def close_pages(self) -> None:
        """Ask at once for what the pages that are open are still to ask for."""
        self._closing.set()
        await asyncio.gather(*self._open)

    async def _use(self, page: Page) -> None:
        """Load everything that a page refers to, and what that refers to; then click on some of its links."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), page.wait)
        todo = files_of(page.path, page.text, page.kind)
        known = set(todo)
        while todo:
            wanted = todo.pop()
            self.figures.files += 1
            kind, text = await self._ask(page, wanted)
            more = [each for each in files_of(wanted, text, kind) if each not in known]
            known.update(more)
            todo += more
        links = pages_of(page.path, page.text)
        for wanted in self.chance.sample(links, min(self.followed, len(links))):
            await self._ask(page, wanted)

    async def _ask(self, page: Page, wanted: str) -> tuple[str, str]:
        """What an open page leads to, from any edge: content type and text, both empty where it is not there."""
        edge = self.chance.choice(self.edges)
        status, kind, text = await self._get(edge, wanted)
        if status == 200:
            return kind, text
        if self.now() - page.since < LONGEST:
            self.figures.lost(
                page=page.path, path=wanted, edge=edge, page_edge=page.edge, status=status, later=page.wait
            )
        return "", ""

    def _learn(self, path: str, text: str) -> None:
        self.paths = list(dict.fromkeys([*self.paths, *pages_of(path, text)]))

    async def _get(self, edge: str, path: str) -> tuple[int, str, str]:
        """Status (0: nobody answers), content type, text."""
        try:
            async with self.http.get(URL(edge + path, encoded=True), timeout=_SECONDS) as answer:
                text = (await answer.read()).decode(errors="replace")
                return answer.status, answer.headers.get("content-type", ""), text
        except (ClientError, TimeoutError):
            return 0, "", ""


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
