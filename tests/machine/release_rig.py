"""A frontend, its bucket, its CDN and the release machine over fakes; what visitors are shown is always checked."""

import hashlib
from collections.abc import Sequence
from itertools import count
from typing import Any

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.people import Actor, ci
from chalicelib.domain.pushed import Release
from chalicelib.domain.release import File, Manifest, manifest
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.steps.cleaning import CleanupSteps
from chalicelib.usecases.steps.frontend import FrontendSteps
from chalicelib.usecases.steps.ledger import LedgerSteps
from tests.builders import APPROVER, NOW, raw_config
from tests.fakes.clock import FakeClock
from tests.fakes.recorder import Recorder
from tests.fakes.releases import FakeBucket, FakeCdn, FakeCleaner, FakeViewer, Website
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow
from tests.machine.browsers import Browsers
from tests.machine.driver import Machine
from tests.machine.talking import Talking

A, B, C = (f"web_2026-11-2{day}_14-05" for day in (1, 2, 3))
STORE = "arn:aws:cloudfront::123456789012:key-value-store/web"
ADDRESS = "https://web.example.com"
SLOWEST = 60
TIMEOUTS = {"ask": 300, "keep_old": 7_200, "most_keep_old": 28_800}


def file(path: str, content: str, *, page: bool = False) -> File:
    """A file of this content."""
    cache = "no-cache" if page else "public, max-age=300"
    return File(path, digest(content), len(content), "text/html" if page else "text/css", cache, page=page)


