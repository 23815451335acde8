"""Releases are pushed, enabled, given up, gone back from and cleaned up in any order, with calls that fail: what
visitors see stays whole, no folder that may be shown is written over, and the record knows what lies in the other."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.domain.release import manifest
from tests.builders import LEAD, NOW
from tests.machine.release_rig import ReleaseRig, digest, file, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.release import File

ASSETS = ("a.css", "b.css", "logo.svg", "c.js")
STATES = ("ClearStandby", "CopyAssets", "Check", "ShareFiles", "Files", "Switch", "Point", "Bake", "KeepOld")
CALLS = ("place", "carry", "contents", "wrong", "manifest", "point", "pointer")


@dataclass
class Team:
    """Pushes releases of which some files changed, some only in their headers, and does what it likes with them."""

    chance: Random
    rig: ReleaseRig
    tags: list[str] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)

    def push(self) -> None:
        """A release after the last one: every page is new, and refers to what there is."""
        number = len(self.tags)
        assets = {path: each for path, each in self.files.items() if path in ASSETS}
        for path in ASSETS:
            if self.chance.random() < 0.4 or path not in assets:
                assets[path] = file(path, f"{path} {self.chance.randrange(3)}")
            if self.chance.random() < 0.2:
                assets[path] = replace(assets[path], cache=f"max-age={self.chance.randrange(3)}")
            if self.chance.random() < 0.2:
                del assets[path]
        own = f"app.of-{number}.css"
        names = {"index.html", *(f"page-{self.chance.randrange(4)}.html" for _ in range(2))}
        pages = {}
        for path in sorted(names):
            refers = self.chance.sample(sorted(assets), min(2, len(assets)))
            text = page(f"{path} of {number}", own, *refers)
            self.rig.site.texts[digest(text)] = text
            pages[path] = file(path, text, page=True)
        self.files = {**assets, own: file(own, own), **pages}
        self._report(f"web_2026-12-{number + 1:02}_14-05", number)

    def _report(self, tag: str, number: int) -> None:
        made = manifest("web", tag, self.files.values(), int(NOW) + number, version=f"{100 + number}")
        self.rig.site.push(made)
        self.rig.store.put(
            Release("web", tag, made.digest, ci("jenkins"), NOW, len(made.files), 9, version=made.version)
        )
        self.tags.append(tag)

    def enable(self) -> None:
        """One of the last."""
        self.rig.enabled(self.chance.choice(self.tags[-3:]))
        self.rig.machine.let(self.chance.choice((5, 60, 200, 7_400)))

    def give_up(self) -> None:
        """Somewhere on the way."""
        self.rig.say(f"web@{self.chance.choice(self.tags[-3:])} to production")
        self.rig.decide("confirm", Kind.START, run=False)
        self.rig.machine.run(until=self.chance.choice(STATES))
        self.rig.say("cancel web production")
        self.rig.machine.let(self.chance.choice((20, 100, 400)))

    def go_back(self) -> None:
        """Where there is time for it."""
        self.rig.say("rollback web production", LEAD)
        self.rig.decide("confirm", Kind.ROLLBACK)
        self.rig.machine.let(self.chance.choice((5, 200)))

    def clean_up(self) -> None:
        """At once."""
        self.rig.say("cleanup web production", LEAD)
        self.rig.decide("confirm", Kind.END)
        self.rig.machine.let(300)

    def fail(self) -> None:
        """S3 or CloudFront does not answer for a while, and somebody decides what becomes of it."""
        fake = self.chance.choice((self.rig.bucket, self.rig.cdn))
        times, after = self.chance.choice((3, 7, 20)), self.chance.random() < 0.5
        fake.fail(self.chance.choice(CALLS), Unavailable("busy"), times=times, after=after)
        self.rig.enabled(self.chance.choice(self.tags[-3:]))
        self.rig.machine.let(50)
        fake.recover()
        self.rig.say(self.chance.choice(("retry web production", "cancel web production")))
        self.rig.machine.let(self.chance.choice((100, 400)))

    @property
    def acts(self) -> list[Callable[[], None]]:
        """Enabling is what is done most."""
        return [self.enable, self.enable, self.enable, self.give_up, self.go_back, self.clean_up, self.fail]


def missed(error: AssertionError) -> bool:
    """Whether a run came to its end without the state that it was to stop at."""
    return "never reached" in str(error)


@pytest.mark.parametrize("seed", range(25))
def test_folders_that_take_turns_bear_any_order(seed: int) -> None:
    """After every step, and in the end file by file with its headers."""
    chance = Random(seed)  # noqa: S311 - the same order each time
    rig = ReleaseRig(pointed=True, keep=chance.choice((1, 2, 10)))
    team = Team(chance, rig)
    for _ in range(10):
        if not team.tags or chance.random() < 0.7:
            team.push()
        try:
            with suppress(Refused, ValueError):  # what can not be done now, or has no question open
                chance.choice(team.acts)()
        except AssertionError as error:
            if not missed(error):
                raise
        rig.bucket.recover()
        rig.cdn.recover()
    rig.machine.let(9_000)
    environment, folders = rig.environment(), rig.site.folders
    assert rig.shows(environment.live_version)
    assert list(rig.site.pointers.values()) == [environment.live_folder]
    (other,) = {"web_production_a", "web_production_b"} - {environment.live_folder}
    lies = rig.site.releases[environment.spare_version].files if environment.spare_version else ()
    assert [each.path for each in lies if folders[other].get(each.path) != each] == []
