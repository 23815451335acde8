"""Records as items: whatever a record holds, it comes back equal, and what is sent is what DynamoDB takes."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb_values import Attribute, from_item, to_item
from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.deployment import Deployment, Environment, Package, Phase, Slot, State
from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import Host, LaunchGroup
from tests.builders import build, deployment, plan, question, route, spec

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WHOLE = st.integers(0, 10**9)
TIME = st.floats(0, 4e9, allow_nan=False).map(lambda value: round(value, 6))
ACTORS = st.builds(Actor, TEXT, TEXT)
MAYBE = st.none() | ACTORS
HOSTS = st.lists(st.builds(Host, TEXT, TEXT, TEXT), max_size=3).map(tuple)
PRICES = st.none() | st.floats(0, 100, allow_nan=False).map(lambda value: round(value, 4))
SPECS = st.builds(replace, st.just(spec()), image=TEXT, security_groups=st.lists(TEXT, max_size=3).map(tuple))
PLANS = st.builds(
    replace,
    st.just(plan()),
    version=TEXT,
    old=HOSTS,
    groups=st.lists(st.builds(LaunchGroup, TEXT, SPECS, WHOLE), max_size=2).map(tuple),
    routes=st.lists(st.builds(replace, st.just(route()), record=TEXT), max_size=2).map(tuple),
    usd_per_hour=PRICES,
)
SLOTS = st.none() | st.builds(Slot, TEXT, WHOLE, TIME)
DEPLOYMENTS = st.builds(
    replace,
    st.just(deployment()),
    state=st.sampled_from(State),
    outcome=st.none() | st.sampled_from(State),
    revision=WHOLE,
    detail=TEXT,
    package=st.none() | st.builds(Package, TEXT, TEXT, TEXT, TEXT),
    plan=st.none() | PLANS,
    new=HOSTS,
    commands=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    wanted_by=MAYBE,
    confirmed_by=MAYBE,
    keep_until=TIME,
    phases=st.lists(st.builds(Phase, st.sampled_from(State), TIME), max_size=4).map(tuple),
    protected=st.booleans(),
)
QUESTIONS = st.builds(
    replace,
    st.just(question()),
    kind=st.sampled_from(Kind),
    answer=st.none() | st.sampled_from(Answer),
    answered_by=MAYBE,
    answered_at=TIME,
    reason=TEXT,
    seconds=WHOLE,
)
BUILDS = st.builds(
    replace,
    st.just(build()),
    status=st.sampled_from(BuildStatus),
    waiting=st.lists(TEXT, max_size=3).map(tuple),
)
ENVIRONMENTS = st.builds(
    Environment, TEXT, TEXT, WHOLE, WHOLE, WHOLE, TEXT, TEXT, TIME, active=SLOTS, keeping=SLOTS
)
FINDINGS = st.builds(Finding, TEXT, TEXT, st.sampled_from(Trouble), TEXT, TEXT, TIME, TIME, WHOLE)


@settings(max_examples=60)
@given(st.one_of(DEPLOYMENTS, QUESTIONS, BUILDS, ENVIRONMENTS, FINDINGS))
def test_a_record_comes_back_as_it_was(
    record: Deployment | Question | Build | Environment | Finding,
) -> None:
    """Over the wire and back: JSON of typed attributes, none of them null."""
    item = json.loads(json.dumps(to_item(record)))
    assert from_item(type(record), item) == record
    assert _tags(item) <= {"S", "N", "BOOL", "L", "M"}


def test_what_was_never_answered_is_left_out() -> None:
    """None is the absence of an attribute, so that a condition can ask for it."""
    assert "answer" not in to_item(question())


def _tags(item: dict[str, Attribute]) -> set[str]:
    found: set[str] = set()
    for attribute in item.values():
        ((tag, value),) = attribute.items()
        found.add(tag)
        if tag == "M":
            found |= _tags(value)
        if tag == "L":
            found |= _tags(dict(enumerate(value)))  # type: ignore[arg-type] # numbers for names
    return found
