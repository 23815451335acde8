"""A person deploys on the page, by typing and clicking, against the running service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import demo, table
from sandbox.clock import DEFAULT_RATE
from tests.browser.page import open_page

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.house import House

VERSION = "180"
HEADING = f"cameras@{VERSION} to production:"
SLOW = 150_000  # milliseconds; hosts really are configured


def test_a_deployment_driven_on_the_page(house: House, tmp_path: Path) -> None:
    """Type the command, confirm as somebody else, finish, confirm, and see the old fleet end."""
    house.clock.set_rate(DEFAULT_RATE)
    house.report_build(VERSION, "passed")
    for person in ("Deployer", "Approver"):
        house.chat.close(person)  # the answer to a form of an earlier scenario would cover the messages
    with open_page(house.page, width=1600, height=1000) as page:
        page.act_as("Deployer")
        page.say(f"/deploy cameras@{VERSION} to production")
        page.wait_message(f"May this deployment start? cameras@{VERSION}", SLOW)
        page.act_as("Approver")
        page.click("Confirm")
        page.wait_message(f"{HEADING} ready to finish", SLOW)
        page.act_as("Deployer")
        page.click("Finish: switch traffic")
        page.wait_message(f"May traffic switch to the new fleet? cameras@{VERSION}", SLOW)
        page.act_as("Approver")
        page.click("Confirm")
        page.wait_message(f"{HEADING} live, with the old fleet standing by", SLOW)
        page.screenshot(tmp_path / "kept.png")
        house.until(lambda: bool(table.open_questions(house)), "the old fleet's window is open")
        house.clock.advance(2 * 3600 + 30)
        page.wait_message(f"{HEADING} done", SLOW)
        page.screenshot(tmp_path / "done.png")
    assert table.outcome(house) == "succeeded"
    assert demo.orphans(house) == []
