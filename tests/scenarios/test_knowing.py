"""What people can ask at the public door, and what the last message of a deployment tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from sandbox import table
from sandbox.front.client import buttons, shown
from sandbox.stories import APPROVER, DEPLOYER, ENVIRONMENT, LEAD, Teller
from tests.scenarios.test_refusals import answer

if TYPE_CHECKING:
    from sandbox.house import House

AT = f"cameras {ENVIRONMENT}"

REFUSED = [
    ("/deploy where doors", "unknown_service"),
    ("/deploy why cameras moon", "unknown_environment"),
    ("/deploy why cameras", "malformed_command"),
    ("/deploy history cameras moon", "unknown_environment"),
    ("/deploy history cameras production before yesterday", "malformed_command"),
    ("/deploy versions doors", "unknown_service"),
    ("/deploy stats cameras 7d", "malformed_command"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_can_not_be_told_is_refused(text: str, reason: str, people: Teller) -> None:
    """With the reason code, as everything else."""
    assert reason in answer(people, LEAD, text)


def test_what_people_ask_while_a_deployment_goes_its_way(passed: Teller, house: House) -> None:
    """From the first question to the last message, which shows what happened: why it waits, who may act, what is live,
    and how it ended."""
    passed.say(DEPLOYER, passed.deploy_command)
    passed.wait_for_question("May this deployment start?")
    waiting = answer(passed, LEAD, f"/deploy why {AT}")
    assert "waiting for a second person to confirm the start" in waiting
    assert "it ends and nothing is changed" in waiting
    assert f"`{passed.version}` 📦 passed" in answer(passed, LEAD, "/deploy versions cameras")
    passed.click(APPROVER, "Confirm")
    passed.wait("The new fleet is ready", seconds=150)
    ready = answer(passed, LEAD, f"/deploy why {AT}")
    assert "somebody to finish it, or to cancel" in ready
    passed.say(DEPLOYER, f"/deploy cancel {AT}")
    passed.wait("canceled")
    assert table.outcome(house) == "canceled"
    assert f"`{passed.version}`" not in answer(passed, LEAD, "/deploy where cameras")
    assert "confirmed the start" in answer(passed, LEAD, f"/deploy history {AT}")
    assert "Change failure rate" in answer(passed, LEAD, "/deploy stats cameras")
    passed.wait("What it cost")
    _last_message_shows_what_happened(passed)


def _last_message_shows_what_happened(people: Teller) -> None:
    """Its picture is there some seconds after its words, and can be looked at."""
    message = people.chat.wait_for(lambda each: people.heading in shown(each) and bool(_pictures(each)))
    (block,) = _pictures(message)
    assert "Wait: start" in block["alt_text"]
    assert "Who acted: 1" in shown(message)
    assert not [button for button in buttons(message) if button.get("style")]
    url = f"{people.house.page}/_sandbox/files/{block['slack_file']['id']}"
    with urlopen(url, timeout=10) as picture:  # noqa: S310 - own http URL
        assert picture.read(8) == b"\x89PNG\r\n\x1a\n"


def _pictures(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in message["blocks"] if block["type"] == "image"]
