"""The flows, as data: what people, CI and the world do, and how it ends."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.policy import Role, holds
from chalicelib.usecases.ports import Save
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD
from tests.faults.acts import (
    Act,
    always,
    an_admin,
    asks,
    at_home,
    click,
    click_at_home,
    decided,
    fill,
    flow,
    happens,
    is_in,
    report,
    say,
    swept,
    visit,
    wait,
)
from tests.faults.run import Run
from tests.faults.update_flows import UPDATES
from tests.unit.usecases.past_world import season

S = State
AT = "cameras production"

ASK = say("cameras@142 to production", DEPLOYER, asks(Kind.START))
START = click("confirm", APPROVER, asks(Kind.READY), Kind.START)
FINISH = click("finish", DEPLOYER, asks(Kind.FINISH))
SWITCH = click("confirm", LEAD, asks(Kind.KEEP), Kind.FINISH)
CONFIRM = replace(START, goes_on=False, then=decided(Kind.START))
CONFIRM_SWITCH = replace(SWITCH, goes_on=False, then=decided(Kind.FINISH))
READY, KEPT = (ASK, START), (ASK, START, FINISH, SWITCH)
CLOSES = wait(7_300, is_in(S.SUCCEEDED))
GO_BACK = say(f"rollback {AT}", LEAD, asks(Kind.ROLLBACK))
BACK = click("confirm", APPROVER, is_in(S.ROLLED_BACK), Kind.ROLLBACK)


def cancel(then: State = S.CANCELED, at: str = "") -> Act:
    """Somebody cancels, perhaps before a task."""
    return say(f"cancel {AT}", LEAD, is_in(then), at=at)


def _fall_ill(run: Run) -> None:
    new = [each.id for each in run.account.ec2.instances.values() if each.tag("deployment") != "cameras-141"]
    run.account.elb.ill.add(new[0])
    run.outside.add(new[0])


def _alarm(run: Run) -> None:
    run.account.cloudwatch.alarms["errors"] = "ALARM"


def _fine(run: Run) -> None:
    run.account.cloudwatch.alarms["errors"] = "OK"


def _weights(old: int) -> Callable[[Run], None]:
    """Somebody sets the weights by hand: so much to the side that stands by."""

    def changed(run: Run) -> None:
        balancer = run.account.elb.balancers[0]
        blue = next(arn for arn in balancer.weights if arn.endswith("blue"))
        balancer.weights[blue] = old

    return changed


def _one_runs_on(run: Run) -> None:
    """A host that was told to end does not."""
    made = [each for each in run.account.ec2.instances.values() if each.tag("deployment") != "cameras-141"]
    made[0].ending = ""


def _none_runs_on(run: Run) -> bool:
    there = [each for each in run.account.ec2.instances.values() if each.there(run.clock.now())]
    return all(each.tag("state") == "live" for each in there)


def _nothing_found(run: Run) -> bool:
    return not any(each.open for each in run.account.store.findings("cameras", "production"))


def _stop(run: Run) -> None:
    run.machine.abort(run.deployments()[0].id)


def _failing(document: str) -> Act:
    return happens(
        f"{document} fails",
        lambda run: run.account.ssm.failing.update({(f"Pointsman-{document}", "*"): "no such file"}),
    )


def _to_the_last_minute(run: Run) -> None:
    """Of the question that is open, which may have been shown late."""
    asked = run.asked(Kind.START)
    if asked is not None:
        run.let(max(0.0, asked.deadline - 55 - run.clock.now()))


def _reminded(run: Run) -> bool:
    """After a fault on the way here it may be too late: a call of the queue that failed comes again after a minute."""
    said = [f"{message.text} {message.blocks}" for message in run.account.slack.messages]
    late = run.wire.hit is not None and run.wire.hit.number >= run.marks[-1]
    return late or any("Still open" in each for each in said)


REMINDED = happens("a minute is left", _to_the_last_minute, _reminded)

ENDS = (
    flow(
        "plan",
        say("plan cameras@142 to production", DEPLOYER, is_in(S.PLANNED)),
        ends=(S.PLANNED,),
        more=True,
    ),
    flow("deploy", *KEPT, CLOSES, ends=(S.SUCCEEDED,)),
    flow("reject", ASK, click("reject", APPROVER, is_in(S.REJECTED), Kind.START), ends=(S.REJECTED,)),
    flow("expire", ASK, REMINDED, wait(85, is_in(S.EXPIRED)), ends=(S.EXPIRED,)),
    flow("nobody finishes", *READY, wait(86_500, is_in(S.EXPIRED)), ends=(S.EXPIRED,)),
    flow(
        "finish rejected",
        *(*READY, FINISH, click("reject", APPROVER, asks(Kind.READY), Kind.FINISH)),
        *(FINISH, SWITCH, CLOSES),
        ends=(S.SUCCEEDED,),
    ),
)
"""To an end, by what people decide or leave."""

CANCELED = (
    flow("cancel while asking", ASK, cancel(), ends=(S.CANCELED,)),
    flow("cancel while preparing", ASK, CONFIRM, cancel(at="AwaitConfigured"), ends=(S.CANCELED,)),
    flow("cancel when ready", *READY, cancel(), ends=(S.CANCELED,)),
    flow("cancel while asking to finish", *READY, FINISH, cancel(), ends=(S.CANCELED,)),
    flow("cancel before the switch", *READY, FINISH, CONFIRM_SWITCH, cancel(at="Switch"), ends=(S.CANCELED,)),
)
"""Canceled at each question and in between."""

WINDOW = (
    flow("rollback", *KEPT, GO_BACK, BACK, ends=(S.ROLLED_BACK,)),
    flow(
        "rollback while baking",
        *(*READY, FINISH, CONFIRM_SWITCH),
        say(f"rollback {AT}", LEAD, asks(Kind.ROLLBACK), at="Bake"),
        BACK,
        ends=(S.ROLLED_BACK,),
    ),
    flow(
        "rollback not confirmed",
        *(*KEPT, GO_BACK, click("reject", APPROVER, asks(Kind.KEEP), Kind.ROLLBACK), CLOSES),
        ends=(S.SUCCEEDED,),
    ),
    flow(
        "extend",
        *KEPT,
        say(f"keep {AT} +2h", DEPLOYER, asks(Kind.KEEP), again=False),
        wait(14_600, is_in(S.SUCCEEDED)),
        ends=(S.SUCCEEDED,),
    ),
    flow(
        "early end",
        *KEPT,
        say(f"keep {AT} end", DEPLOYER, asks(Kind.END)),
        click("confirm", APPROVER, is_in(S.SUCCEEDED), Kind.END),
        ends=(S.SUCCEEDED,),
    ),
    flow(
        "next deployment",
        *KEPT,
        say("cameras@143 to production", LEAD, asks(Kind.START)),
        click("confirm", APPROVER, is_in(S.READY, number=2), Kind.START),
        say(f"cancel {AT}", LEAD, is_in(S.CANCELED, number=2)),
        ends=(S.SUCCEEDED, S.CANCELED),
    ),
)
"""While the old fleet stands by."""

BUILDING = (
    report("144", "running"),
    say("cameras@144 to production", DEPLOYER, asks(Kind.START)),
    click("confirm", APPROVER, asks(Kind.BUILD), Kind.START),
)
TROUBLE = (
    flow(
        "build awaited",
        *(*BUILDING, report("144", "passed", asks(Kind.READY)), cancel()),
        ends=(S.CANCELED,),
    ),
    flow("build failed", *BUILDING, report("144", "failed", is_in(S.FAILED)), ends=(S.FAILED,)),
    flow(
        "install fails, given up",
        *(_failing("Install"), ASK, click("confirm", APPROVER, asks(Kind.RETRY), Kind.START)),
        cancel(S.FAILED),
        ends=(S.FAILED,),
    ),
    flow(
        "tests fail, retried",
        *(_failing("Check"), ASK, click("confirm", APPROVER, asks(Kind.RETRY), Kind.START)),
        happens("they are mended", lambda run: run.account.ssm.failing.clear()),
        *(click("retry", DEPLOYER, asks(Kind.READY)), FINISH, SWITCH, CLOSES),
        ends=(S.SUCCEEDED,),
    ),
    flow(
        "tests fail, nobody retries",
        *(_failing("Check"), ASK, click("confirm", APPROVER, asks(Kind.RETRY), Kind.START)),
        wait(1_900, is_in(S.FAILED)),
        ends=(S.FAILED,),
    ),
    flow(
        "unhealthy after the switch",
        *(*READY, FINISH, CONFIRM_SWITCH),
        happens("a new host falls ill", _fall_ill, is_in(S.FAILED), at="Bake"),
        ends=(S.FAILED,),
    ),
    flow(
        "alarm while baking",
        happens("the alarm is quiet", _fine),
        *(*READY, FINISH, CONFIRM_SWITCH),
        happens("the alarm goes off", _alarm, is_in(S.FAILED), at="Bake"),
        ends=(S.FAILED,),
        bake={"time": 30, "alarms": ["errors"]},
    ),
    flow(
        "stopped by hand",
        *(*READY, happens("stopped in the console", _stop), happens("swept", swept, is_in(S.CANCELED))),
        ends=(S.CANCELED,),
    ),
    flow(
        "stopped after the switch, retried",
        *(*KEPT, happens("stopped in the console", _stop), happens("swept", swept, is_in(S.STUCK))),
        *(click("retry", DEPLOYER, asks(Kind.KEEP)), happens("swept", swept, _nothing_found), CLOSES),
        ends=(S.SUCCEEDED,),
    ),
    flow(
        "stuck, retried",
        *(*KEPT, happens("weights set by hand", _weights(50)), wait(7_300, is_in(S.STUCK))),
        happens("weights put back", _weights(0)),
        click("retry", DEPLOYER, is_in(S.SUCCEEDED)),
        ends=(S.SUCCEEDED,),
    ),
    flow(
        "a host is left, swept",
        *(*READY, cancel(), happens("one host runs on", _one_runs_on), wait(700, always)),
        happens("swept", swept, _none_runs_on),
        ends=(S.CANCELED,),
    ),
)
"""What goes wrong outside."""

STRATEGIES = tuple(
    flow(f"{name} by {strategy}", *KEPT, *acts, ends=ends, strategy=strategy)
    for strategy in ("targets", "dns")
    for name, acts, ends in (
        ("deploy", (CLOSES,), (S.SUCCEEDED,)),
        ("rollback", (GO_BACK, BACK), (S.ROLLED_BACK,)),
    )
)


def _granted(run: Run) -> bool:
    return holds(run.account.store.team(), GUEST, Role.APPROVER)


def _role_asked(run: Run) -> bool:
    return any(sk.startswith("QUESTION#role-") for (_, sk), _ in run.account.table.items())


def _first_yes(run: Run) -> bool:
    asked = run.asked(Kind.FINISH)
    return asked is not None and asked.missing == 1


PEOPLE = (
    flow(
        "two confirm the switch",
        *(*READY, FINISH),
        click("confirm", APPROVER, _first_yes, Kind.FINISH),
        replace(SWITCH, then=asks(Kind.KEEP)),
        CLOSES,
        ends=(S.SUCCEEDED,),
        approvals={"finish": 2},
    ),
    flow(
        "reminded, then confirmed",
        *(ASK, REMINDED, click("confirm", APPROVER, asks(Kind.READY), Kind.START), cancel()),
        ends=(S.CANCELED,),
    ),
    flow(
        "a role is granted",
        happens("there is an admin", an_admin),
        say(f"grant <@{GUEST.user}> approver", LEAD, _role_asked),
        click("confirm", APPROVER, _granted),
        ends=(),
    ),
)
"""More than one person, and nobody in time."""


def _waits(count: int) -> Callable[[Run], bool]:
    """So many wait in the queue."""
    return lambda run: len(run.environment().queue) == count


def _locked(run: Run) -> bool:
    return run.environment().lock is not None


def _turn(run: Run) -> bool:
    """The turn of the first in the queue has come."""
    queue = run.environment().queue
    return bool(queue and queue[0].offered_at)


def _asked(run: Run) -> bool:
    """The holder reads it in the channel."""
    return any("asks for" in each.text for each in run.account.slack.messages)


LOCKS = (
    flow(
        "the holder is asked",
        *(*READY, say(f"ask {AT}", LEAD, _asked), cancel()),
        ends=(S.CANCELED,),
    ),
    flow(
        "locked, waited for, deployed",
        say(f"lock {AT} for 1h A migration.", DEPLOYER, _locked),
        say("queue cameras@142 to production", LEAD, _waits(1)),
        say(f"unlock {AT} It is urgent.", LEAD, _turn),
        say("cameras@142 to production", LEAD, asks(Kind.START)),
        click("confirm", APPROVER, asks(Kind.READY), Kind.START),
        cancel(),
        ends=(S.CANCELED,),
    ),
)
"""Who keeps an environment for themselves, and who waits for it."""


def _a_past(run: Run) -> None:
    """Eight weeks of deployments that chat has no word of any more."""
    for each in season():
        run.account.store.commit(Save(replace(each, channel="")))


def _shown(run: Run) -> bool:
    """The team sees the picture too."""
    blocks = [block for each in run.account.slack.messages for block in each.blocks]
    return any(block["type"] == "image" for block in blocks)


ASKED = (
    flow(
        "the team is shown the key metrics",
        happens("there is a past", _a_past),
        say(f"stats {AT} 30d shared", LEAD, _shown),
        ends=(),
    ),
)
"""What somebody looked at is shown to all."""

SURFACES = (
    flow(
        "decided from the home",
        *(ASK, visit(APPROVER, lambda run: "confirm" in at_home(run, APPROVER))),
        click_at_home("confirm", APPROVER, asks(Kind.READY)),
        cancel(),
        ends=(S.CANCELED,),
    ),
    flow(
        "a form is sent",
        fill(
            {"where": AT, "typed": "142"},
            DEPLOYER,
            asks(Kind.START),
            instead="cameras@142 to production",
        ),
        *(START, cancel()),
        ends=(S.CANCELED,),
    ),
)
"""The same by other ways than typing."""


FLOWS = (*ENDS, *CANCELED, *WINDOW, *TROUBLE, *STRATEGIES, *PEOPLE, *LOCKS, *ASKED, *SURFACES, *UPDATES)
