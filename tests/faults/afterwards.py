"""What holds when a flow is over, by the account's real state (docs/safety.md: I6, I8, I9, I11, I14 and liveness)."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.messages import deployment_message
from chalicelib.wire.slack_message import text_of
from tests.faults.people import BOT_TOKEN, CI_SECRET, SIGNING

if TYPE_CHECKING:
    from tests.faults.acts import Flow
    from tests.faults.run import Run

TOKEN = re.compile(r"\btoken-\d+\b")
"""As tests.machine.driver makes task tokens."""
OF_A_QUESTION = frozenset({"confirm", "reject"})
OF_THE_PRESENT = frozenset({"finish", "cancel", "rollback", "keep", "retry"})


def over(run: "Run", flow: "Flow") -> list[str]:
    """Everything that is wrong with the account after a flow, the broken invariants of its way included."""
    made = run.deployments()
    watch = run.watch
    states = [each.state for each in made]
    if not flow.ended(states):
        details = [f"{each.state} ({each.reason}: {each.detail})" for each in made]
        watch.note("liveness", f"ended as {details}, not as {[str(each) for each in flow.ends]}")
    _nothing_is_left(run, made)
    _chat_is_true(run, made)
    for problem in run.account.slack.invalid:
        watch.note("chat", f"Slack does not take it: {problem}")
    _nothing_secret(run)
    return list(watch.broken)


def _nothing_is_left(run: "Run", made: Sequence[Deployment]) -> None:
    """I8, I9 and I11: no lock, no question, no token, no orphan; one deployment for each that was asked for."""
    watch, environment = run.watch, run.environment()
    ended = {each.id for each in made if each.ended and each.state is not State.STUCK}
    for slot in (environment.active, environment.keeping):
        if slot is not None and slot.deployment in ended:
            watch.note("I8", f"{slot.deployment} is over and holds the environment")
        if slot is not None and slot.deployment not in {each.id for each in made}:
            watch.note("I8", f"{slot.deployment} holds the environment and does not exist")
    for question in run.open():
        if question.deployment in ended:
            watch.note("I11", f"question {question.code} ({question.kind}) of {question.deployment} is open")
    _executions(run, made)
    _orphans(run, made)
    if len({each.deployment for each in run.account.states.started}) > len(made):
        watch.note("I9", "more executions than deployments")
    events = [item["result"]["S"] for (pk, _), item in run.account.table.items() if pk.startswith("SEEN#")]
    if any(events.count(each.id) > 1 for each in made):
        watch.note("I9", "two events were accepted for one deployment")


def _executions(run: "Run", made: Sequence[Deployment]) -> None:
    running = [each.name for each in run.machine.fibers if not each.done]
    for each in made:
        if each.ended and any(name.partition("/")[0].startswith(each.id) for name in running):
            run.watch.note("I11", f"{each.id} is over and an execution of it still waits")
    for fiber in run.machine.fibers:
        if fiber.failed is not None and "/" not in fiber.name:
            error = fiber.failed.error
            was_stuck = [each for each in made if any(phase.state is State.STUCK for phase in each.phases)]
            known = any(fiber.name.startswith(each.id) for each in was_stuck)
            if not known:
                run.watch.note(
                    "liveness", f"execution {fiber.name} failed: {error} {fiber.failed.cause[:200]}"
                )
    if all(each.ended for each in made) and run.account.states.waiting:
        run.watch.note("I11", "a task token is still waited for")


def _orphans(run: "Run", made: Sequence[Deployment]) -> None:
    now = run.clock.now()
    there = [each for each in run.account.ec2.instances.values() if each.there(now)]
    for instance in there:
        state, owner = instance.tag("state"), instance.tag("deployment")
        over_ = next((each for each in made if each.id == owner and each.ended), None)
        if over_ is not None and over_.state is not State.STUCK and state != "live":
            run.watch.note("I11", f"{instance.id} of {owner}, which {over_.state}, is still {state}")
    live = [each for each in there if each.tag("state") == "live" and each.ending == ""]
    if all(each.ended and each.state is not State.STUCK for each in made):
        owners = {each.tag("deployment") for each in live}
        if len(owners) != 1 or any(each.tag("state") == "standby" and not each.ending for each in there):
            run.watch.note(
                "I11", f"the account has {sorted((e.tag('deployment'), e.tag('state')) for e in there)}"
            )


def _chat_is_true(run: "Run", made: Sequence[Deployment]) -> None:
    """I6, I11 and liveness: one message for each deployment, which says how it ended, and no live button anywhere."""
    watch, messages = run.watch, run.account.slack.messages
    current = {each.id for each in made if not each.ended or each.state is State.STUCK}
    for message in messages:
        for verb, value in message.buttons():
            question = run.account.store.question(value) if verb in OF_A_QUESTION else None
            if verb in OF_A_QUESTION and (question is None or question.answer is not None):
                watch.note(
                    "I6", f"button {verb} {value} of a decided question is live in `{message.text[:60]}`"
                )
            if verb in OF_THE_PRESENT and not current & set(value.split()):
                watch.note("I11", f"button {verb} {value} is live in `{message.text[:60]}`, and that is over")
    for each in made:
        asked = run.account.store.questions(each.ref)
        text = text_of(deployment_message(each, asked, run.clock.now()))
        shown = [message for message in messages if not message.thread and message.text == text]
        if len(shown) != sum(text_of(deployment_message(other, (), 0)) == text for other in made):
            watch.note("liveness", f"chat says {len(shown)} times `{text[:70]}`")
    known = sum(sk.startswith("POST#") for (_, sk), _ in run.account.table.items())
    if len(messages) > known:
        watch.note("chat", f"{len(messages)} messages for {known} things to say")


def _nothing_secret(run: "Run") -> None:
    """I14: no secret, token or signature in a log line, a message, an answer, or what the state machine carries."""
    secrets = [SIGNING, CI_SECRET, BOT_TOKEN, *run.people.signatures]
    stream = [str(each) for each in run.account.table.stream]
    places = {
        "a log line": [run.log.getvalue()],
        "a message": run.account.slack.texts,
        "an answer": run.people.said,
        "a state's input": [*run.machine.inputs, *run.account.states.inputs.values()],
        "the stream": stream,
    }
    for place, texts in places.items():
        text = "\n".join(texts)
        if TOKEN.search(text):
            run.watch.note("I14", f"a task token is in {place}")
        for secret in secrets:
            if secret in text:
                run.watch.note("I14", f"a secret ({secret[:12]}...) is in {place}")
