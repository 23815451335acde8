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


_STEPS: dict[Reason, Callable[[Facts], tuple[Action, ...]]] = {
    Reason.ALREADY_ACTIVE: _status,
    Reason.ALREADY_LIVE: _status,
    Reason.NOTHING_ACTIVE: _status,
}
