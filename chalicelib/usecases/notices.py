"""What somebody has to notice: chat tells nobody of an edited message, so these are short replies that name who acts.

They have no buttons: those stand in the deployment's one message.
"""

from chalicelib.domain.deployment import Deployment
from chalicelib.usecases.chat_ports import Message
from chalicelib.usecases.words import words_of


def notice(deployment: Deployment) -> tuple[str, Message] | None:
    """The key and the message of what is to be noticed now; None where there is nothing."""
    words = words_of(deployment).notices.get(deployment.state)
    if words is None or not deployment.phases or deployment.plan_only:
        return None
    text = words(deployment)
    entered = deployment.phases[-1].at
    summary = text.replace("*", "")
    return f"notice-{deployment.state}-{entered:.0f}", Message(summary=summary, lines=(text,))
