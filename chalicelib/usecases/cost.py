"""What a deployment cost: the second fleet's hours at the prices that are configured.

What Pointsman itself costs is not in it: the number of state transitions is not in the records, and it is a fraction of
a cent ("How a deployment ends", docs/asking.md).
"""

from chalicelib.domain.deployment import ENDS, Deployment, State
from chalicelib.usecases.texts import duration

_HOUR = 3_600
_CLOSED = ENDS - {State.STUCK}
"""Of what got stuck both fleets run on."""


def cost(deployment: Deployment) -> str:
    """For a deployment that has come to its end; empty where nobody knows whether hosts ran."""
    began = next((each.at for each in deployment.phases if each.state is State.PREPARING), None)
    if began is None:
        return "nothing: no second fleet was started"
    plan = deployment.plan
    if plan is None or not deployment.new:
        return ""
    first, last = _ends(deployment)
    ran = f"a second fleet for {duration(first - began)}"
    left = f", then {left_over(deployment.left)} for {duration(last - first)}" if deployment.left else ""
    if plan.usd_per_hour is None:
        return f"unknown, since no price is configured: {ran}{left}"
    each = plan.usd_per_hour / plan.size
    usd = (each * plan.size * (first - began) + each * deployment.left * (last - first)) / _HOUR
    return f"{_usd(usd)}: {ran} at {plan.usd_per_hour:.2f} USD an hour{left}"


def left_over(count: int) -> str:
    """Hosts that were to end and did not."""
    return "a host was left over" if count == 1 else f"{count} hosts were left over"


def _ends(deployment: Deployment) -> tuple[float, float]:
    """When it ended first, and last: what was left over is ended later."""
    ends = [each.at for each in deployment.phases if each.state in _CLOSED]
    return (ends[0], ends[-1]) if ends else (deployment.requested_at, deployment.requested_at)


def _usd(amount: float) -> str:
    return f"about {amount:.2f} USD" if amount >= 0.01 else "less than 0.01 USD"
