"""What is live, what is under way and what waits for an answer, one environment a paragraph."""

from chalicelib.domain.approval import SECOND_PERSON
from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.ports import Overview
from chalicelib.usecases.texts import duration, live, plain
from chalicelib.usecases.words import state_name, words_of


def status(overview: Overview, now: float) -> str:
    """One environment."""
    environment = overview.environment
    lines = [f"*{environment.service}* in *{environment.name}*: {live(environment)}."]
    held = {slot.deployment for slot in (environment.active, environment.keeping) if slot is not None}
    lines.extend(
        f"• {each.id} (`{plain(each.version)}`): {state_name(each)}{_more(each, now)}"
        for each in overview.deployments
        if each.id in held
    )
    lines.extend(
        f"• `/deploy confirm {each.code}` or `reject`: {{person:{each.requester}}} waits for an answer, "
        f"{duration(each.deadline - now)} left"
        for each in overview.questions
        if each.kind in SECOND_PERSON and each.open_at(now)
    )
    return "\n".join(lines)


def _more(deployment: Deployment, now: float) -> str:
    """How far it is, what is kept until when, and what that costs."""
    price = deployment.plan.usd_per_hour if deployment.plan else None
    parts = []
    if deployment.progress:
        parts.append(plain(deployment.progress))
    if deployment.new and price is not None:
        parts.append(f"the second fleet costs {price:.2f} USD an hour")
    if deployment.state is State.KEEPING:
        parts.append(f"{words_of(deployment).ends} in {duration(deployment.keep_until - now)}")
    return f" ({'; '.join(parts)})" if parts else ""
