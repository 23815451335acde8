"""What is refused, at the public door of the running service: a clear message, a reason code, and nothing changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sandbox import table
from sandbox.front import workspace
from sandbox.front.client import shown
from sandbox.stories import APPROVER, DEPLOYER, ENVIRONMENT, LEAD, TRY_AGAIN, Teller

if TYPE_CHECKING:
    from sandbox.front.client import Message
    from sandbox.house import House

GUEST = "Guest"


def answer(people: Teller, who: str, text: str) -> str:
    """What somebody reads after typing something."""
    known = {message["ts"] for message in people.chat.messages(who)}
    people.say(who, text)
    return shown(
        people.chat.wait_for(lambda message: message["ts"] not in known and _is_reply(message), viewer=who)
    )


def _is_reply(message: Message) -> bool:
    """To this person only; being asked to try again is none: whoever says something does, see `Teller`."""
    ours = bool(message["viewer"]) and message["author"] == workspace.BOT_USER_ID
    return ours and TRY_AGAIN not in shown(message)


REFUSED = [
    (DEPLOYER, "/deploy camras to production", "unknown_service"),
    (DEPLOYER, "/deploy cameras to prod", "unknown_environment"),
    (DEPLOYER, "/deploy cameras@9999 to production", "unknown_version"),
    (DEPLOYER, "/deploy cameras@1;reboot to production", "malformed_command"),
    (DEPLOYER, "/deploy cameras@$(reboot) to production", "malformed_command"),
    (DEPLOYER, "/deploy finsh cameras production", "unknown_command"),
    (DEPLOYER, "/deploy finish cameras production", "nothing_active"),
    (DEPLOYER, "/deploy cancel cameras production", "nothing_active"),
    (DEPLOYER, "/deploy rollback cameras production", "window_closed"),
    (DEPLOYER, "/deploy keep cameras production +1h", "window_closed"),
    (APPROVER, "/deploy confirm ZZZZZ", "unknown_question"),
    (GUEST, "/deploy cameras to production", "not_allowed"),
]


@pytest.mark.parametrize(("who", "text", "reason"), REFUSED, ids=[text for _, text, _ in REFUSED])
def test_a_request_that_can_not_be_done_says_why(who: str, text: str, reason: str, people: Teller) -> None:
    """The answer carries the reason code, and no deployment is made."""
    before = table.newest(people.house)
    assert reason in answer(people, who, text)
    assert table.newest(people.house) == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=00"}, 401),
        ({"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=00"}, 401),
        ({"X-Slack-Request-Timestamp": "99999999999", "X-Slack-Signature": "v0=00"}, 401),
    ],
)
@pytest.mark.parametrize("path", ["slack/commands", "slack/interactions"])
def test_an_unsigned_request_is_turned_away(
    house: House, path: str, headers: dict[str, str], status: int
) -> None:
    """Forged, stale and malformed signatures get 401 and change nothing."""
    body = b"team_id=T0SANDBOX&user_id=U0DEPLOYER&text=cameras+to+production"
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    before = table.newest(house)
    assert _post(f"{house.api}/{path}", body, form) == status
    assert table.newest(house) == before


def test_an_unsigned_report_is_turned_away(house: House) -> None:
    """CI's door opens for signed reports of known sources only."""
    body = json.dumps({"type": "build.finished", "data": {"service": "cameras", "version": "1"}}).encode()
    for source in ("jenkins", "nobody"):
        assert _post(f"{house.api}/hooks/ci/{source}", body, {"Content-Type": "application/json"}) == 401


def test_confirming_is_for_somebody_else_and_for_once(passed: Teller) -> None:
    """Not the requester, not somebody without the role, not after it was decided; a second deployment has to wait."""
    passed.say(DEPLOYER, passed.deploy_command)
    question = passed.wait_for_question("May this deployment start?")
    code = next(line for line in shown(question).splitlines() if "/deploy confirm" in line).split()[4]
    assert "already_active" in answer(passed, LEAD, passed.deploy_command)
    assert "not_allowed" in answer(passed, DEPLOYER, f"/deploy confirm {code}")
    assert "not_allowed" in answer(passed, GUEST, f"/deploy confirm {code}")
    assert "not_ready" in answer(passed, DEPLOYER, f"/deploy finish cameras {ENVIRONMENT}")
    answer(passed, APPROVER, f"/deploy reject {code} not before the demo")
    assert "already_decided" in answer(passed, LEAD, f"/deploy confirm {code}")
    passed.wait("rejected")
    assert "not before the demo" in shown(passed.chat.wait_for("not before the demo"))


def test_a_lead_can_not_confirm_what_the_lead_asked_for(passed: Teller) -> None:
    """Who holds both roles is still one person."""
    passed.say(LEAD, passed.deploy_command)
    question = passed.wait_for_question("May this deployment start?")
    code = next(line for line in shown(question).splitlines() if "/deploy confirm" in line).split()[4]
    assert "same_person" in answer(passed, LEAD, f"/deploy confirm {code}")
    passed.say(LEAD, f"/deploy cancel cameras {ENVIRONMENT}")
    passed.wait("canceled")


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        with urlopen(Request(url, body, headers, method="POST"), timeout=10) as reply:  # noqa: S310 - own http URL
            return int(reply.status)
    except HTTPError as refused:
        return refused.code
