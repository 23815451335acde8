"""Anything in any order: people, clicks, CI, clocks, faults and hands, with every invariant looked at after each step.

`make test` runs a fixed set of sequences; `make soak SEQUENCES=<number>` runs that many random ones. SHRINK=1 makes a
sequence that fails shorter.
"""

import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.domain.approval import SECOND_PERSON, Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import State
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import HostState
from chalicelib.domain.policy import Role
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, SHA
from tests.fakes.recorder import Killed
from tests.machine.published import PUBLISHED
from tests.machine.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

ADMIN = Actor("T0TEST", "U0ADMIN")
OUTSIDER = Actor("T0OTHER", "U0LEAD")
PEOPLE = st.sampled_from([DEPLOYER, APPROVER, LEAD, ADMIN, GUEST, OUTSIDER])
WHICH = st.integers(0, 9)
VERSIONS = st.sampled_from(["142", "143", "140", "144", "999"])
SECONDS = st.sampled_from(
    [1.0, 20.0, 70.0, 299.0, 310.0, 330.0, 1_900.0, 7_230.0, 30_000.0, 90_000.0, 300_000.0]
)

FAULTS = {
    "store": ("commit", "deployment", "environment", "question", "questions", "team", "save_post"),
    "workflow": ("start", "wake"),
    "fleet": ("instances", "launch", "relabel"),
    "hosts": ("online", "send", "outcome"),
    "traffic": ("resolve", "side", "attach", "standby", "health", "switch", "deregister", "draining"),
    "alarms": ("firing",),
    "reaper": ("end",),
    "chat": ("post", "update", "find"),
}
CALLS = st.sampled_from([(port, method) for port, methods in FAULTS.items() for method in methods])

REACHED: Counter[State] = Counter()
"""How many phases of a state all sequences have had."""


