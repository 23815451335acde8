"""Every command in every state, and in every race: a person reads what was done or why not, and never less."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import ENDS, KEEPS_OLD, Environment, Machine, Phase, Slot, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import USAGE
from chalicelib.usecases.helping import ABOUT
from chalicelib.usecases.next_steps import next_steps
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, deployment, plan, question, raw_config
from tests.machine.release_rig import A, B, web
from tests.unit.usecases.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.people import Actor
    from chalicelib.usecases.ports import Change

HELD = sorted(State)
AT = "cameras production"
ACTS = (
    f"finish {AT}",
    f"cancel {AT}",
    f"retry {AT}",
    f"rollback {AT}",
    f"keep {AT} +1h",
    f"keep {AT} end",
    "confirm K7Q2F",
    "reject K7Q2F no",
)
OTHERS = tuple(ABOUT[verb][1] for verb in USAGE if verb not in {"grant", "revoke"})
MENTIONED = (f"grant <@{GUEST.user}> approver", f"revoke <@{LEAD.user}> approver")
WAITS = {
    State.ASKING_START: Kind.START,
    State.PREPARING: Kind.BUILD,
    State.ASKING_RETRY: Kind.RETRY,
    State.READY: Kind.READY,
    State.ASKING_FINISH: Kind.FINISH,
    State.KEEPING: Kind.KEEP,
    State.ASKING_ROLLBACK: Kind.ROLLBACK,
    State.ASKING_END: Kind.END,
}


def desk_at(state: State, *, asked: bool, older: bool = False) -> Desk:
    """A deployment in a state, with its question open or not yet asked, and maybe an older one that keeps its fleet."""
    desk = Desk()
    questions = [question(WAITS[state])] if asked and state in WAITS else []
    phases = (Phase(State.ACCEPTED, NOW), Phase(State.TESTING, NOW), Phase(state, NOW))
    desk.at(state, *questions, plan=plan(), phases=phases, switched_at=NOW, keep_until=NOW + 7_200)
    if older:
        kept = replace(desk.environment(), keeping=Slot("cameras-production-0", 1, NOW))
        desk.store.put(replace(kept, active=Slot("cameras-production-1", 1, NOW)))
    return desk


def answered(desk: Desk, text: str, by: Actor) -> str:
    """What somebody reads; a refusal with its buttons."""
    try:
        return desk.say(text, by)
    except Refused as refused:
        next_steps(refused, text)
        return refused.text


@pytest.mark.parametrize("state", HELD)
@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("older", [True, False])
def test_every_command_is_answered_in_every_state(state: State, *, asked: bool, older: bool) -> None:
    """Done or refused, by everybody; no fact is missing in what they read."""
    for text, by in product((*ACTS, *OTHERS, *MENTIONED), (DEPLOYER, APPROVER, GUEST)):
        said = answered(desk_at(state, asked=asked, older=older), text, by)
        assert said
        assert "(code)" not in said
        assert "(who)" not in said


@pytest.mark.parametrize("state", sorted(set(State) - {State.READY, State.ASKING_FINISH}))
@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("before", ["", A])
def test_every_command_about_a_frontend_is_answered_in_every_state(
    state: State, *, asked: bool, before: str
) -> None:
    """The same in its own words, also where nothing was shown before it."""
    for text, by in product((each.replace("cameras", "web") for each in ACTS), (DEPLOYER, APPROVER)):
        said = answered(frontend_at(state, asked=asked, before=before), text, by)
        assert said
        assert "(code)" not in said


def frontend_at(state: State, *, asked: bool, before: str) -> Desk:
    """The same of a frontend."""
    raw = raw_config()
    raw["services"]["web"] = web(pointed=True, keep=10)
    desk, identifier = Desk(raw), "web-production-1"
    of_it = {"service": "web", "machine": Machine.RELEASE, "version": B, "id": identifier}
    made = deployment(state, plan=plan(old_version=before), switched_at=NOW, keep_until=NOW + 7_200, **of_it)
    slot = Slot(identifier, 1, NOW)
    held = Environment("web", "production", fence=1, counter=1, active=slot)
    if state in KEEPS_OLD:
        held = replace(held, active=None, keeping=slot)
    desk.store.put(held, made)
    if asked and state in WAITS:
        desk.store.put(question(WAITS[state], service="web", deployment=identifier))
    return desk


@pytest.mark.parametrize("state", [each for each in HELD if each not in ENDS - {State.STUCK}])
def test_two_at_the_same_moment_are_both_answered(state: State) -> None:
    """One writes between what the other has read and its write, whatever the two are."""
    for text, rival in product(ACTS, ACTS):
        desk = desk_at(state, asked=True)
        desk.store.commit = meanwhile(desk, lambda now=desk, said=rival: answered(now, said, DEPLOYER))  # type: ignore[method-assign, misc]
        assert answered(desk, text, LEAD), (text, rival)


def meanwhile(desk: Desk, act: Callable[[], object]) -> Callable[..., None]:
    """The store's commit; before the first one, somebody else is faster."""
    commit, acts = desk.store.commit, [act]

    def faster(*changes: Change) -> None:
        if acts:
            acts.pop()()
        commit(*changes)

    return faster
