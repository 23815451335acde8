"""What somebody who was refused can do instead, as buttons: one home for which refusal offers what."""

from collections.abc import Callable, Mapping

from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_ports import Action

Facts = Mapping[str, str]


def next_steps(refused: Refused) -> tuple[Action, ...]:
    """Buttons for the way on; none where only other words would help."""
    steps = _STEPS.get(refused.reason)
    return steps(refused.facts) if steps else ()


def _status(facts: Facts) -> tuple[Action, ...]:
    return (Action("status", "Show the status", f"{facts['service']} {facts['environment']}"),)


def _queue(facts: Facts) -> tuple[Action, ...]:
    """Wait for one's turn; with what was asked for, where the refusal knows it."""
    wanted = facts.get("wanted") or facts["service"]
    return (Action("queue", "Join the queue", f"{wanted} to {facts['environment']}"),)


def _deploy(facts: Facts) -> tuple[Action, ...]:
    value = f"{facts['wanted']} to {facts['environment']}"
    return (Action("deploy", f"Deploy {facts['wanted']} now", value, "primary"),)


def _leave(facts: Facts) -> tuple[Action, ...]:
    return (Action("leave", "Leave the queue", f"{facts['service']} {facts['environment']}"),)


def _locks(_facts: Facts) -> tuple[Action, ...]:
    return (Action("locks", "Show all locks", ""),)


_STEPS: dict[Reason, Callable[[Facts], tuple[Action, ...]]] = {
    Reason.ALREADY_ACTIVE: lambda facts: (*_queue(facts), *_status(facts)),
    Reason.LOCKED: lambda facts: (*_queue(facts), *_status(facts)),
    Reason.FROZEN: _queue,
    Reason.OTHERS_TURN: _queue,
    Reason.NOT_LOCKED: _locks,
    Reason.QUEUED_ALREADY: _leave,
    Reason.NOTHING_IN_THE_WAY: _deploy,
    Reason.ALREADY_LIVE: _status,
    Reason.NOTHING_ACTIVE: _status,
}
