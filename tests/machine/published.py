"""What somebody may publish while deployments are under way: changes of the configuration, each with its name."""

from collections.abc import Callable
from typing import Any

from tests.builders import APPROVER, DEPLOYER, LEAD

PUBLISHED: dict[str, Callable[[dict[str, Any]], object]] = {
    "nobody may deploy": lambda raw: raw["people"].update(deployer=[]),
    "nobody may approve": lambda raw: raw["people"].update(approver=[]),
    "deployers and approvers as before": lambda raw: raw["people"].update(
        deployer=[DEPLOYER.user, LEAD.user], approver=[APPROVER.user, LEAD.user]
    ),
    "the approver may deploy": lambda raw: raw["people"].update(deployer=[APPROVER.user, LEAD.user]),
    "unprotected": lambda raw: _environments(raw, protected=False),
    "protected": lambda raw: _environments(raw, protected=True),
    "short waits": lambda raw: _environments(
        raw, timeouts={"ask": 60, "ready": 600, "keep_old": 600, "retry": 0}
    ),
    "long bake": lambda raw: _environments(raw, bake={"time": 3_600, "alarms": ["cameras-errors"]}),
}


def _environments(raw: dict[str, Any], **changes: object) -> None:
    for environment in raw["services"]["cameras"]["environments"].values():
        environment.update(changes)
