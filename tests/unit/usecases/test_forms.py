"""Forms: what they offer, and that what they send is a command that could have been typed."""

import pytest

from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import Decide, Deploy, parse
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Field, Form
from chalicelib.usecases.forms import MOST_PLACES, command_of
from tests.builders import APPROVER, DEPLOYER, GUEST, NOW, build, question, raw_config
from tests.unit.usecases.desk import CODE, Desk, nothing_happened


def form(desk: Desk, text: str, by: Actor = DEPLOYER) -> Form:
    """The form that somebody is shown; nothing is written for it."""
    found: list[Form | None] = []

    def ask() -> None:
        found.append(desk.chatops.handle(Request(parse(text), by, "slack-form")).form)

    nothing_happened(desk, ask)
    assert found[0] is not None
    return found[0]


def field(shown: Form, name: str) -> Field:
    """One of its fields."""
    return next(each for each in shown.fields if each.name == name)


def test_the_form_offers_places_builds_and_what_to_do() -> None:
    """Builds that failed are not offered; the newest comes first."""
    desk = Desk()
    desk.store.put(build("143", status=BuildStatus.FAILED, reported_at=NOW))
    shown = form(desk, "form")
    assert {each.value for each in field(shown, "where").options} == {
        "cameras production",
        "cameras staging",
    }
    assert [each.value for each in field(shown, "version").options] == [
        "cameras@142",
        "cameras@141",
        "cameras@140",
    ]
    assert [each.value for each in field(shown, "how").options] == ["deploy", "plan"]


def test_a_form_about_one_place_has_it_chosen() -> None:
    """From a button that knows where."""
    assert field(form(Desk(), "form cameras staging"), "where").chosen == "cameras staging"


def test_who_may_only_look_may_only_plan() -> None:
    """The approver is no deployer."""
    assert [each.value for each in field(form(Desk(), "form", APPROVER), "how").options] == ["plan"]


def test_strangers_get_no_form() -> None:
    """As they get no answer to anything else."""
    configuration = raw_config() | {"people": {"deployer": [DEPLOYER.user]}}
    assert Desk(configuration).refused("form", GUEST).reason is Reason.NOT_ALLOWED
    assert Desk().refused("form", Actor("T0OTHER", "U0A")).reason is Reason.WRONG_WORKSPACE


def test_more_places_than_chat_can_offer_are_cut_with_a_hint() -> None:
    """Slack takes a hundred options; the rest can be typed."""
    configuration = raw_config()
    service = configuration["services"]["cameras"]
    configuration["services"] = {f"cameras-{number}": service for number in range(80)}
    shown = form(Desk(configuration), "form")
    where = field(shown, "where")
    assert len(where.options) == MOST_PLACES
    assert "type `/deploy" in where.hint
    assert all(each.name != "version" for each in shown.fields), "too many services to read their builds"


@pytest.mark.parametrize(
    ("values", "command"),
    [
        (
            {"where": "cameras staging", "version": "cameras@142", "typed": "", "how": "deploy"},
            Deploy("cameras", "142", "staging"),
        ),
        (
            {"where": "cameras staging", "version": "", "typed": " 142 ", "how": "deploy"},
            Deploy("cameras", "142", "staging"),
        ),
        (
            {"where": "cameras staging", "version": "cameras@141", "typed": "cameras@142", "how": "deploy"},
            Deploy("cameras", "142", "staging"),
        ),
        ({"where": "cameras staging", "how": "plan"}, Deploy("cameras", None, "staging", plan_only=True)),
        ({"where": "cameras staging"}, Deploy("cameras", None, "staging", plan_only=True)),
    ],
)
def test_a_form_is_the_command_that_could_have_been_typed(values: dict[str, str], command: Deploy) -> None:
    """What was typed comes before what was chosen; only who says deploy deploys."""
    assert parse(command_of("deploy", "", values)) == command


def test_a_reason_of_several_lines_is_one() -> None:
    """A command is one line."""
    sent = command_of("reject", CODE, {"reason": "not\nbefore  the demo"})
    assert parse(sent) == Decide("reject", CODE, "not before the demo")
    assert parse(command_of("reject", CODE, {})) == Decide("reject", CODE)


@pytest.mark.parametrize("typed", ["142 to production", "1 2", "<!channel>", "-rf", "$(x)"])
def test_what_is_typed_into_a_form_can_not_become_another_command(typed: str) -> None:
    """A version is a version, or the form is refused."""
    with pytest.raises(Refused) as refused:
        parse(command_of("deploy", "", {"where": "cameras staging", "typed": typed, "how": "deploy"}))
    assert refused.value.reason is Reason.MALFORMED_COMMAND


def test_a_build_of_another_service_is_refused() -> None:
    """The choices stand side by side, so they can contradict each other."""
    with pytest.raises(Refused) as refused:
        command_of("deploy", "", {"where": "cameras staging", "version": "doors@7", "how": "deploy"})
    assert refused.value.reason is Reason.OTHER_SERVICE


def test_rejecting_asks_why_and_names_what() -> None:
    """Who may reject is asked before the form opens, and again when it is sent."""
    desk = Desk()
    desk.store.put(question())
    shown = form(desk, f"form reject {CODE}", APPROVER)
    assert (shown.kind, shown.about) == ("reject", CODE)
    assert field(shown, "reason").optional
    assert desk.refused(f"form reject {CODE}", GUEST).reason is Reason.NOT_ALLOWED
    assert desk.refused("form reject AAAAA", APPROVER).reason is Reason.UNKNOWN_QUESTION


def test_a_question_that_is_over_opens_no_form() -> None:
    """The answer says why, as the decision would."""
    desk = Desk()
    desk.store.put(question(deadline=NOW - 1))
    assert desk.refused(f"form reject {CODE}", APPROVER).reason is Reason.EXPIRED
