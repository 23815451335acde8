"""A team at its desk: the commands of chat over fakes, with the table as it is in a state of a deployment."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import KEEPS_OLD, Deployment, Environment, Slot, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chatops import ChatOps
from tests.builders import DEPLOYER, NOW, build, deployment, question, raw_config
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow

TOKEN = question().token
CODE = question().code


class Desk:
    """ChatOps over fakes. Builds 140 to 142 passed; 141 is live."""

    def __init__(self, configuration: dict[str, Any] | None = None) -> None:
        self.store = FakeStore(configuration or raw_config())
        self.workflow = FakeWorkflow(TOKEN)
        self.clock = FakeClock()
        self.chatops = ChatOps(self.store, self.workflow, self.clock)
        self._events = (f"slack-{number}" for number in count(1))
        builds = [
            build(version, reported_at=NOW - 900 + number)
            for number, version in enumerate(("140", "141", "142"))
        ]
        self.store.put(
            *builds, Environment("cameras", "production", live_version="141", live_since=NOW - 600)
        )

    def say(self, text: str, by: Actor = DEPLOYER, *, event: str = "") -> str:
        """What the one who typed this reads."""
        return self.chatops.handle(Request(parse(text), by, event or next(self._events))).text

    def refused(self, text: str, by: Actor = DEPLOYER, *, event: str = "") -> Refused:
        """Why this is refused, after a look that it changed nothing and woke nobody."""
        before, woken = self.store.snapshot(), list(self.workflow.woken)
        with pytest.raises(Refused) as caught:
            self.say(text, by, event=event)
        assert self.store.table == before, "a refusal changes nothing"
        assert self.workflow.woken == woken, "a refusal wakes nobody"
        return caught.value

    def environment(self, name: str = "production") -> Environment:
        """The environment as it is."""
        return self.store.environment("cameras", name)

    def at(self, state: State, *asked: Question, **changes: Any) -> Deployment:
        """Deployment 1 in a state, holding the environment as it does then, with these questions."""
        made = deployment(state, **changes)
        slot = Slot(made.id, 1, NOW)
        held = replace(self.environment(), fence=1, counter=1, active=slot)
        if state in KEEPS_OLD:
            held = replace(held, active=None, keeping=slot, live_version="142")
        self.store.put(held, made, *asked)
        return made

    def keeping(self, **changes: Any) -> Deployment:
        """The deployment is live and keeps its old fleet for two hours."""
        asked = question(Kind.KEEP, deadline=NOW + 7_200)
        return self.at(State.KEEPING, asked, switched_at=NOW, keep_until=NOW + 7_200, **changes)

    def decided(self) -> Question:
        """The question as the table has it."""
        found = self.store.question(CODE)
        assert found is not None
        return found


def nothing_happened(desk: Desk, act: Callable[[], object]) -> None:
    """Run something that must write nothing, start nothing and wake nobody."""
    before, started, woken = desk.store.snapshot(), list(desk.workflow.started), list(desk.workflow.woken)
    act()
    assert (desk.store.table, desk.workflow.started, desk.workflow.woken) == (before, started, woken)
