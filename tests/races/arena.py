"""Several at once, for real: threads that begin at one barrier, each with a store and a client of its own."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import KEEPS_OLD, Deployment, Environment, Slot, State
from chalicelib.domain.errors import PointsmanError, Refused
from chalicelib.domain.history import History
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.ports import Save, Store
from tests.builders import DEPLOYER, NOW, build, deployment, plan, question, raw_config
from tests.fakes.clock import FakeClock
from tests.fakes.workflow import FakeWorkflow

TOKEN = question().token
CODE = question().code
FENCE = 1


@contextmanager
def crowded() -> Iterator[None]:
    """Threads take turns as often as the interpreter lets them, so that they really meet in the middle of things."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def together(*acts: Callable[[], str]) -> list[str | PointsmanError]:
    """Everybody acts at the same moment; what each got, in their order. Any error that is no answer is raised."""
    barrier = threading.Barrier(len(acts))
    got: dict[int, str | PointsmanError] = {}
    wrong: list[BaseException] = []

    def act(number: int) -> None:
        barrier.wait()
        try:
            got[number] = acts[number]()
        except PointsmanError as error:
            got[number] = error
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread of the test
            wrong.append(error)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    with crowded():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if wrong:
        raise wrong[0]
    return [got[number] for number in range(len(acts))]


class Arena:
    """A fresh table with the team's configuration and two builds. `open_store` opens it once more, for a thread."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open = open_store
        self.store = open_store()
        self.workflow = FakeWorkflow(TOKEN)
        self.clock = FakeClock()
        self.store.publish(raw_config())
        self.store.commit(*(Save(build(version)) for version in ("142", "143")))
        self._events = (f"event-{number}" for number in count(1))

    def at(self, state: State, *asked: Question, **changes: Any) -> Deployment:
        """Deployment 1 in a state, holding the environment as it does then, with these questions."""
        made = deployment(state, plan=plan(), **changes)
        slot = Slot(made.id, FENCE, NOW)
        held = Environment("cameras", "production", fence=FENCE, counter=1, live_version="141")
        held = replace(held, keeping=slot) if state in KEEPS_OLD else replace(held, active=slot)
        self.store.commit(Save(held), Save(made), *(Save(each) for each in asked))
        return made

    def keeping(self) -> Deployment:
        """It is live and keeps its old fleet for two hours."""
        asked = question(Kind.KEEP, deadline=NOW + 7_200)
        return self.at(State.KEEPING, asked, switched_at=NOW, keep_until=NOW + 7_200)

    def says(self, text: str, by: Actor = DEPLOYER, *, event: str = "") -> Callable[[], str]:
        """Somebody about to say this, at a door of their own."""
        door = ChatOps(self._open(), self.workflow, self.clock)
        request = Request(parse(text), by, event or next(self._events))
        return lambda: door.handle(request).text

    def opened(self) -> Store:
        """The table once more, for another thread."""
        return self._open()

    def history(self, *events: str) -> list[History]:
        """The lines of these events, or all."""
        lines = self.store.history("cameras", "production")
        return [line for line in lines if not events or line.event in events]

    def asked(self) -> Question:
        """The question as the table has it."""
        found = self.store.question(CODE)
        assert found is not None
        return found


def one_won(got: Sequence[str | PointsmanError]) -> tuple[str, list[Refused]]:
    """What the one who won was told, and the others' refusals."""
    won = [each for each in got if isinstance(each, str)]
    refused = [each for each in got if isinstance(each, Refused)]
    assert len(won) == 1, got
    assert len(refused) == len(got) - 1, got
    return won[0], refused


def told_who(refused: Sequence[Refused], who: Actor, what: str) -> None:
    """Who lost is told who decided, what, and when."""
    for each in refused:
        assert each.reason is Reason.ALREADY_DECIDED
        assert f"{{person:{who}}}" in each.text
        assert what in each.text
        assert f"{{when:{NOW:.0f}}}" in each.text
