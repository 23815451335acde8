"""Forms: what they offer, and that what they send is a command that could have been typed."""

import pytest

from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import Command, Decide, Deploy, parse
from chalicelib.domain.coupling import Part, Together
from chalicelib.domain.errors import Refused
from chalicelib.domain.holding import Join, LockIt, Unlock
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.role_commands import ChangeRole
from chalicelib.domain.roles import Grant, Grants, Role
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Field, Form
from chalicelib.usecases.forms import command_of
from chalicelib.usecases.forms.shape import MOST_PLACES
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, build, question, raw_config
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
    assert field(shown, "where").label == "What goes where"
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


@pytest.mark.parametrize(
    ("kind", "about", "values", "command"),
    [
        (
            "lock",
            "cameras staging",
            {"long": "2h", "reason": "for 3\ndevices"},
            LockIt("cameras", "staging", "for 3 devices", 7_200),
        ),
        (
            "lock",
            "",
            {"where": "cameras staging", "long": "1d", "reason": "x"},
            LockIt("cameras", "staging", "x", 86_400),
        ),
        (
            "unlock",
            "cameras staging",
            {"reason": "It is late."},
            Unlock("cameras", "staging", "It is late."),
        ),
        ("unlock", "", {"where": "cameras staging", "reason": ""}, Unlock("cameras", "staging")),
        (
            "queue",
            "",
            {"where": "cameras staging", "version": "cameras@142"},
            Join("cameras", "142", "staging"),
        ),
        ("queue", "cameras staging", {"typed": "142"}, Join("cameras", "142", "staging")),
        (
            "override",
            "cameras@142 staging",
            {"reason": "a b"},
            Deploy("cameras", "142", "staging", override="a b"),
        ),
        (
            "override",
            "cameras@142+web@7 staging",
            {"reason": "a b"},
            Together((Part("cameras", "142"), Part("web", "7")), "staging", override="a b"),
        ),
        (
            "grant",
            "",
            {"who": "{person:T0TEST/U0GUEST}", "role": "viewer", "for": "*"},
            ChangeRole("grant", "U0GUEST", Role.VIEWER),
        ),
        (
            "revoke",
            "",
            {"who": "{person:T0TEST/U0GUEST}", "role": "admin", "for": "cameras"},
            ChangeRole("revoke", "U0GUEST", Role.ADMIN, "cameras"),
        ),
    ],
)
def test_every_form_is_the_command_that_could_have_been_typed(
    kind: str, about: str, values: dict[str, str], command: Command
) -> None:
    """Whatever was known before stands in what the form is about."""
    assert parse(command_of(kind, about, values)) == command


@pytest.mark.parametrize(
    ("text", "by", "reason"),
    [
        ("form lock cameras production", GUEST, Reason.NOT_ALLOWED),
        ("form lock", APPROVER, Reason.NOT_ALLOWED),
        ("form lock cameras moon", DEPLOYER, Reason.UNKNOWN_ENVIRONMENT),
        ("form unlock cameras production", DEPLOYER, Reason.NOT_LOCKED),
        ("form queue cameras production", GUEST, Reason.NOT_ALLOWED),
        ("form override cameras production", DEPLOYER, Reason.NOT_ALLOWED),
        ("form override cameras production", APPROVER, Reason.NOT_ALLOWED),
        ("form grant", LEAD, Reason.NOT_ALLOWED),
        ("form grant cameras", LEAD, Reason.UNKNOWN_SERVICE),
        ("form lock cameras", LEAD, Reason.UNKNOWN_SERVICE),
        ("form a b c", LEAD, Reason.MALFORMED_COMMAND),
        ("form override cameras@<x> production", LEAD, Reason.MALFORMED_COMMAND),
    ],
)
def test_who_would_be_refused_whatever_they_fill_in_gets_no_form(
    text: str, by: Actor, reason: Reason
) -> None:
    """Nobody writes a reason for nothing."""
    assert Desk().refused(text, by).reason is reason


def test_a_lock_is_ended_by_its_owner_or_with_a_reason() -> None:
    """The form says whose lock it is; who may not end it gets none."""
    desk = Desk()
    desk.say("lock cameras production A migration.", DEPLOYER)
    own, others = (form(desk, "form unlock cameras production", by) for by in (DEPLOYER, LEAD))
    assert field(own, "reason").optional
    assert not field(others, "reason").optional
    assert any("A migration." in line for line in others.lines)
    assert desk.refused("form unlock cameras production", GUEST).reason is Reason.NOT_ALLOWED


def test_a_lock_is_offered_for_as_long_as_the_place_allows() -> None:
    """What configuration says for it is chosen."""
    limits = {**raw_config()["services"]["cameras"]["environments"]["production"]["timeouts"]}
    desk = Desk(raw_config(timeouts={**limits, "lock": 5_400, "most_lock": 7_200}))
    long = field(form(desk, "form lock cameras production"), "long")
    assert [each.value for each in long.options] == ["30m", "1h", "90m", "2h"]
    assert long.chosen == "90m"


def test_an_admin_of_one_service_grants_for_that_one() -> None:
    """As typed: for nothing else."""
    desk = Desk()
    desk.store.put(Grants((Grant(LEAD.user, Role.ADMIN, "cameras"),)))
    shown = form(desk, "form grant", LEAD)
    assert field(shown, "who").people
    assert [each.value for each in field(shown, "for").options] == ["cameras"]


@pytest.mark.parametrize(
    ("by", "offered"),
    [
        (GUEST, set()),
        (DEPLOYER, {"lock", "queue", "unlock"}),
        (APPROVER, {"unlock"}),
        (LEAD, {"lock", "queue", "unlock", "override"}),
    ],
)
def test_the_form_leads_to_the_others_that_one_may_fill_in(by: Actor, offered: set[str]) -> None:
    """Each a command that can be typed."""
    ways = form(Desk(), "form", by).actions
    assert {each.value for each in ways} == offered
    for each in ways:
        parse(f"{each.verb} {each.value}")
