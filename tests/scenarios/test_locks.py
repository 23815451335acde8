"""Locks, the queue and overrides through the public door: who keeps an environment, who waits, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.front.client import buttons, shown
from sandbox.stories import APPROVER, DEPLOYER, ENVIRONMENT, LEAD
from tests.scenarios.test_refusals import GUEST, answer

if TYPE_CHECKING:
    from sandbox.stories import Teller

AT = f"cameras {ENVIRONMENT}"
REFUSED = [
    (GUEST, f"/deploy lock {AT} lunch", "not_allowed"),
    (DEPLOYER, f"/deploy lock {AT}", "malformed_command"),
    (DEPLOYER, f"/deploy lock {AT} for 9000h a very long lunch", "lock_too_long"),
    (DEPLOYER, "/deploy lock cameras moon lunch", "unknown_environment"),
    (DEPLOYER, f"/deploy unlock {AT}", "not_locked"),
    (DEPLOYER, f"/deploy leave {AT}", "not_queued"),
    (DEPLOYER, f"/deploy ask {AT}", "held_by_nobody"),
    (DEPLOYER, f"/deploy override cameras to {ENVIRONMENT} in a hurry", "not_allowed"),
]


@pytest.mark.parametrize(("who", "text", "reason"), REFUSED, ids=[text for _, text, _ in REFUSED])
def test_what_can_not_be_kept_is_refused(who: str, text: str, reason: str, people: Teller) -> None:
    """With the reason code, and nothing is changed."""
    assert reason in answer(people, who, text)
    assert "Everything" in answer(people, LEAD, "/deploy locks")


def test_a_lock_keeps_others_out_until_somebody_ends_it_and_its_holder_is_told(passed: Teller) -> None:
    """The refusal has the ways on as buttons; plans are free; somebody else's lock ends with a reason."""
    answer(passed, DEPLOYER, f"/deploy lock {AT} for 1h a migration runs")
    passed.chat.wait_for("a migration runs")
    refused = answer(passed, LEAD, passed.deploy_command)
    assert "locked" in refused
    assert all(label in refused for label in ("Join the queue", "Ask the holder", "Show the difference"))
    passed.click(LEAD, "Ask the holder")
    passed.chat.wait_for("asks for `cameras`")
    assert "asked_lately" in answer(passed, LEAD, f"/deploy ask {AT}")
    answer(passed, LEAD, f"/deploy plan cameras@{passed.version} to {ENVIRONMENT}")
    passed.wait("planned only")
    assert "locked by" in answer(passed, LEAD, "/deploy locks")
    assert "others_lock" in answer(passed, APPROVER, f"/deploy unlock {AT}")
    answer(passed, APPROVER, f"/deploy unlock {AT} it is over")
    ended = passed.chat.wait_for("is not locked any more")
    assert buttons(ended) == []
    passed.chat.wait_for("your lock of")


def test_who_waits_is_told_when_it_is_their_turn(passed: Teller) -> None:
    """While it lasts nobody else may deploy; who passes leaves it to the next."""
    passed.say(DEPLOYER, passed.deploy_command)
    passed.wait_for_question("May this deployment start?")
    refused = answer(passed, LEAD, passed.deploy_command)
    assert "already_active" in refused
    passed.click(LEAD, "Join the queue")
    passed.chat.wait_for("waits to deploy")
    assert "queued_already" in answer(passed, LEAD, f"/deploy queue cameras to {ENVIRONMENT}")
    passed.say(DEPLOYER, f"/deploy cancel {AT}")
    passed.wait("canceled")
    turn = passed.chat.wait_for("is free and it is your turn")
    assert "Deploy cameras" in shown(turn)
    assert "others_turn" in answer(passed, DEPLOYER, passed.deploy_command)
    passed.click(LEAD, "Pass")
    passed.chat.wait_for("passed; the next one's turn comes")


def test_an_override_stands_where_everybody_reads_it(passed: Teller) -> None:
    """The lock stays; what was started against it says by whom and why."""
    answer(passed, DEPLOYER, f"/deploy lock {AT} for 1h a migration runs")
    answer(passed, LEAD, f"/deploy override cameras@{passed.version} to {ENVIRONMENT} devices lose messages")
    passed.wait("devices lose messages")
    passed.say(LEAD, f"/deploy cancel {AT}")
    passed.wait("canceled")
    answer(passed, DEPLOYER, f"/deploy unlock {AT}")