class Anything(RuleBasedStateMachine):
    """The world, and everything that can happen to it."""

    @initialize(
        environment=st.sampled_from(["production", "production", "staging"]),
        strategy=st.sampled_from(["weighted", "weighted", "targets", "dns"]),
        old_fleet=st.sampled_from(["terminate", "stop"]),
        alarms=st.booleans(),
        far=st.integers(0, 7),
        wish=st.sampled_from(["", "", "rollback", "keep end"]),
    )
    def begin(
        self, environment: str, strategy: Any, old_fleet: str, *, alarms: bool, far: int, wish: str
    ) -> None:
        """One environment with its way to switch, and a deployment that has come more or less far."""
        bake = {"time": 60, "alarms": ["cameras-errors"] if alarms else []}
        self.world = World(environment=environment, strategy=strategy, old_fleet=old_fleet, bake=bake)
        self.world.rig.cloud.alarms["cameras-errors"] = "OK"
        self.world.publish(lambda raw: raw["people"].update(admin=[ADMIN.user]))
        if far:
            self.world.say(f"cameras@142 to {environment}", DEPLOYER)
        if far == 7:
            self.say_no()
        for _ in range(far - 1):
            self.go_forward(run=True)
        if wish:
            self.act(LEAD, wish, run=True)

    # --- people -------------------------------------------------------------------------------------------------

    @rule(who=PEOPLE, version=VERSIONS, plan=st.booleans(), run=st.booleans())
    def deploy(self, who: Actor, version: str, *, plan: bool, run: bool) -> None:
        """Somebody wants a version deployed, or only planned."""
        self.world.say(f"{'plan ' if plan else ''}cameras@{version} to {self.world.name}", who)
        if run:
            self.world.rig.machine.run()

    @rule(
        who=PEOPLE,
        verb=st.sampled_from(["finish", "cancel", "retry", "rollback", "keep +2h", "keep end", "status"]),
        run=st.booleans(),
    )
    def act(self, who: Actor, verb: str, *, run: bool) -> None:
        """Somebody does something to whatever is there."""
        word, _, more = verb.partition(" ")
        self.world.say(f"{word} cameras {self.world.name} {more}".strip(), who)
        if run:
            self.world.rig.machine.run()

    @rule(who=PEOPLE, version=VERSIONS, which=WHICH)
    def keep_a_place(self, who: Actor, version: str, which: int) -> None:
        """Somebody locks the environment, waits for it, gives that up, or puts aside what is in the way."""
        at, wanted = f"cameras {self.world.name}", f"cameras@{version} to {self.world.name}"
        said = (
            f"lock {at} for 5m A migration.",
            f"unlock {at} It is urgent.",
            f"queue {wanted}",
            f"leave {at}",
            f"override {wanted} Cameras are blind.",
        )
        self.world.say(said[which % len(said)], who)

    @rule(who=PEOPLE, which=WHICH, yes=st.booleans())
    def answer(self, who: Actor, which: int, *, yes: bool) -> None:
        """Somebody answers a question, whosever and however old."""
        questions = self.world.questions()
        code = questions[which % len(questions)].code if questions else "ABCDE"
        self.world.say(f"{'confirm' if yes else 'reject'} {code}", who)

    @rule(
        who=st.sampled_from([ADMIN, ADMIN, LEAD, GUEST]),
        whom=st.sampled_from([GUEST, LEAD, APPROVER]),
        role=st.sampled_from(Role),
        second=PEOPLE,
        grant=st.booleans(),
    )
    def change_roles(self, who: Actor, whom: Actor, role: Role, second: Actor, *, grant: bool) -> None:
        """Somebody grants or revokes a role, and somebody answers where that is asked; an admin is always left."""
        said = self.world.say(f"{'grant' if grant else 'revoke'} {{person:{whom}}} {role}", who)
        asked = re.search(r"in the channel \(`([A-Z0-9]+)`\)", said)
        if asked:
            self.world.say(f"confirm {asked[1]}", second)
        assert self.world.team().people(Role.ADMIN)

    @rule(version=VERSIONS)
    def deploy_as_one_should(self, version: str) -> None:
        """Somebody who may asks for a deployment, and it comes as far as it does by itself."""
        self.world.say(f"cameras@{version} to {self.world.name}", DEPLOYER)
        self.world.rig.machine.run()

    @rule()
    def nothing_disturbs(self) -> None:
        """Two of the right answers, with the time between that a bake takes."""
        for _ in range(2):
            self.go_forward(run=True)

    @rule()
    def say_no(self) -> None:
        """Somebody who may rejects what is asked."""
        self.world.rig.machine.run()
        asked = [each for each in self.world.questions() if each.kind in SECOND_PERSON and not each.answer]
        for question in asked[:1]:
            self.world.say(f"reject {question.code} not today", APPROVER)
            self.world.rig.machine.run()

    @rule(minutes=st.sampled_from([0, 0, 2, 12]))
    def sweep(self, minutes: int) -> None:
        """The sweeper's minute comes, and some more."""
        for _ in range(minutes):
            self.world.sweep()
            self.world.rig.machine.let(60.0)
        self.world.sweep()

    @rule(
        who=st.sampled_from([DEPLOYER, LEAD]),
        verb=st.sampled_from(["rollback", "keep +2h", "keep end", "cancel"]),
    )
    def go_elsewhere(self, who: Actor, verb: str) -> None:
        """Somebody who may wants it otherwise, and somebody else who may agrees."""
        self.world.rig.machine.run()
        self.act(who, verb, run=True)
        if verb in {"rollback", "keep end"}:
            self.go_forward(run=True)

    @rule(run=st.booleans())
    def go_forward(self, *, run: bool) -> None:
        """The right people do what the deployment waits for, so that sequences come far."""
        self.world.rig.machine.run()
        for question in self.world.questions():
            if question.answer is not None:
                break
            if question.kind in SECOND_PERSON:
                self.world.say(f"confirm {question.code}", APPROVER if question.requester == LEAD else LEAD)
                break
            if question.kind in {Kind.READY, Kind.RETRY}:
                verb = "finish" if question.kind is Kind.READY else "retry"
                self.world.say(f"{verb} cameras {self.world.name}", DEPLOYER)
                break
        if run:
            self.world.rig.machine.run()

    @rule(which=WHICH)
    def again(self, which: int) -> None:
        """An event comes a second time, now or much later."""
        if self.world.said:
            self.world.say_again(self.world.said[which % len(self.world.said)])

    # --- CI and configuration -----------------------------------------------------------------------------------

    @rule(
        version=st.sampled_from(["142", "143", "144"]),
        status=st.sampled_from(BuildStatus),
        sha=st.sampled_from([SHA, "cd" * 32]),
        source=st.sampled_from(["jenkins", "jenkins", "stranger"]),
    )
    def ci(self, version: str, status: BuildStatus, sha: str, source: str) -> None:
        """CI reports."""
        self.world.report(version, status, sha, source)

    @rule(which=WHICH)
    def ci_again(self, which: int) -> None:
        """An old report is delivered again."""
        self.world.deliver(which)

    @rule(what=st.sampled_from(sorted(PUBLISHED)))
    def publish(self, what: str) -> None:
        """The configuration changes while things run."""
        self.world.publish(PUBLISHED[what])

    # --- time and the machine -----------------------------------------------------------------------------------

    @rule(steps=st.integers(1, 12))
    def steps(self, steps: int) -> None:
        """A few steps of whoever goes on first."""
        for _ in range(steps):
            if self.world.rig.machine.busy():
                self.world.rig.machine.step()

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        """Waits time out, or do not."""
        self.world.rig.machine.let(seconds)

    @rule(
        call=CALLS,
        times=st.sampled_from([1, 1, 2, 5, 8]),
        skip=st.integers(0, 3),
        after=st.booleans(),
        kill=st.booleans(),
    )
    def fault(self, call: tuple[str, str], times: int, skip: int, *, after: bool, kill: bool) -> None:
        """A call will fail, or kill who makes it, before its effect or after."""
        port, method = call
        self.world.ports()[port].fail(method, Killed() if kill else None, times=times, skip=skip, after=after)

    @rule(
        state=st.sampled_from(
            ["Launch", "Attach", "Switch", "Promote", "KeepOld", "Retire", "Terminate", "Close"]
        )
    )
    def lose(self, state: str) -> None:
        """A step will happen, and its reply be lost."""
        self.world.rig.machine.lost.append(state)

    @rule()
    def faults_end(self) -> None:
        """All is well again."""
        self.world.recover()

    @rule(which=WHICH)
    def abort(self, which: int) -> None:
        """Somebody stops an execution in the console."""
        running = [fiber.name for fiber in self.world.executions() if not fiber.done]
        if running:
            self.world.rig.machine.abort(running[which % len(running)])

    @rule(which=WHICH, enters=st.booleans())
    def redrive(self, which: int, *, enters: bool) -> None:
        """Somebody redrives one."""
        ended = [each.name for each in self.world.executions() if each.status in {"FAILED", "ABORTED"}]
        if ended:
            self.world.rig.machine.redrive(ended[which % len(ended)], enters=enters)

    # --- chat ---------------------------------------------------------------------------------------------------

    @rule(late=st.booleans(), twice=st.booleans(), backwards=st.booleans())
    def announce(self, *, late: bool, twice: bool, backwards: bool) -> None:
        """The table's stream reaches chat."""
        self.world.announce(late=late, twice=twice, backwards=backwards)

    @rule(down=st.booleans())
    def chat_goes(self, *, down: bool) -> None:
        """Chat is down, or up again."""
        self.world.chat.down = down

    # --- hands --------------------------------------------------------------------------------------------------

    @rule(
        which=st.integers(0, 14),
        what=st.sampled_from(["ill", "ill", "well", "terminated", "stopped", "offline"]),
    )
    def host(self, which: int, what: str) -> None:
        """A host gets ill or well again, or somebody ends it."""
        cloud = self.world.rig.cloud
        ids = [host.id for host in cloud.hosts.values() if host.there]
        if not ids:
            return
        id_ = ids[which % len(ids)]
        acts: dict[str, Callable[[], object]] = {
            "ill": lambda: self.world.make_ill(id_),
            "well": self.world.make_well,
            "offline": lambda: setattr(cloud.hosts[id_], "online", False),
        }
        self.world.by_hand(acts.get(what, lambda: self.world.end_host(id_, what)))

    @rule(which=st.integers(0, 14), state=st.sampled_from(HostState))
    def relabel(self, which: int, state: HostState) -> None:
        """Somebody changes the label of a host."""
        ids = list(self.world.rig.cloud.hosts)
        self.world.by_hand(lambda: self.world.relabel(ids[which % len(ids)], state))

    @rule(role=st.sampled_from(["control", "recorder"]))
    def add(self, role: str) -> None:
        """Somebody adds a host to the live fleet."""
        self.world.by_hand(lambda: self.world.add_host(role))

    @precondition(lambda self: self.world.rig.cloud.weights)
    @rule(first=st.sampled_from([100, 0, 50]))
    def weights(self, first: int) -> None:
        """Somebody changes the listener's weights."""
        self.world.by_hand(lambda: self.world.weights(first))

    @rule(state=st.sampled_from(["ALARM", "OK"]))
    def alarm(self, state: str) -> None:
        """An alarm goes off, or ends."""
        self.world.rig.cloud.alarms["cameras-errors"] = state

    @rule(
        document=st.sampled_from(
            ["Pointsman-Configure", "Pointsman-Install", "Pointsman-Check", "Pointsman-Drain"]
        )
    )
    def document_fails(self, document: str) -> None:
        """A document fails on every host, or on none any more."""
        failing = self.world.rig.cloud.failing
        if not failing.pop((document, "*"), None):
            failing[document, "*"] = "it printed this"

    @rule(capacity=st.sampled_from([None, 0, 3]))
    def capacity(self, capacity: int | None) -> None:
        """EC2 has fewer instances than are wanted, or enough again."""
        self.world.rig.cloud.capacity = capacity

    def teardown(self) -> None:
        """Everything comes to its end, chat says so, and nothing is left."""
        if not hasattr(self, "world"):
            return
        self.world.let_all_end()
        for deployment in self.world.deployments():
            REACHED.update(phase.state for phase in deployment.phases)
        self.world.chat_is_true()
        self.world.free()


SOAK = int(os.environ.get("SOAK") or 0)
SHRINK = [Phase.shrink] if os.environ.get("SHRINK") else []
"""A failing sequence is short enough to read; a shorter one takes minutes to find."""
PROFILE = settings(
    max_examples=SOAK or 350,
    stateful_step_count=60 if SOAK else 30,
    derandomize=not SOAK,
    database=None,
    phases=[Phase.generate, *SHRINK],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def test_nothing_that_can_happen_breaks_an_invariant() -> None:
    """Random sequences; together they come through every state that a deployment can be in, so none is left out."""
    REACHED.clear()
    run_state_machine_as_test(Anything, settings=PROFILE)
    assert set(State) - set(REACHED) == set(), "states that no sequence came to"
