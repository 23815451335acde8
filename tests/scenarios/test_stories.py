"""The stories of the demo, told through the public door on real processes; what must hold after each is in conftest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import demo, table
from sandbox.stories import ENVIRONMENT, LEAD, STORIES, Teller

if TYPE_CHECKING:
    from sandbox.house import House


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_story_ends_as_its_name_says(name: str, people: Teller, house: House) -> None:
    """Deploy, rollback, reject, expire and each failure end in the state that they are about."""
    story = STORIES[name]
    house.report_build(people.version, story.build, broken=story.broken)
    story.tell(people)
    assert table.outcome(house) == story.outcome


def test_the_window_can_be_extended_and_ended_early(passed: Teller, house: House) -> None:
    """`keep +2h` moves the end; `keep end` needs a second person, and then the old fleet ends at once."""
    passed.until_kept()
    (asked,) = passed.until_asked()
    passed.say(LEAD, f"/deploy keep cameras {ENVIRONMENT} +2h")
    house.until(lambda: table.open_questions(house) not in ([asked], []), "the window is a new one")
    passed.skip(3 * 3600, "three hours: longer than the window was at first")
    passed.wait("The old fleet stands by until")
    assert len(demo.orphans(house)) == len(demo.live(house))
    passed.say(LEAD, f"/deploy keep cameras {ENVIRONMENT} end")
    passed.ask_and_confirm("May the old fleet end now?")
    passed.wait("The old fleet has ended")
