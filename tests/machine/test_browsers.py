"""The crawler over fakes: whatever is missing is seen, wherever and however late somebody asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.domain.approval import Kind
from tests.builders import APPROVER, LEAD
from tests.machine.release_rig import B, C, ReleaseRig

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.release_cleaning import Cleaned, Kept
    from chalicelib.usecases.steps.work import Work

OTHER = "web_production_b"
"""The folder whose turn it is."""
BRINGS = frozenset({"copy_assets", "share_files", "check_files", "check_pages"})


class Without:
    """A function some of whose steps do nothing."""

    def __init__(self, steps: object, names: frozenset[str]) -> None:
        self._steps, self._names = steps, names

    def __getattr__(self, name: str) -> Callable[[Work], object]:
        step: Callable[[Work], object] = getattr(self._steps, name)
        return (lambda _: None) if name in self._names else step


def without(rig: ReleaseRig, *names: str) -> None:
    """The product as it would be without some of its steps."""
    rig.machine.wrap(lambda steps: Without(steps, frozenset(names)))


def cleaned_up(rig: ReleaseRig) -> None:
    """B is live, and nobody goes back."""
    rig.enabled(B)
    rig.say("cleanup web production", LEAD)
    rig.decide("confirm", Kind.END, APPROVER)
    rig.machine.let(300)


def test_pages_before_their_assets_are_seen() -> None:
    """In one folder."""
    rig = ReleaseRig(pointed=False)
    without(rig, *BRINGS)
    with pytest.raises(AssertionError, match=r"app\.1\.css"):
        rig.enabled(B)


def test_a_pointer_that_moves_before_the_folder_is_whole_is_seen() -> None:
    """The pages are there, and nothing else."""
    rig = ReleaseRig(pointed=True)
    without(rig, *BRINGS)
    rig.site.folders[OTHER] = {each.path: each for each in rig.site.releases[B].files if each.page}
    with pytest.raises(AssertionError, match=r"app\.1\.css"):
        rig.enabled(B)


def test_what_only_one_of_two_folders_has_is_seen() -> None:
    """A page of the one is open, and its files are asked for at a location that has heard of the other one already."""
    rig = ReleaseRig(pointed=True)
    without(rig, "share_files")
    with pytest.raises(AssertionError, match=r"only-0\.html"):
        rig.enabled(B)


@pytest.mark.parametrize("pointed", [False, True], ids=["copied", "pointed"])
def test_cleaning_up_what_open_pages_need_is_seen(*, pointed: bool) -> None:
    """A was shown a moment ago."""
    rig = ReleaseRig(pointed=pointed, keep=2)
    clean = rig.cleaner.clean

    def too_much(bucket: str, kept: Kept) -> Cleaned:
        return clean(bucket, replace(kept, spare=frozenset()))

    rig.cleaner.clean = too_much  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match=r"app\.0\.css"):
        cleaned_up(rig)


def test_a_page_is_open_for_as_long_as_its_release_is_kept() -> None:
    """For hours: A can still be gone back to."""
    rig = ReleaseRig(pointed=False)
    rig.enabled(B)
    rig.machine.let(7_000)
    del rig.site.folders["production"]["app.0.css"]
    with pytest.raises(AssertionError, match=r"app\.0\.css"):
        rig.check()


def test_a_page_of_a_release_that_is_gone_is_open_for_an_hour() -> None:
    """Whoever comes back to it later loads it anew."""
    rig = ReleaseRig(pointed=False, keep=2)
    rig.enabled(C)
    rig.machine.let(7_300)
    assert "app.0.css" not in rig.site.served()
    assert rig.browsers.figures.missing == 0
    assert rig.browsers.loads >= 100


def test_locations_hear_while_the_bucket_is_as_it_was() -> None:
    """What came after they heard does not make up for what was missing then."""
    rig = ReleaseRig(pointed=True)
    ((store, live),) = rig.site.pointers.items()
    rig.site.folders[OTHER] = {each.path: each for each in rig.site.releases[B].files}
    rig.site.folders[live] |= {
        each.path: each for each in rig.site.releases[B].files if each.path not in rig.site.folders[live]
    }
    rig.site.pointers[store] = OTHER
    rig.browsers.look()
    before = rig.browsers.figures.missing
    rig.clock.advance(100)
    rig.site.folders[OTHER] |= rig.site.folders[live]
    rig.browsers.look()
    assert rig.browsers.figures.missing > before > 0
