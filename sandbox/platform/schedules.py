"""Rules with a schedule: the clock that invokes functions at a rate, in virtual time.

Source: docs.aws.amazon.com, eventbridge/latest/userguide/eb-create-rule-schedule.html ("Rate expressions": the first
time is one period after the rule was made; the finest is one minute) and eb-run-lambda-schedule.html (the event).
Where time was moved forward over several periods, the function is invoked once, not once for each.
"""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends

from sandbox.platform.serverless import period

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.events.models import Rule

    from sandbox.clock import VirtualClock
    from sandbox.platform.pool import Reply
    from sandbox.platform.settings import Settings

log = logging.getLogger(__name__)

PAUSE = 0.5
"""Real seconds between two looks at the rules: in time that runs fast a function is not invoked more often than so."""


class Scheduler:
    """Every rule of the account, one invocation after the other; what an invocation answers is only logged."""

    def __init__(
        self, *, settings: Settings, clock: VirtualClock, invoke: Callable[[str, Any], Reply]
    ) -> None:
        self._backend = events_backends[settings.account][settings.region]
        self._region, self._account = settings.region, settings.account
        self._clock = clock
        self._invoke = invoke
        self._due: dict[str, float] = {}

    def run(self) -> None:
        """Look for what is due, forever."""
        while True:
            self.look()
            time.sleep(PAUSE)

    def look(self) -> None:
        """Invoke the targets of every enabled rule whose time has come."""
        for rule in self._rules():
            now, every = self._clock.now(), period(rule.scheduled_expression or "")
            due = self._due.setdefault(rule.arn, now + every)
            if now < due:
                continue
            self._due[rule.arn] = due + every if due + every > now else now + every
            for target in rule.targets:
                reply = self._invoke(target["Arn"], self._event(rule, now))
                if reply.failed:
                    log.warning("%s failed on schedule: %s", target["Arn"], reply.payload)

    def _rules(self) -> list[Rule]:
        found = list(self._backend.event_buses["default"].rules.values())
        return [rule for rule in found if rule.scheduled_expression and rule.state == "ENABLED"]

    def _event(self, rule: Rule, now: float) -> dict[str, Any]:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self._account,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            "region": self._region,
            "resources": [rule.arn],
            "detail": {},
        }
