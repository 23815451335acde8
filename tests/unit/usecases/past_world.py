"""A service with a past: deployments that went live, some of which were taken back, as the records have them."""

from dataclasses import replace

from chalicelib.domain.deployment import Deployment, Phase, State
from tests.builders import DEPLOYER, NOW, deployment

DAY = 86_400.0


def ended(
    number: int, version: str, live: float, *, back: float = 0.0, environment: str = "production"
) -> Deployment:
    """A deployment that went live, and was taken back `back` seconds later where that is not 0."""
    states = [
        (State.ACCEPTED, live - 900),
        (State.PREPARING, live - 800),
        (State.TESTING, live - 500),
        (State.READY, live - 400),
        (State.SWITCHING, live - 5),
        (State.BAKING, live),
    ]
    if back:
        states += [
            (State.SWITCHING_BACK, live + back - 12),
            (State.DISCARDING, live + back),
            (State.ROLLED_BACK, live + back + 60),
        ]
    else:
        keeping = [
            (State.KEEPING, live + 60),
            (State.RETIRING, live + 7_260),
            (State.SUCCEEDED, live + 7_400),
        ]
        states += keeping
    outcome = State.ROLLED_BACK if back else State.SUCCEEDED
    made = deployment(outcome, id=f"cameras-{environment}-{number}", environment=environment)
    phases = tuple(Phase(state, at) for state, at in states)
    return replace(
        made,
        version=version,
        outcome=outcome,
        requested_at=live - 900,
        switched_at=live,
        phases=phases,
        finished_by=DEPLOYER,
    )


def season() -> list[Deployment]:
    """Eight weeks: twelve changes, of which two were taken back; the newest is a day old."""
    ages = (1, 3, 8, 9, 10, 16, 23, 24, 33, 40, 47, 54)
    made = [
        ended(
            len(ages) - place,
            str(130 + len(ages) - place),
            NOW - age * DAY,
            back=900.0 if age in {9, 40} else 0,
        )
        for place, age in enumerate(ages)
    ]
    return made[::-1]
