"""People: roles from chat, what a question shows, a reminder, and a no with its reason, through the public door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.front.client import shown
from sandbox.stories import APPROVER, DEPLOYER, ENVIRONMENT, LEAD
from tests.scenarios.test_refusals import GUEST, answer

if TYPE_CHECKING:
    from sandbox.stories import Teller

MENTION = "<@U0GUEST|guest>"


def test_a_role_that_decides_is_granted_with_a_second_person(passed: Teller) -> None:
    """The channel is asked; until somebody else confirms, nothing changes; then it holds, until it is revoked."""
    assert "not_allowed" in answer(passed, DEPLOYER, f"/deploy grant {MENTION} approver")
    assert "nothing changes" in answer(passed, LEAD, f"/deploy grant {MENTION} approver")
    question = passed.chat.wait_for("become")
    code = next(line for line in shown(question).splitlines() if "/deploy confirm" in line).split()[4]
    assert "same_person" in answer(passed, LEAD, f"/deploy confirm {code}")
    assert "not_allowed" in answer(passed, GUEST, f"/deploy confirm {code}")
    assert "Confirmed" in answer(passed, APPROVER, f"/deploy confirm {code}")
    passed.chat.wait_for("is now")
    assert "approver" in answer(passed, GUEST, "/deploy whoami")
    assert "since" in answer(passed, GUEST, "/deploy roles")
    answer(passed, LEAD, f"/deploy revoke {MENTION} approver")
    passed.chat.wait_for("stop being")
    passed.click(APPROVER, "Confirm")
    passed.chat.wait_for("is no longer")


def test_the_configuration_is_not_changed_in_chat(passed: Teller) -> None:
    """The refusal says where to change it."""
    assert "role_configured" in answer(passed, LEAD, "/deploy revoke <@U0APPROVER> approver")


def test_a_question_is_reminded_of_and_a_no_is_told(passed: Teller) -> None:
    """The reminder has its buttons until somebody says no; the reason stands where everybody reads it."""
    passed.house.clock.set_rate(1)  # after the reminder there is a minute to answer: of the wall clock, too
    passed.say(DEPLOYER, passed.deploy_command)
    question = passed.wait_for_question("May this deployment start?")
    assert passed.version in shown(question)
    code = next(line for line in shown(question).splitlines() if "/deploy confirm" in line).split()[4]
    passed.skip(250, "most of the five minutes")
    passed.chat.wait_for("Still open")
    answer(passed, APPROVER, f"/deploy reject {code} the devices are busy")
    passed.wait("rejected")
    passed.chat.wait_for("the devices are busy")
    assert ENVIRONMENT in shown(passed.wait("the devices are busy"))
