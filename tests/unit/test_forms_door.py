"""Forms and views at the door: they open from what somebody just did, and are sent as commands."""

import json

import pytest

from chalicelib.domain.approval import Answer as Answer_
from chalicelib.domain.deployment import Ref, State
from chalicelib.usecases.chat_ports import Form, Opened, Reply
from chalicelib.wire.receiver import Answer
from sandbox.front.views import check_view
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, question
from tests.unit.door import HOOK, Door
from tests.unit.usecases.desk import CODE

DEPLOY = {"where": "cameras production", "version": "cameras@142", "typed": "", "how": "deploy"}


@pytest.fixture
def door() -> Door:
    """A fresh one."""
    return Door()


def led_to(answer: Answer) -> str:
    """What stands in place of the form."""
    assert answer.status == 200
    said = json.loads(answer.body)
    assert said["response_action"] == "update"
    assert check_view(said["view"], "modal") == []
    return json.dumps(said["view"]["blocks"])


def errors(answer: Answer) -> dict[str, str]:
    """What is shown at which field."""
    assert answer.status == 200
    said = json.loads(answer.body)
    assert said["response_action"] == "errors"
    return dict(said["errors"])


def test_the_form_opens_at_once_and_nothing_else_is_said(door: Door) -> None:
    """Slack shows nothing of an empty answer."""
    assert door.type("form").body == ""
    ((_, shown),) = door.views.shown
    assert isinstance(shown, Form)


@pytest.mark.parametrize("becomes", [Opened.NO, Opened.PERHAPS])
def test_where_the_form_can_not_be_opened_the_person_is_told_what_to_type(
    door: Door, becomes: Opened
) -> None:
    """A trigger that is too old, a missing token, Slack that does not answer."""
    door.views.becomes = becomes
    assert "type `/deploy SERVICE" in json.loads(door.type("form").body)["text"]
    door.click("form", "")
    assert door.replies.whispers[0][0] == HOOK
    assert "type `/deploy SERVICE" in door.replies.whispers[0][1]


def test_a_sent_form_starts_the_deployment_and_says_what_comes(door: Door) -> None:
    """The very same command as if it had been typed; the answer stands in its place."""
    assert "I work out the plan" in led_to(door.submit("deploy", DEPLOY))
    assert door.desk.workflow.started == [Ref("cameras", "production", "cameras-production-1")]


def test_a_form_that_is_sent_twice_starts_one_deployment(door: Door) -> None:
    """The answer was lost, so somebody pressed again; Slack's trigger is another then."""
    door.submit("deploy", DEPLOY)
    assert "Started" in led_to(door.submit("deploy", DEPLOY))
    assert door.desk.environment().counter == 1


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"version": "cameras@150"}, "version", "not reported"),
        ({"typed": "150"}, "typed", "not reported"),
        ({"typed": "1 to 2"}, "typed", "Write it as"),
        ({"version": "doors@7"}, "version", "no build of"),
        ({"version": "cameras@141"}, "version", "live in production already"),
        ({"where": "cameras moon"}, "where", "no environment"),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    door: Door, changes: dict[str, str], field: str, word: str
) -> None:
    """In plain words, and nothing was started."""
    found = errors(door.submit("deploy", DEPLOY | changes))
    assert list(found) == [field]
    assert word in found[field]
    assert "*" not in found[field]
    assert door.desk.workflow.started == []


def test_who_may_not_deploy_is_told_so_when_the_form_is_sent(door: Door) -> None:
    """What the form offered is no permission; the answer says whom to ask."""
    said = led_to(door.submit("deploy", DEPLOY, APPROVER.user))
    assert "needs the role *deployer*" in said
    assert "Who may?" in said
    assert "needs the role" in led_to(door.submit("deploy", DEPLOY, GUEST.user))


def test_what_is_in_the_way_is_said_with_people_times_and_the_way_on(door: Door) -> None:
    """As it would be in a channel: who holds it, until when by the reader's clock, and buttons."""
    door.type("lock cameras production for 1h A migration.", LEAD.user)
    said = led_to(door.submit("deploy", DEPLOY))
    assert f"<@{LEAD.user}> has locked" in said
    assert "<!date^" in said
    assert "Join the queue" in said


def test_a_form_that_meets_trouble_stays_open(door: Door) -> None:
    """Nothing of what was typed is lost."""
    door.desk.store.fail("commit")
    assert "try again" in errors(door.submit("deploy", DEPLOY))["where"]


def test_rejecting_by_form_keeps_the_reason(door: Door) -> None:
    """The button opens it, sending it decides."""
    door.desk.at(State.ASKING_START, question())
    door.click("reject", CODE)
    ((_, shown),) = door.views.shown
    assert door.desk.decided().answer is None
    assert isinstance(shown, Form)
    answer = door.submit(shown.kind, {"reason": "not before the demo"}, APPROVER.user, about=shown.about)
    assert "Rejected" in led_to(answer)
    assert door.desk.decided().reason == "not before the demo"


