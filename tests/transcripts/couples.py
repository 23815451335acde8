"""Stories of a server and a frontend that go together: both machines over fakes, with a chat that keeps what everybody
read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.builders import APPROVER, DEPLOYER, LEAD
from tests.machine.couple_rig import BOTH, CoupleRig
from tests.transcripts.frontends import Telling

if TYPE_CHECKING:
    from collections.abc import Callable


class ToldTogether(Telling, CoupleRig):
    """141 and A are live, or no release yet; both environments are protected."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.tells()


@dataclass(frozen=True, slots=True)
class Story:
    """Its name, and what happens in it."""

    name: str
    happens: Callable[[ToldTogether], None]
    first: bool = False


def live(told: ToldTogether) -> None:
    """Both are asked for, confirmed and live."""
    told.types(f"{BOTH} to production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.presses("Finish: switch traffic", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.lets(200)


def _deployed(told: ToldTogether) -> None:
    live(told)
    told.types("cleanup web production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.lets(60)


def _rolled_back(told: ToldTogether) -> None:
    live(told)
    told.types("rollback web production", LEAD)
    told.types("why cameras production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.lets(300)


def _frontend_fails(told: ToldTogether) -> None:
    told.types(f"{BOTH} to production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.site.objects.clear()
    told.presses("Finish: switch traffic", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.lets(2_500)


def _first(told: ToldTogether) -> None:
    live(told)
    told.presses("Roll back", LEAD)
    told.presses("Confirm", APPROVER)
    told.lets(300)


STORIES = (
    Story("together deployed", _deployed),
    Story("together rolled back", _rolled_back),
    Story("together the frontend fails", _frontend_fails),
    Story("together a first release stays", _first, first=True),
)
