"""EventBridge's default bus: events of services, led by rules with a pattern to their functions.

Source: docs.aws.amazon.com, eventbridge/latest/userguide/eb-events-structure.html (the envelope) and eb-targets.html: a
function is invoked asynchronously, so what it answers is nobody's, and a failing one is tried again.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.events.models import Rule, events_backends

from sandbox.platform import patterns
from sandbox.platform.override import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clock import VirtualClock
    from sandbox.platform.settings import Settings


class EventBus:
    """`invoke` runs a function in the background."""

    def __init__(
        self, *, settings: Settings, clock: VirtualClock, invoke: Callable[[str, Any], None]
    ) -> None:
        self._backend = events_backends[settings.account][settings.region]
        self._account, self._region = settings.account, settings.region
        self._clock = clock
        self._invoke = invoke

    def send(self, source: str, kind: str, resource: str, detail: dict[str, Any]) -> None:
        """Deliver one event to the targets of every enabled rule that it matches."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": source,
            "account": self._account,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock.now())),
            "region": self._region,
            "resources": [resource],
            "detail": detail,
        }
        for rule in list(self._backend.event_buses["default"].rules.values()):
            self.lead(rule, event)

    def lead(self, rule: Rule, event: Any) -> None:
        """Hand an event to the targets of a rule, where it matches."""
        pattern = rule.event_pattern.get_pattern()
        if pattern and rule.state == "ENABLED" and patterns.matches(pattern, event):
            for target in rule.targets:
                self._invoke(target["Arn"], event)


def install(bus: EventBus) -> None:
    """Bind the bus into moto's PutEvents, which calls no functions."""

    def send_to_targets(rule: Rule, event: Any, *_: object, **__: object) -> None:
        bus.lead(rule, event)

    override(Rule, "send_to_targets", send_to_targets)
