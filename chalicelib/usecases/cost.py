"""What a deployment cost: the second fleet's hours at the prices that are configured.

What Pointsman itself costs is not in it: the number of state transitions is not in the records, and it is a fraction of
a cent ("How a deployment ends", docs/asking.md).
"""

from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.texts import duration

_HOUR = 3_600


def cost(deployment: Deployment) -> str:
    """For a deployment that has ended; empty where there never was a second fleet."""
    seconds = _second_fleet(deployment)
    plan = deployment.plan
    if not seconds or plan is None:
        return ""
    if plan.usd_per_hour is None:
        return f"unknown: no price is configured; a second fleet ran for {duration(seconds)}"
    usd = plan.usd_per_hour * seconds / _HOUR
    return f"{_usd(usd)}: a second fleet for {duration(seconds)} at {plan.usd_per_hour:.2f} USD an hour"


def _second_fleet(deployment: Deployment) -> float:
    """Seconds from its launch to the end of one of the two; 0 where none was launched."""
    if not deployment.ended or not deployment.new:
        return 0.0
    began = next((each.at for each in deployment.phases if each.state is State.PREPARING), None)
    return deployment.phases[-1].at - began if began is not None else 0.0


def _usd(amount: float) -> str:
    return f"about {amount:.2f} USD" if amount >= 0.01 else "less than 0.01 USD"
