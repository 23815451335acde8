"""What somebody has to notice: chat tells nobody of an edited message, so these are short replies that name who acts.

They have no buttons: those stand in the deployment's one message.
"""

from collections.abc import Callable

from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.chat_ports import Message


def notice(deployment: Deployment) -> tuple[str, Message] | None:
    """The key and the message of what is to be noticed now; None where there is nothing."""
    words = _WORDS.get(deployment.state)
    if words is None or not deployment.phases or deployment.plan_only:
        return None
    text = words(deployment)
    entered = deployment.phases[-1].at
    summary = text.replace("*", "")
    return f"notice-{deployment.state}-{entered:.0f}", Message(summary=summary, lines=(text,))


def _name(deployment: Deployment) -> str:
    return f"*{deployment.service}@{deployment.version}*"


def _ready(deployment: Deployment) -> str:
    return (
        f"{{person:{deployment.requester}}} {_name(deployment)} is ready in *{deployment.environment}*, and no device "
        "uses it yet. Try it, then finish it or cancel it."
    )


def _asking_retry(deployment: Deployment) -> str:
    return (
        f"{{person:{deployment.requester}}} A step of {_name(deployment)} failed in *{deployment.environment}*; "
        "traffic stays where it is. Mend what is wrong and retry, or give up."
    )


def _failed(deployment: Deployment) -> str:
    """A failure after the switch was felt by devices, so everybody is told."""
    if deployment.switched_at:
        return (
            f"{{team}} {_name(deployment)} failed in *{deployment.environment}* after the switch. "
            "Traffic is back on the old fleet."
        )
    return (
        f"{{person:{deployment.requester}}} {_name(deployment)} failed in *{deployment.environment}*. "
        "Traffic stayed where it was, and the new fleet is gone."
    )


_WORDS: dict[State, Callable[[Deployment], str]] = {
    State.READY: _ready,
    State.ASKING_RETRY: _asking_retry,
    State.FAILED: _failed,
}
