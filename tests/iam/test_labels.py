"""Two-step attacks: which roles together could bring an instance from one label to another, or to its end.

The labels are a graph whose edges are what the simulator allows: every write and deletion of a label, every end.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import pytest

from tests.iam.asking import HOST
from tests.iam.roles import roles
from tests.iam.simulator import Request, decide

STATES = ("", "building", "live", "standby", "retired")


class Label(NamedTuple):
    """What an instance carries; `ended` is where no way leads back from."""

    state: str
    managed: bool = True

    @property
    def tags(self) -> dict[str, str]:
        """As EC2 has it."""
        state = {"pointsman:state": self.state} if self.state else {}
        return state | ({"pointsman:managed": "true"} if self.managed else {})


LABELS = [Label(state, managed) for state in STATES for managed in (True, False)]
LIVE, NEW, STANDBY, RETIRED, ENDED = (
    Label(each) for each in ("live", "building", "standby", "retired", "ended")
)
Moves = dict[str, set[tuple[Label, Label]]]


def _attempts(who: str, before: Label) -> list[tuple[Request, Label]]:
    """Everything that could change a label, with what it would make of it."""
    found: list[tuple[Request, Label]] = []
    for after in LABELS:
        written = {key: value for key, value in after.tags.items() if before.tags.get(key) != value}
        same = {"pointsman:state": after.state} if after.state == before.state and after.state else {}
        for asked in (written, {**same, **written}):
            if asked:
                made = {**before.tags, **asked}
                label = Label(made.get("pointsman:state", ""), "pointsman:managed" in made)
                found.append((Request(who, "ec2:CreateTags", HOST, before.tags, asked), label))
    removed = [{key: before.tags[key]} for key in before.tags]
    for asked in (*removed, dict(before.tags)):
        left = {key: value for key, value in before.tags.items() if key not in asked}
        label = Label(left.get("pointsman:state", ""), "pointsman:managed" in left)
        found.append((Request(who, "ec2:DeleteTags", HOST, before.tags, asked), label))
    ends = (Request(who, f"ec2:{verb}Instances", HOST, before.tags) for verb in ("Terminate", "Stop"))
    return [*found, *((each, ENDED) for each in ends)]


@pytest.fixture(scope="module")
def moves() -> Moves:
    """What each role can do with a label in one call."""
    asked = [(before, *each) for who in roles() for before in LABELS for each in _attempts(who, before)]
    found: Moves = {who: set() for who in roles()}
    for (before, request, after), answer in zip(asked, decide([each for _, each, _ in asked]), strict=True):
        if answer.allowed and before != after:
            found[request.role].add((before, after))
    return found


def reached(moves: Moves, who: tuple[str, ...], start: Label) -> set[Label]:
    """Where an instance can be brought by these roles in any number of calls."""
    edges = set[tuple[Label, Label]]().union(*(moves[each] for each in who))
    found, fresh = {start}, {start}
    while fresh:
        fresh = {after for before, after in edges if before in fresh} - found
        found |= fresh
    return found


def coalitions(moves: Moves, start: Label, goal: Label) -> set[frozenset[str]]:
    """The smallest sets of roles that can bring an instance from here to there."""
    found: set[frozenset[str]] = set()
    for size in range(1, len(moves) + 1):
        for who in combinations(sorted(moves), size):
            enough = any(each <= set(who) for each in found)
            if not enough and goal in reached(moves, who, start):
                found.add(frozenset(who))
    return found


def test_no_single_role_retires_or_ends_a_live_instance(moves: Moves) -> None:
    """Whatever sequence of calls one role makes: a live or new instance is neither ended nor marked for it."""
    for who in roles():
        for start in (LIVE, NEW):
            assert not reached(moves, (who,), start) & {RETIRED, ENDED}, (who, start)


def test_no_two_roles_end_a_live_instance(moves: Moves) -> None:
    """It takes three: one that takes the label `live` away, one that marks, one that ends."""
    assert coalitions(moves, LIVE, ENDED) == {frozenset({"fleet", "retire", "terminate"})}
    assert coalitions(moves, NEW, ENDED) == {frozenset({"fleet", "retire", "terminate"})}


def test_only_one_pair_could_mark_a_live_instance(moves: Moves) -> None:
    """`fleet`, which labels what left the traffic, together with `retire`: docs/security.md says so."""
    assert coalitions(moves, LIVE, RETIRED) == {frozenset({"fleet", "retire"})}


def test_what_stands_by_is_ended_by_two_roles_and_what_is_marked_by_one(moves: Moves) -> None:
    """The usual way, and the only one."""
    assert coalitions(moves, STANDBY, RETIRED) == {frozenset({"retire"})}
    assert coalitions(moves, STANDBY, ENDED) == {frozenset({"retire", "terminate"})}
    assert coalitions(moves, RETIRED, ENDED) == {frozenset({"terminate"})}


def test_nothing_comes_back_from_retired(moves: Moves) -> None:
    """A mark is not taken away again: all roles together can only end what carries it."""
    assert reached(moves, tuple(roles()), RETIRED) == {RETIRED, ENDED}


def test_an_instance_that_is_not_managed_stays_as_it_is(moves: Moves) -> None:
    """All roles together change no label of a stranger's instance and end none."""
    for label in LABELS:
        if not label.managed or not label.state:
            assert reached(moves, tuple(roles()), label) == {label}


def test_each_role_has_exactly_its_moves(moves: Moves) -> None:
    """The whole graph, so that a new edge is seen."""
    follows = {
        (Label(before), Label(after))
        for before in ("building", "live", "standby")
        for after in ("live", "standby")
        if before != after
    }
    expected = {"fleet": follows, "retire": {(STANDBY, RETIRED)}, "terminate": {(RETIRED, ENDED)}}
    assert {who: edges for who, edges in moves.items() if edges} == expected
