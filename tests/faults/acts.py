"""What people, CI and the world do in a flow, as data, and what each waits to see before the flow goes on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.deployment import State
from chalicelib.domain.people import Actor
from chalicelib.domain.roles import Grant, Grants, Role
from chalicelib.usecases.ports import Save
from tests.builders import LEAD
from tests.faults.run import Run

Seen = Callable[[Run], bool]
MOST_TRIES = 3
LOOK_AGAIN = 5.0
"""Seconds after which somebody who sees nothing happen tries again; after three tries it is left to the sweeper."""
BAKE = {"time": 30, "alarms": []}
"""Nobody has to wait long for what is watched."""


class NotConverged(Exception):
    """Somebody waits for what never comes."""


def asks(*kinds: Kind) -> Seen:
    """These are asked, and can be answered."""
    return lambda run: all(run.asked(kind) is not None for kind in kinds)


def decided(kind: Kind) -> Seen:
    """This is not asked any more."""
    return lambda run: run.asked(kind) is None


def is_in(*states: State, number: int = 1) -> Seen:
    """A deployment is in one of these states."""

    def seen(run: Run) -> bool:
        made = run.deployments()
        return len(made) >= number and made[number - 1].state in states

    return seen


def always(_: Run) -> bool:
    """Nothing to wait for."""
    return True


@dataclass(frozen=True, slots=True)
class Act:
    """`do` says whether the person saw it go wrong; who does acts again until `then` is seen, and once more where the
    act is of the kind that people repeat. `at`: the task before which it happens."""

    name: str
    do: Callable[[Run], bool]
    then: Seen = always
    again: bool = True
    at: str = ""
    goes_on: bool = True
    """Whether everything goes on before the next act; else that comes at its own task."""

    def perform(self, run: Run) -> None:
        """Until it is done."""
        if self.at:
            run.until(self.at)
        if any(self._tried(run) for _ in range(MOST_TRIES)):
            return
        run.sweep()
        if self.then(run):
            return
        states = [f"{each.id} is {each.state}: {each.detail}" for each in run.deployments()]
        raise NotConverged(f"after `{self.name}`: {states}, last said {run.people.said[-1:]}")

    def _tried(self, run: Run) -> bool:
        """One try, and whether it came to what was waited for."""
        wrong = self.do(run)
        if wrong and self.at:
            self.do(run)  # whoever is in a hurry does not wait and see
        if not self.goes_on:
            return not wrong and self.then(run)
        run.settle()
        if self.then(run):
            if wrong and self.again:
                self.do(run)
                run.settle()
            return True
        run.let(LOOK_AGAIN)
        return self.then(run)


def say(text: str, by: Actor, then: Seen, *, again: bool = True, at: str = "") -> Act:
    """Somebody types."""
    return Act(text, lambda run: run.people.type(text, by), then, again, at)


def click(verb: str, by: Actor, then: Seen, kind: Kind | None = None, *, again: bool = True) -> Act:
    """Somebody presses the button with this verb that is shown for the open question of a kind, or the newest. Who saw
    it go wrong may still have the old message before them, and presses the same button again."""
    pressed: dict[int, str] = {}

    def do(run: Run) -> bool:
        value = _button(run, verb, run.asked(kind) if kind else None) or pressed.get(id(run))
        if value is None:
            return True
        pressed[id(run)] = value
        return _pressed(run, verb, value, by)

    return Act(f"click {verb}", do, then, again)


def _pressed(run: Run, verb: str, value: str, by: Actor) -> bool:
    """The form that may open is sent as it is."""
    before = len(run.account.slack.views)
    wrong = run.people.click(verb, value, by)
    if verb != "reject" or len(run.account.slack.views) == before:
        return wrong
    return run.people.submit(run.account.slack.views[-1], {"reason": "Not today."}, by)


def _button(run: Run, verb: str, question: Question | None) -> str | None:
    """The value of a live button, the newest first."""
    for message in reversed(run.account.slack.messages):
        for shown, value in message.buttons():
            if shown == verb and (question is None or value == question.code):
                return value
    return None


def fill(values: dict[str, str], by: Actor, then: Seen, *, instead: str) -> Act:
    """Somebody opens the form and sends it. Who saw that go wrong has the form before them, and sends it again; where
    none opens they are told to type it `instead`."""
    opened: dict[int, dict[str, Any]] = {}

    def do(run: Run) -> bool:
        before = len(run.account.slack.views)
        if id(run) not in opened:
            wrong = run.people.type("form", by)
            if len(run.account.slack.views) == before:
                return wrong or run.people.type(instead, by)
            opened[id(run)] = run.account.slack.views[-1]
        return run.people.submit(opened[id(run)], values, by)

    return Act("form", do, then)


def visit(by: Actor, then: Seen) -> Act:
    """Somebody opens their home."""
    return Act("visit", lambda run: run.people.visit(by), then)


def click_at_home(verb: str, by: Actor, then: Seen) -> Act:
    """Somebody presses the first button with this verb in their home, as it is when they first look."""
    pressed: dict[int, str] = {}

    def do(run: Run) -> bool:
        value = pressed.setdefault(id(run), at_home(run, by).get(verb, ""))
        return run.people.click(verb, value, by, view="home")

    return Act(f"click {verb} at home", do, then)


def at_home(run: Run, who: Actor) -> dict[str, str]:
    """What the buttons of somebody's home mean, by their verbs; of several the first."""
    blocks = run.account.slack.homes.get(who.user, {}).get("blocks", ())
    buttons = [each for block in blocks for each in block.get("elements", ()) if each["type"] == "button"]
    return {each["action_id"].partition(":")[0]: each.get("value", "") for each in reversed(buttons)}


def report(version: str, status: str, then: Seen = always, *, at: str = "") -> Act:
    """CI reports a build; the same delivery comes again where it failed."""
    event = f"build-{version}-{status}"
    return Act(event, lambda run: run.people.report(version, status, event), then, at=at)


def wait(seconds: float, then: Seen) -> Act:
    """Time passes, and what should have come by then has."""

    def do(run: Run) -> bool:
        run.let(seconds)
        return False

    return Act(f"{seconds} s later", do, then, again=False)


def happens(name: str, what: Callable[[Run], object], then: Seen = always, *, at: str = "") -> Act:
    """Something happens outside."""

    def do(run: Run) -> bool:
        what(run)
        return False

    return Act(name, do, then, again=False, at=at)


@dataclass(frozen=True, slots=True)
class Flow:
    """A name, what happens, and the states that its deployments end in. `more`: somebody who asks again makes another,
    which ends like the last."""

    name: str
    acts: tuple[Act, ...]
    ends: tuple[State, ...]
    settings: dict[str, object] = field(default_factory=dict)
    more: bool = False

    def ended(self, states: Sequence[State]) -> bool:
        """Whether deployments in these states are the end."""
        made = list(states)
        if self.more:
            made = made[: len(self.ends)] + [each for each in made[len(self.ends) :] if each != self.ends[-1]]
        return made == list(self.ends)


def flow(name: str, *acts: Act, ends: tuple[State, ...], more: bool = False, **settings: object) -> Flow:
    """A flow whose watching after a switch is short."""
    return Flow(name, acts, ends, {"bake": BAKE, **settings}, more)


def an_admin(run: Run) -> None:
    """The team's grants name one; its configuration, as the builders have it, none."""
    run.account.store.commit(Save(Grants((Grant(LEAD.user, Role.ADMIN),))))


def swept(run: Run) -> None:
    """A minute and more goes by, and the sweeper looks."""
    run.sweep()
