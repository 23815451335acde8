"""Servers and a frontend in one request: how it is written, and what keeps the two from going together."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.commands import Deploy, parse
from chalicelib.domain.coupling import Part, Together, couple
from chalicelib.domain.deployment import Environment, Slot
from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import NAME
from chalicelib.domain.locks import Lock
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import VERSION, Release
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.coupling import Coupling
from chalicelib.usecases.next_steps import next_steps
from chalicelib.usecases.starting import Starting
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, build, raw_config
from tests.unit.usecases.desk import Desk

TAG = "web_2026-11-22_14-05"
NAMES = st.from_regex(NAME, fullmatch=True)
VERSIONS = st.from_regex(VERSION, fullmatch=True)


def pair(first: str, second: str, environment: str = "production", **more: Any) -> Together:
    """Two parts as they are typed."""
    parts = (Part(*first.split("@")), Part(*second.split("@")))
    return Together(parts, environment, **more)


GOOD = [
    (f"cameras@142+web@{TAG} to production", pair("cameras@142", f"web@{TAG}")),
    (f"web@{TAG}+cameras@142 to production", pair(f"web@{TAG}", "cameras@142")),
    ("cameras+web to production", pair("cameras", "web")),
    ("cameras+web@7 to production", pair("cameras", "web@7")),
    ("cameras@1.4.2+7+web@1+2 to production", pair("cameras@1.4.2+7", "web@1+2")),
    ("plan cameras+web to production", pair("cameras", "web", plan_only=True)),
    ("override cameras@1+web@2 to production it burns", pair("cameras@1", "web@2", override="it burns")),
    ("cameras@1.4.2+7 to production", Deploy("cameras", "1.4.2+7", "production")),
    ("cameras@142+web to production", Deploy("cameras", "142+web", "production")),
]
BAD = [
    ("cameras+cameras to production", "named twice"),
    ("cameras@1+cameras@2 to production", "named twice"),
    ("cameras@1+web@2+doors@3 to production", "at most"),
    ("cameras+web+doors to production", "at most"),
    ("cameras+ to production", "not a name"),
    ("+web@1 to production", "not a name"),
    ("cameras@1+web@ to production", "not a version"),
    ("cameras@1+web@2 production", "expected `to`"),
    ("cameras@1+web@2 to", "names a service"),
    ("override cameras@1+web@2 to production", "Say why"),
    ("plan + to production", "not a name"),
    ("plan cameras+web", "names a service"),
]


@pytest.mark.parametrize(("text", "command"), GOOD)
def test_two_services_in_one_request(text: str, command: object) -> None:
    """In either order, with and without versions; a version may hold a plus as before."""
    assert parse(text) == command


@pytest.mark.parametrize(("text", "says"), BAD)
def test_what_can_not_be_meant_is_refused(text: str, says: str) -> None:
    """With how to write it."""
    with pytest.raises(Refused) as caught:
        parse(text)
    assert caught.value.reason is Reason.MALFORMED_COMMAND
    assert says in caught.value.text


@given(one=NAMES, other=NAMES, first=VERSIONS, second=VERSIONS)
def test_what_was_meant_is_what_is_understood(one: str, other: str, first: str, second: str) -> None:
    """Any two names and versions, whatever pluses they hold; and what is understood can be typed again."""
    text = f"{one}@{first}+{other}@{second} to production"
    if one == other:
        with pytest.raises(Refused):
            parse(text)
        return
    made = parse(text)
    assert made == pair(f"{one}@{first}", f"{other}@{second}")
    assert isinstance(made, Together)
    assert parse(f"{made.wanted} to production") == made


# --- the two kinds ----------------------------------------------------------------------------------------------------


def raw() -> dict[str, Any]:
    """The servers `cameras` and `doors`, the frontends `web` and `shop`; only cameras has a staging environment."""
    made = raw_config()
    services = made["services"]
    services["doors"] = {**services["cameras"], "environments": dict(services["cameras"]["environments"])}
    del services["doors"]["environments"]["staging"]
    front = {"kind": "frontend", "bucket": "b", "keep": 10, "pages": [], "cache": []}
    for name in ("web", "shop"):
        services[name] = {**front, "environments": {"production": {"protected": True}}}
    return made


@pytest.mark.parametrize("text", ["cameras+web to production", "web+cameras to production"])
def test_servers_go_live_before_the_frontend_that_needs_them(text: str) -> None:
    """Whichever was named first."""
    asked = parse(text)
    assert isinstance(asked, Together)
    found = couple(Team(1, raw()), asked)
    assert [each.part.service for each in found.halves] == ["cameras", "web"]
    assert [each.settings.site is None for each in found.halves] == [True, False]


@pytest.mark.parametrize(
    ("text", "reason", "says"),
    [
        ("cameras+doors to production", Reason.SAME_KIND, "both servers"),
        ("web+shop@3 to production", Reason.SAME_KIND, "then `/deploy shop@3 to production`"),
        ("cameras+web to staging", Reason.UNKNOWN_ENVIRONMENT, "`web` has no environment `staging`"),
        ("cameras+nothing to production", Reason.UNKNOWN_SERVICE, "no service `nothing`"),
    ],
)
def test_what_does_not_fit_together_is_refused(text: str, reason: Reason, says: str) -> None:
    """It says which of the two, and what to do instead."""
    asked = parse(text)
    assert isinstance(asked, Together)
    with pytest.raises(Refused) as caught:
        couple(Team(1, raw()), asked)
    assert caught.value.reason is reason
    assert says in caught.value.text


# --- both or neither --------------------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> Desk:
    """Build 142 passed, one release was pushed, and both environments are free."""
    made = Desk(raw())
    made.store.put(Release("web", TAG, "a" * 64, ci("jenkins"), NOW))
    return made


def ready(desk: Desk, text: str, by: Any = DEPLOYER) -> list[tuple[str, str]]:
    """What would go, in its order."""
    asked = parse(text)
    assert isinstance(asked, Together)
    starting = Starting(desk.store, desk.workflow, desk.clock)
    found = Coupling(desk.store, desk.workflow, starting).ready(desk.store.team(), asked, by, NOW)
    return [(each.half.part.service, each.version) for each in found]


def refused(desk: Desk, text: str, by: Any = DEPLOYER) -> Refused:
    """Why neither goes."""
    with pytest.raises(Refused) as caught:
        ready(desk, text, by)
    return caught.value


def web(**changes: Any) -> Environment:
    """Where the frontend is."""
    return replace(Environment("web", "production"), **changes)


def test_two_that_are_free_may_go(desk: Desk) -> None:
    """With the newest of each where no version is named."""
    assert ready(desk, "web+cameras to production") == [("cameras", "142"), ("web", TAG)]
    assert ready(desk, "plan web+cameras to production") == [("cameras", "142"), ("web", TAG)]


def test_one_that_is_locked_keeps_both(desk: Desk) -> None:
    """It says whose lock of which; waiting is for that one, and an override is for both."""
    lock = Lock("web", "production", 1, LEAD, "a demo", NOW, NOW + 600)
    desk.store.put(web(lock=lock, tickets=1))
    why = refused(desk, f"cameras@142+web@{TAG} to production")
    assert why.reason is Reason.LOCKED
    assert why.text.startswith("Nothing was started: the two go together or not at all.")
    assert "has locked `web` in production" in why.text
    assert f"`/deploy override cameras@142+web@{TAG} to production REASON`" in why.text
    for each in next_steps(why):
        parse(f"{each.verb} {each.value}")
    assert ready(desk, f"override cameras@142+web@{TAG} to production it burns", LEAD)
    assert ready(desk, "plan cameras+web to production")


def test_one_that_is_frozen_keeps_both(desk: Desk) -> None:
    """A freeze of the servers keeps the frontend too."""
    made = raw()
    made["services"]["cameras"]["environments"]["production"]["freezes"] = [
        {"begin": "2026-01-01 00:00", "end": "2026-12-31 00:00", "zone": "UTC", "reason": "the season"}
    ]
    desk.store.publish(made)
    why = refused(desk, "cameras+web to production")
    assert (why.reason, "the season" in why.text) == (Reason.FROZEN, True)
    assert "`/deploy override cameras+web to production REASON`" in why.text


def test_one_that_is_being_deployed_keeps_both(desk: Desk) -> None:
    """And nothing is said about the other one."""
    desk.store.put(web(active=Slot("web-production-1", 1, NOW), fence=1, counter=1))
    why = refused(desk, "cameras+web to production")
    assert why.reason is Reason.ALREADY_ACTIVE
    assert "*web-production-1* is being deployed" in why.text
    assert "`/deploy queue web to production`" in why.text


def test_where_one_is_live_already_the_other_goes_alone(desk: Desk) -> None:
    """With a button for it."""
    why = refused(desk, f"cameras@141+web@{TAG} to production")
    assert why.reason is Reason.LIVE_ALONE
    assert [each.value for each in next_steps(why)] == [f"web@{TAG} to production"]


@pytest.mark.parametrize(
    ("text", "by", "reason"),
    [
        ("cameras+web to production", GUEST, Reason.NOT_ALLOWED),
        ("override cameras+web to production now", DEPLOYER, Reason.NOT_ALLOWED),
        (f"cameras@9+web@{TAG} to production", DEPLOYER, Reason.UNKNOWN_VERSION),
        ("cameras+web@9 to production", DEPLOYER, Reason.UNKNOWN_RELEASE),
    ],
)
def test_both_have_to_be_allowed_and_there(desk: Desk, text: str, by: Any, reason: Reason) -> None:
    """As for one alone."""
    assert refused(desk, text, by).reason is reason


def test_two_of_a_kind_do_not_go_together(desk: Desk) -> None:
    """Two servers have nothing that follows."""
    assert desk.refused("cameras+doors to production", APPROVER).reason is Reason.SAME_KIND


def test_a_version_that_ends_in_a_service_is_two_services_unless_ci_knows_it(desk: Desk) -> None:
    """`142+web` may be either; what was reported under this name is a version."""
    assert desk.refused("cameras@142+arm to production").reason is Reason.UNKNOWN_VERSION
    desk.store.put(build("142+web"))
    desk.say("cameras@142+web to production")
    first = desk.store.overview("cameras", "production").deployments[0]
    assert (first.version, first.partner) == ("142+web", None)
