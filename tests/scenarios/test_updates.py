"""The bot updates itself while a deployment is under way: told in chat, by a push, and by one that does not package."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from sandbox import table, updating
from sandbox.front.client import shown
from sandbox.stories import DEPLOYER, Teller

if TYPE_CHECKING:
    from sandbox.house import House

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the team's repository is git's")
TOLD, PUSHED = "Help, as an admin asked for it.", "Help, as it was pushed."


def planned(people: Teller) -> str:
    """A deployment that was asked for and planned, and that somebody rejects; its id."""
    people.say(DEPLOYER, people.deploy_command)
    people.wait_for_question("May this deployment start?")
    deployment = str(table.newest(people.house)["id"])
    people.reject("only to see what plans it")
    people.wait("rejected")
    return deployment


def test_an_update_leaves_alone_what_is_under_way(passed: Teller, house: House) -> None:
    """A deployment waits, the bot is replaced twice, and the deployment ends on the code that it began with."""
    first = house.repository.head()
    passed.until_ready()
    under_way = str(table.newest(house)["id"])

    told = house.repository.change(updating.HELP, updating.BEFORE, TOLD, "Another text")
    house.repository.push("next")
    updating.by_chat(passed, told)
    assert f"`{first[:10]}` → `{told[:10]}`" in shown(updating.done(passed, told))
    updating.answered(passed, TOLD)

    pushed = house.repository.change(updating.HELP, TOLD, PUSHED, "One more")
    house.repository.push()
    message = updating.done(passed, pushed)
    assert f"`{told[:10]}` → `{pushed[:10]}`" in shown(message)
    updating.answered(passed, PUSHED)

    passed.finish()
    passed.skip(2 * 3600 + 30, "two hours without trouble")
    passed.wait("The old fleet has ended")
    assert table.outcome(house) == "succeeded"
    assert updating.ran(house, under_way) == {"1"}
    following = Teller(house, house.chat, print, f"{passed.version}.1")
    house.report_build(following.version, "passed")
    assert updating.ran(house, planned(following)) == {"3"}

    broken = house.repository.change("stepfunctions/resources.yaml", "Resources:\n", "Resources\n", "Broken")
    house.repository.push()
    failed = house.chat.wait_for(
        lambda message: f"The update to `{broken[:10]}` failed" in shown(message), updating.BUILD_SECONDS
    )
    assert f"I am still `{pushed[:10]}`" in shown(failed)
    assert "make deploy" in shown(failed)
    updating.answered(passed, PUSHED)