def test_a_decided_question_is_said_with_who_decided_it(door: Door) -> None:
    """Somebody else was faster while the form was open."""
    door.desk.at(State.ASKING_START, question())
    door.type(f"reject {CODE}", APPROVER.user)
    said = led_to(door.submit("reject", {"reason": ""}, APPROVER.user, about=CODE))
    assert f"Too late: <@{APPROVER.user}>" in said


@pytest.mark.parametrize("kind", ["home", "modal"])
def test_rejecting_in_a_view_asks_why_too(door: Door, kind: str) -> None:
    """The form opens before the home tab, or in place of the modal."""
    door.desk.at(State.ASKING_START, question())
    door.click_in_view("reject", CODE, kind=kind)
    ((at, shown),) = door.views.shown
    assert isinstance(shown, Form)
    assert (at == "V0VIEW") is (kind == "modal")


def test_where_slack_opens_no_form_the_button_rejects(door: Door) -> None:
    """A no must not get lost because a window did not open."""
    door.desk.at(State.ASKING_START, question())
    door.views.becomes = Opened.NO
    door.click("reject", CODE)
    assert door.desk.decided().answer is Answer_.REJECT
    assert door.replies.whispers[0][1].startswith("Rejected.")


def test_where_nobody_knows_whether_a_form_opened_nothing_is_decided(door: Door) -> None:
    """It may be there, and Cancel in it means no; what to do without it is whispered."""
    door.desk.at(State.ASKING_START, question())
    door.views.becomes = Opened.PERHAPS
    door.click("reject", CODE)
    assert door.desk.decided().answer is None
    assert f"`/deploy reject {CODE} REASON`" in door.replies.whispers[0][1]


def test_all_that_is_said_to_slack_shares_the_time_that_slack_waits(door: Door) -> None:
    """What opening a form took is not there for the whisper, and after that nothing more is begun."""
    door.views.becomes = Opened.PERHAPS
    watch = iter([10.0, 10.5, 12.0])
    door.edge._watch = lambda: next(watch)
    door.click("form", "")
    assert [call["within"] for call in door.views.called("open")] == [2.0]
    assert [call["within"] for call in door.replies.called("whisper")] == [0.5]


def test_where_the_table_took_all_the_time_no_view_is_asked_for(door: Door) -> None:
    """And a Reject, about which nothing is known to be refused, decides nothing."""
    door.desk.at(State.ASKING_START, question())
    watch = iter([10.0, 12.6, 12.6, 12.6])
    door.edge._watch = lambda: next(watch)
    door.click("reject", CODE)
    assert door.views.called("open") == []
    assert door.replies.called("whisper") == []
    assert door.desk.decided().answer is None


@pytest.mark.parametrize(("alone", "value"), [(True, "page 2"), (False, "page 2"), (True, "")])
def test_another_page_stands_in_place_of_the_one_that_only_they_saw(
    door: Door, value: str, *, alone: bool
) -> None:
    """Else each page would be one more message; what everybody sees is never replaced."""
    door.click("where", value, alone=alone)
    assert door.replies.replaced == (alone and value != "")


def test_a_no_that_brings_its_reason_is_not_asked_for_one(door: Door) -> None:
    """`Keep the old fleet` says why by itself."""
    door.desk.at(State.ASKING_START, question())
    door.click("reject", f"{CODE} Keep the old fleet")
    assert door.desk.decided().reason == "Keep the old fleet"
    assert door.views.shown == []


def test_who_may_not_reject_is_told_so_before_any_form(door: Door) -> None:
    """Nobody writes a reason for nothing."""
    door.desk.at(State.ASKING_START, question())
    door.click("reject", CODE, GUEST.user)
    assert "not_allowed" in door.replies.whispers[0][1]
    assert door.views.shown == []


def test_a_form_that_nobody_made_is_refused_where_it_stands(door: Door) -> None:
    """Its kind is not one of ours."""
    assert "do not know" in led_to(door.submit("other", {"a": "b"}))


def test_a_click_in_the_home_tab_is_answered_in_a_view(door: Door) -> None:
    """There is no conversation there: what there is to say opens."""
    door.click_in_view("status", "cameras production", DEPLOYER.user)
    ((_, shown),) = door.views.shown
    assert isinstance(shown, Reply)
    assert "`141` is live" in shown.text


def test_a_click_in_a_view_changes_that_view(door: Door) -> None:
    """An answer's next step is answered in the same place."""
    door.click_in_view("status", "cameras production", DEPLOYER.user, kind="modal")
    assert door.views.shown[0][0] == "V0VIEW"


def test_a_refusal_in_the_home_tab_is_shown_with_its_next_step(door: Door) -> None:
    """As it would be in a channel."""
    door.click_in_view("finish", "cameras production", DEPLOYER.user)
    ((_, shown),) = door.views.shown
    assert isinstance(shown, Reply)
    assert [each.verb for each in shown.actions] == ["status", "form"]
