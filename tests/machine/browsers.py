"""Everybody with a browser, over fakes: the sandbox's readers before the sandbox's edge, in simulated time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.edge.reader import LONGEST, Figures, Page, Reader
from tests.machine.edge import DELAYS, Edge

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from tests.fakes.clock import FakeClock
    from tests.fakes.releases import Website


class Opened(NamedTuple):
    """Which page it is, whoever has it open."""

    path: str
    text: str


class Browsers:
    """They load every page at every location whenever something has changed, keep it open, and load all that it refers
    to at every location after each change that follows: for an hour after it was shown for the last time, and for as
    long as its release is kept. So nothing is left to chance, and what any order of requests misses is missed."""

    def __init__(self, site: Website, clock: FakeClock, *, pointed: bool) -> None:
        self._site, self._clock = site, clock
        self._edge = Edge(site, pointed=pointed)
        self._reader = Reader([], self._edge, self._edge.now, _all)
        self._due: set[float] = set()
        """When a location hears of something."""
        self._open: dict[Opened, Page] = {}
        self._shown: set[Opened] = set()

    @property
    def loads(self) -> int:
        """How many requests the edge has answered."""
        return self._edge.loads

    @property
    def figures(self) -> Figures:
        """What the readers have seen."""
        return self._reader.figures

    def find_all(self) -> None:
        """I13 of docs/safety.md."""
        self.look()
        assert not self.figures.missing, self.figures.examples

    def look(self) -> None:
        """After every change of the bucket or of what CloudFront was told. What locations have heard since the last
        look they heard while the bucket was as it was then."""
        now = self._clock.now()
        for moment in sorted(each for each in self._due if each < now):
            self._read(moment)
        changed, told = self._edge.look(), self._edge.hear(now)
        if told:
            self._due |= {now + each for each in DELAYS}
        if changed or now in self._due:
            self._read(now)
        self._due = {each for each in self._due if each > now}

    def _read(self, at: float) -> None:
        self._reader.edges = self._edge.at(at)
        self._open |= {each: self._open[each]._replace(since=at) for each in self._shown}
        _at_once(self._read_all(at))

    async def _read_all(self, at: float) -> None:
        self._shown = await self._open_all()
        kept = {
            self._site.texts.get(each.sha256) for one in self._site.releases.values() for each in one.files
        }
        for page in self._open.values():
            if page.text in kept:
                await self._reader.use(page._replace(since=at))
            elif at - page.since < LONGEST:
                await self._reader.use(page)

    async def _open_all(self) -> set[Opened]:
        """The first page, and those that it leads to; what somebody only remembers may be gone, with all it needs."""
        self._reader.paths = ["/"]
        shown, read = set(), set[str]()
        while todo := [each for each in self._reader.paths if each not in read]:
            read.update(todo)
            for path, edge in [(path, edge) for path in todo for edge in self._reader.edges]:
                page = await self._reader.open(edge, path)
                if page is not None:
                    opened = Opened(path, page.text)
                    self._open[opened] = page
                    shown.add(opened)
        return shown


def _all(among: Sequence[str], most: int) -> Sequence[str]:  # noqa: ARG001 - as many as there are
    return among


def _at_once(waits_for_nothing: Coroutine[Any, Any, None]) -> None:
    """Run what never has to wait, since everything is in memory."""
    try:
        waits_for_nothing.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")
