"""A rig with all that can happen to it, watched at every step: people, CI, clocks, faults, hands."""

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

from chalicelib.domain.approval import SECOND_PERSON, Question
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Deployment, Ref
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.findings import FindingKey
from chalicelib.domain.locks import TicketKey
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import HostState
from chalicelib.domain.roles import Grants
from chalicelib.domain.settings import Strategy, Team
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Message
from chalicelib.usecases.ci import report
from chalicelib.usecases.messages import deployment_message, question_message
from chalicelib.usecases.ports import Health
from tests.builders import build
from tests.fakes.chat import FakeChat
from tests.fakes.lines import FakeLines, FakeWakes
from tests.fakes.recorder import Killed, Recorder
from tests.machine.driver import Fiber
from tests.machine.invariants import TOKEN, Change, check
from tests.machine.picture import picture
from tests.machine.rig import Rig

DAY = 86_400.0
News = Ref | FindingKey | TicketKey | tuple[str, str] | Actor
Said = tuple[str, Actor, str]


class World:
    """`rig` and what happens to it. Every step of the machine and every command is followed by a look at all
    invariants; what hands outside change is where the next look begins."""

    def __init__(self, *, environment: str, strategy: Strategy, **settings: Any) -> None:
        self.rig = Rig(environment=environment, strategy=strategy, **settings)
        self.name = environment
        self.chat = FakeChat(self.rig.clock)
        self.lines, self.wakes = FakeLines(), FakeWakes(self.rig.clock)
        self.announcer = Announcer(self.rig.store, self.chat, self.rig.clock, self.lines, self.wakes)
        self.said: list[Said] = []
        """What was said under which event and done."""
        self.relabeled: set[str] = set()
        self._made: dict[str, set[str]] = {}
        self._events = (f"event-{number}" for number in count(1))
        self._reports: list[tuple[str, str, BuildStatus, str]] = []
        self._told = 0
        self._untold: list[News] = []
        self.before = picture(self.rig)
        self.rig.machine.after_each_step = lambda: self.look(self.rig.machine.stepped)

    # --- looking ------------------------------------------------------------------------------------------------

    def look(self, fiber: Fiber | None = None) -> None:
        """Check what has changed since the last look."""
        rig = self.rig
        after = picture(rig)
        change = Change(
            self.before,
            after,
            fiber,
            self.team(),
            rig.whole,
            rig.spec.role,
            tuple(rig.cloud.violations),
            frozenset(self.relabeled),
        )
        self.before = after
        check(change)

    def team(self) -> Team:
        """The newest configuration, asked for past every fault."""
        published = self.rig.store.table.configurations
        granted = self.rig.store.table.records.get(("grants",))
        return Team(len(published), published[-1], granted if isinstance(granted, Grants) else Grants())

    def by_hand(self, act: Callable[[], object]) -> None:
        """Something that people or AWS do behind our back: no action of ours, so nothing is checked."""
        act()
        self.before = picture(self.rig)

    def deployments(self) -> list[Deployment]:
        """Every deployment, oldest first."""
        return sorted(self.before.deployments.values(), key=lambda each: each.requested_at)

    def questions(self) -> list[Question]:
        """Every question, those that are open first and the newest of them before all."""
        return sorted(
            self.before.questions.values(), key=lambda each: (each.answer is not None, -each.asked_at)
        )

    # --- people and CI ------------------------------------------------------------------------------------------

    def say(self, text: str, by: Actor, *, event: str = "") -> str:
        """Somebody types this; refusals and a service that is down at the moment are answers too."""
        event = event or next(self._events)
        before = picture(self.rig)
        self.before = before
        try:
            answer = self.rig.chatops.handle(Request(parse(text), by, event)).text
            self.said.append((text, by, event))
        except Refused as refused:
            answer = refused.text
            after = picture(self.rig)
            assert after.records == before.records, f"a refusal of {text!r} changed a record: {answer}"
            assert after.history == before.history, f"a refusal of {text!r} wrote history: {answer}"
        except (Unavailable, Killed):
            answer = "down"
        self.look()
        made = self._made.setdefault(event, set())
        made |= set(self.before.deployments) - set(before.deployments)
        assert len(made) <= 1, f"I9: {event} made {sorted(made)}"
        assert TOKEN not in answer, "I14: a token in an answer"
        return answer

    def say_again(self, said: Said) -> None:
        """The very same event comes again: it was done, so nothing changes."""
        before = picture(self.rig)
        self.say(said[0], said[1], event=said[2])
        after = picture(self.rig)
        assert (after.records, after.history) == (before.records, before.history), (
            f"I9: {said} was done twice"
        )

    def report(self, version: str, status: BuildStatus, sha: str, source: str = "jenkins") -> None:
        """CI reports a build."""
        self._reports.append((next(self._events), version, status, sha))
        self.deliver(-1, source)

    def deliver(self, which: int, source: str = "jenkins") -> None:
        """A report of CI is delivered, perhaps not for the first time."""
        if not self._reports:
            return
        event, version, status, sha = self._reports[which % len(self._reports) if which >= 0 else -1]
        made = build(version, status, sha256=sha, reported_at=self.rig.clock.now())
        self.before = picture(self.rig)
        try:
            report(self.rig.store, self.rig.workflow, self.rig.clock, source=source, event=event, build=made)
        except Refused:
            assert picture(self.rig).records == self.before.records, "a refused report changed something"
        except (Unavailable, Killed):
            pass
        self.look()

    def publish(self, change: Callable[[dict[str, Any]], object]) -> None:
        """A new configuration."""
        raw = copy.deepcopy(self.rig.store.table.configurations[-1])
        change(raw)
        self.rig.store.table.configurations.append(raw)

    # --- faults and time ----------------------------------------------------------------------------------------

    def ports(self) -> dict[str, Recorder]:
        """Everything that can fail; what waits for chat fails in tests/unit/usecases/test_lines.py, at every call."""
        rig = self.rig
        return {
            "store": rig.store,
            "workflow": rig.workflow,
            "fleet": rig.fleet,
            "hosts": rig.hosts,
            "traffic": rig.traffic,
            "alarms": rig.alarms,
            "reaper": rig.reaper,
            "chat": self.chat,
        }

    def recover(self) -> None:
        """Nothing fails any more."""
        for port in self.ports().values():
            port.recover()
        self.rig.machine.lost.clear()
        self.chat.down = False

    def announce(self, *, late: bool, twice: bool, backwards: bool) -> None:
        """Chat is told what has changed since it was told last; `late`: all but the last change."""
        news = self._untold + self.rig.store.changed[self._told :]
        self._told = len(self.rig.store.changed)
        told, self._untold = (news[:-1], news[-1:]) if late else (news, [])
        self._untold = [
            item for item in (told[::-1] if backwards else told) * (2 if twice else 1) if not self._tell(item)
        ] + self._untold
        self.wake(self.rig.clock.now())
        self.before = picture(self.rig)

    def wake(self, until: float) -> None:
        """The queue brings what is due by then, again after a minute where the function fails."""
        while self.wakes.due and min(self.wakes.due)[0] <= until:
            due = min(self.wakes.due)
            self.wakes.due.remove(due)
            self.rig.clock.advance(max(0.0, due[0] - self.rig.clock.now()))
            try:
                self.announcer.wake([due[1]])
            except (Unavailable, Killed):
                self.wakes.due.append((self.rig.clock.now() + 60.0, due[1]))

    def _tell(self, item: News) -> bool:
        """Whether chat took it; the stream brings it again where not."""
        try:
            if isinstance(item, Ref):
                self.announcer.deployments([item])
            elif isinstance(item, FindingKey):
                self.announcer.findings([item])
            elif isinstance(item, TicketKey):
                self.announcer.tickets([item])
            elif isinstance(item, Actor):
                self.announcer.homes([item])
            elif isinstance(item, tuple):
                self.announcer.builds([item])
        except (Unavailable, Killed):
            return False
        return True

    # --- hands --------------------------------------------------------------------------------------------------

    def add_host(self, role: str) -> None:
        """Somebody launches one more host like the live ones and puts it into service."""
        (id_,) = self.rig.cloud.add_hosts(
            role, 1, environment=self.name, state=HostState.LIVE, deployment="by-hand"
        )
        del id_

    def relabel(self, id_: str, state: HostState) -> None:
        """Somebody changes the tag of an instance."""
        self.relabeled.add(id_)
        self.rig.cloud.hosts[id_].state = state

    def weights(self, first: int) -> None:
        """Somebody changes the listener's weights in the console."""
        for weights in self.rig.cloud.weights.values():
            names = sorted(weights)
            weights.update(zip(names, (first, 100 - first), strict=False))

    def make_ill(self, id_: str) -> None:
        """A host stops answering, and health checks have noticed: what they can not know yet nobody can."""
        self.rig.cloud.ill.add(id_)
        self._noticed(id_)

    def make_well(self) -> None:
        """Every host that still runs answers again, and health checks have noticed that too."""
        cloud = self.rig.cloud
        cloud.ill.clear()
        for members in cloud.groups.values():
            for id_, health in members.items():
                if health is Health.UNHEALTHY and cloud.hosts[id_].status == "running":
                    members[id_] = Health.HEALTHY

    def end_host(self, id_: str, status: str) -> None:
        """Somebody ends an instance in the console; ELB forgets one that is terminated."""
        self.rig.cloud.hosts[id_].status = status
        self._noticed(id_)
        if status == "terminated":
            for members in self.rig.cloud.groups.values():
                members.pop(id_, None)

    def _noticed(self, id_: str) -> None:
        for members in self.rig.cloud.groups.values():
            if members.get(id_, Health.DRAINING) is not Health.DRAINING:
                members[id_] = Health.UNHEALTHY

    # --- the end ------------------------------------------------------------------------------------------------

    def executions(self) -> list[Fiber]:
        """The executions, without their branches."""
        return [fiber for fiber in self.rig.machine.fibers if "/" not in fiber.name]

    def sweep(self) -> None:
        """The sweeper's minute."""
        self.before = picture(self.rig)
        with suppress(Unavailable, Killed):
            self.rig.sweeper.sweep()
        self.look()

    def let_all_end(self) -> None:
        """Faults are off and nobody does anything: with the sweeper everything ends."""
        self.recover()
        for seconds in (*[120.0] * 15, *[DAY / 2] * 10, *[120.0] * 15):
            self.sweep()
            self.rig.machine.let(seconds)
        for deployment in self.deployments():
            assert deployment.ended, f"liveness: {deployment.id} is {deployment.state} for ever"

    def chat_is_true(self) -> None:
        """Every message says what the table says, once, and what is decided has no buttons."""
        self.announce(late=False, twice=False, backwards=False)
        self.wake(self.rig.clock.now() + DAY)
        shown: dict[str, list[Message]] = {}
        now = self.rig.clock.now()
        for each in self.chat.shown.values():
            assert TOKEN not in repr(each.message), "I14: a token in a message"
            shown.setdefault(each.key, []).append(each.message)
        assert all(len(messages) == 1 for messages in shown.values()), "a message was posted twice"
        for deployment in self.deployments():
            questions = self.rig.store.questions(deployment.ref)
            expected = deployment_message(deployment, questions, now)
            main = self._posted(deployment, "main")
            assert main is not None, f"chat was never told of {deployment.id}"
            # At its foot it says how far history had got when it was told; a finding may have come after that.
            assert _bare(main) == _bare(expected), f"chat: {deployment.id}"
            # A picture that was tried in vain too often is left out, as everything else never is.
            assert main.picture is None or replace(main.picture, file="") == expected.picture
            for question in questions:
                if question.kind in SECOND_PERSON:
                    message = self._posted(deployment, f"question-{question.code}")
                    assert message == question_message(question, deployment, now), f"chat: {question.code}"
                    assert message is not None
                    assert message.actions == (), "I11: a decided question has buttons"

    def _posted(self, deployment: Deployment, key: str) -> Message | None:
        posted = self.rig.store.post(deployment.ref, key)
        return self.chat.shown[posted.timestamp].message if posted else None

    def free(self) -> None:
        """What is stuck is released by somebody who has looked; then nothing holds the environment (I8)."""
        for _ in range(3):
            environment = self.rig.environment()
            if environment.active or environment.keeping:
                self.say(f"cancel cameras {self.name}", Actor("T0TEST", "U0ADMIN"))
        environment = self.rig.environment()
        assert (environment.active, environment.keeping) == (None, None), "I8: a lock without an owner"


def _bare(message: Message) -> Message:
    return replace(message, notes=(), picture=None)
