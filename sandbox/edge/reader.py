"""What people with browsers load from a site, and what of it they miss.

Every file that a page refers to has to be there, and every page that it links to, whichever edge gave the page,
whichever is asked, and however late in the hour that pages are open for. What is not there is counted as missing. A
page that somebody only remembers may be gone, and the first page may be missing until there is one.

When a page is loaded, and how late its files are, is said by whoever has readers: `crawler.py` in a house that runs,
`tests/machine/browsers.py` over fakes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sandbox.edge.reading import files_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST = 3_600.0
"""Seconds that a page is open for: releases that are not kept are cleaned up two hours later."""
FOLLOWED = 2
"""Links of each page that somebody clicks on."""
MOST_EXAMPLES = 20


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


class Seen(NamedTuple):
    """What a browser got. Status 0: nobody answered."""

    status: int
    kind: str = ""
    """The content type."""
    text: str = ""


class Page(NamedTuple):
    """A page that somebody has open, the edge that gave it, and since when."""

    path: str
    kind: str
    text: str
    edge: str
    since: float


class Web(Protocol):
    """How a browser asks."""

    async def get(self, edge: str, path: str) -> Seen:
        """One path at one edge."""


class Pick(Protocol):
    """Whom of many somebody asks, or what they click on."""

    def __call__(self, among: Sequence[str], most: int) -> Sequence[str]:
        """Some, at most so many of them unless it is to be all of them."""


@dataclass
class Reader:
    """Readers of one site, which is served at several edges; `now` is their time."""

    edges: Sequence[str]
    web: Web
    now: Callable[[], float]
    pick: Pick
    followed: int = FOLLOWED
    figures: Figures = field(default_factory=Figures)
    paths: list[str] = field(default_factory=lambda: ["/"])
    """The pages that somebody has heard of."""
    _seen_any: bool = False

    async def open(self, edge: str, path: str) -> Page | None:
        """Load a page; None where it is not there."""
        since = self.now()
        seen = await self.web.get(edge, path)
        if seen.status != 200:
            # An address that is remembered from an older release may be gone by design; the first page may not.
            if self._seen_any and path == "/":
                self.figures.lost(page=path, path=path, edge=edge, status=seen.status)
            elif path != "/":
                self.paths.remove(path) if path in self.paths else None
            return None
        self._seen_any = True
        self.figures.pages += 1
        self.paths = list(dict.fromkeys([*self.paths, *pages_of(path, seen.text)]))
        return Page(path, seen.kind, seen.text, edge, since)

    async def use(self, page: Page) -> None:
        """Load everything that a page refers to, and what that refers to; then click on some of its links."""
        todo = list(files_of(page.path, page.text, page.kind))
        known = set(todo)
        while todo:
            wanted = todo.pop()
            for seen in await self._ask(page, wanted):
                self.figures.files += 1
                more = [each for each in files_of(wanted, seen.text, seen.kind) if each not in known]
                known.update(more)
                todo += more
        for wanted in self.pick(pages_of(page.path, page.text), self.followed):
            await self._ask(page, wanted)

    async def _ask(self, page: Page, wanted: str) -> list[Seen]:
        """What an open page leads to, as those edges give it that are picked; without text where it is not there."""
        found = []
        for edge in self.pick(self.edges, 1):
            seen = await self.web.get(edge, wanted)
            late = self.now() - page.since
            if seen.status != 200 and late < LONGEST:
                self.figures.lost(
                    page=page.path,
                    path=wanted,
                    edge=edge,
                    page_edge=page.edge,
                    status=seen.status,
                    later=round(late, 1),
                )
            found.append(seen if seen.status == 200 else Seen(seen.status))
        return found
