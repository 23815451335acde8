"""The payload that the state machine sends to a step, and the keys that the table's stream sends to chat."""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.deployment import Ref
from chalicelib.usecases.steps.work import StepEvent


def parse_step(payload: Mapping[str, Any]) -> StepEvent:
    """`{"step", "input": {service, environment, deployment, run}}`; waits add `token` and `entered`, trouble adds
    `error`, an item of a Map its `part`."""
    ids = payload["input"]
    return StepEvent(
        step=payload["step"],
        ref=Ref(ids["service"], ids["environment"], ids["deployment"]),
        run=ids["run"],
        token=payload.get("token", ""),
        entered=payload.get("entered", ""),
        error=payload.get("error"),
        part=payload.get("part", 0),
    )