def digest(text: str) -> str:
    """Its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()


class ReleaseRig(Talking):
    """Three releases were pushed and reported; the first is live, unless a test begins with it. `production` is
    protected, and pointed or copied."""

    def __init__(
        self, *, pointed: bool, keep: int = 10, first: bool = True, more: Sequence[File] = ()
    ) -> None:
        """`more` is in every release."""
        self.site = Website()
        self.site.shown = "production"
        raw = raw_config()
        raw["services"]["web"] = web(pointed=pointed, keep=keep)
        self.store, self.clock, self.workflow = FakeStore(raw), FakeClock(), FakeWorkflow()
        self.bucket, self.cdn = FakeBucket(self.site), FakeCdn(self.site)
        self.viewer, self.cleaner = FakeViewer(self.site, ADDRESS), FakeCleaner(self.site)
        self.chatops = ChatOps(self.store, self.workflow, self.clock)
        steps = {
            "frontend": FrontendSteps(self.bucket, self.cdn, self.viewer),
            "cleanup": CleanupSteps(self.cleaner),
            "ledger": LedgerSteps(self.workflow),
        }
        self.machine = Machine(self.store, self.workflow, self.clock, steps)
        self.machine.after_each_step = self.check
        self._events = (f"slack-{number}" for number in count(1))
        self.browsers = Browsers(self.site, self.clock, pointed=pointed)
        self._edges = Edges(self.site, self.clock)
        for number, tag in enumerate((A, B, C)):
            self.store.put(pushed(self.site, number, tag, more))
        if first:
            self.enabled(A)
            self.machine.let(7_300)

    @property
    def fakes(self) -> list[Recorder]:
        """All that steps call."""
        return [self.store, self.workflow, self.bucket, self.cdn, self.viewer, self.cleaner]

    # --- acting -------------------------------------------------------------------------------------------------

    def decide(self, verb: str, kind: Kind, by: Actor = APPROVER, *, run: bool = True) -> str:
        """Somebody answers the open question of a kind."""
        (asked,) = (each for each in self.open() if each.kind is kind)
        return self.say(f"{verb} {asked.code}", by, run=run)

    def enabled(self, tag: str = B) -> None:
        """A release is live, and the window to go back is open."""
        self.say(f"web@{tag} to production")
        self.decide("confirm", Kind.START)

    # --- looking ------------------------------------------------------------------------------------------------

    def deployment(self, number: int = 2) -> Deployment:
        """The record; the first one enabled release A."""
        found = self.store.deployment(Ref("web", "production", f"web-production-{number}"))
        assert found is not None
        return found

    def environment(self) -> Environment:
        """What is live and who holds it."""
        return self.store.environment("web", "production")

    def open(self) -> list[Question]:
        """Every question that nobody has decided."""
        return list(self.store.overview("web", "production").questions)

    def shows(self, tag: str) -> bool:
        """Whether every file of a release is what a visitor gets."""
        served = self.site.served()
        return all(served.get(each.path) == each for each in self.site.releases[tag].files)

    def check(self) -> None:
        """I13 of docs/safety.md: what visitors have open is whole, and so is what is said to be live."""
        self.browsers.find_all()
        self.is_whole()

    def is_whole(self) -> None:
        """What is said to be live is a complete release, and nothing of it changes under those who are shown it."""
        self._edges.look()
        live = self.environment().live_version
        assert not live or live in self.site.releases
        if self.environment().active is None and live:
            assert self.shows(live)

    def over(self, number: int = 2) -> None:
        """Nothing is left of it."""
        assert self.deployment(number).ended
        assert self.open() == []
        assert self.environment().active is None
        assert self.environment().keeping is None


class Edges:
    """Locations of the CDN of which the slowest hears of a write of the pointer after SLOWEST seconds."""

    def __init__(self, site: Website, clock: FakeClock) -> None:
        self._site, self._clock = site, clock
        self._shown: dict[str, tuple[float, dict[str, File]]] = {}

    def look(self) -> None:
        """What a location may still lead to is not written over with anything else, wherever the site points by now."""
        live = set(self._site.pointers.values())
        for folder in live | self._shown.keys():
            now = dict(self._site.folders.get(folder, {}))
            since, was = self._shown.get(folder, (self._clock.now(), now))
            other = [path for path, each in was.items() if now.get(path, each) != each]
            assert not other, f"{other} were written over in {folder}, which may still be shown"
            if folder in live:
                self._shown[folder] = self._clock.now(), now
            elif self._clock.now() - since > SLOWEST:
                del self._shown[folder]


def pushed(site: Website, number: int, tag: str, more: Sequence[File] = ()) -> Release:
    """A release that was pushed and reported: it has a page that leads to one that only it has, a style of its own name
    and one whose name stays and which loads the other one."""
    own, style, only = f"app.{number}.css", "style.css", f"only-{number}.html"
    texts = {
        own: f"/* {number} */",
        style: f'@import url("{own}");',
        "logo.svg": "logo",
        "index.html": page(str(number), own, style, to=only),
        only: page(f"only {number}", own),
    }
    site.texts |= {digest(text): text for text in texts.values()}
    made = [file(path, text, page=path.endswith(".html")) for path, text in texts.items()]
    made += more
    release: Manifest = manifest("web", tag, made, int(NOW) + number, version=str(number + 1))
    site.push(release)
    return Release("web", tag, release.digest, ci("jenkins"), NOW, len(made), 9, version=str(number + 1))


def page(words: str, *files: str, to: str = "") -> str:
    """The text of a page that loads style sheets, and leads somewhere."""
    loads = "".join(f'<link rel="stylesheet" href="{each}">' for each in files)
    return f'{loads}<a href="{to}">{words}</a>' if to else f"{loads}{words}"


def web(*, pointed: bool, keep: int) -> dict[str, Any]:
    """The frontend's part of the configuration."""
    production = {
        "protected": True,
        "channel": "C0DEPLOYS",
        "timeouts": TIMEOUTS,
        "url": ADDRESS,
        "distribution": "E1EXAMPLE2",
        **({"pointer": STORE} if pointed else {}),
    }
    return {
        "kind": "frontend",
        "bucket": "pointsman-frontend-web",
        "keep": keep,
        "pages": [],
        "cache": [],
        "environments": {"production": production},
    }
