"""People with browsers: load pages through any edge all the time, keep them open, and ask for their files later.

    python -m sandbox.edge.crawler --site http://127.0.0.1:1 --site http://127.0.0.1:2 --report FILE

Every file that a page refers to has to be there, whichever edge gave the page, whichever is asked for the file, and
however late. What is not there is counted as missing. The page itself may be missing only until there is a first one.
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
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from sandbox.edge.reading import files_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LATER = (0.0, 0.5, 2.0, 8.0, 30.0)
"""Seconds until a page's files are asked for; a browser that hurries, and one that was left open."""
PAUSE = 0.05
MOST_EXAMPLES = 20
MOST_OPEN = 400
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


@dataclass
class Crawler:
    """Readers of one site, which is served at several edges."""

    edges: Sequence[str]
    http: ClientSession
    figures: Figures = field(default_factory=Figures)
    later: Sequence[float] = LATER
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
        edge, path = self.chance.choice(self.edges), self.chance.choice(self.paths)
        status, kind, text = await self._get(edge, path)
        if status != 200:
            # A link that was learned from an older release may be gone by design; the first page may not.
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
            task = asyncio.create_task(self._use(path, kind, text, edge, wait))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def close_pages(self) -> None:
        """Ask at once for what the pages that are open are still to ask for."""
        self._closing.set()
        await asyncio.gather(*self._open)

    async def _use(self, path: str, kind: str, text: str, page_edge: str, wait: float) -> None:
        """Load everything that a page refers to, and what that refers to, each from any edge."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), wait)
        todo = files_of(path, text, kind)
        known = set(todo)
        while todo:
            wanted = todo.pop()
            edge = self.chance.choice(self.edges)
            status, its_kind, its_text = await self._get(edge, wanted)
            self.figures.files += 1
            if status != 200:
                self.figures.lost(
                    page=path, path=wanted, edge=edge, page_edge=page_edge, status=status, later=wait
                )
                continue
            more = [each for each in files_of(wanted, its_text, its_kind) if each not in known]
            known.update(more)
            todo += more

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
        crawler = Crawler(given.site, http)
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
    parser.add_argument("--readers", type=int, default=2, help="people at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="how long")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
