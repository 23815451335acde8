"""SQS queues in virtual time, and the event source mappings that hand their messages to a function.

Sources, under docs.aws.amazon.com: AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html (delays of 0 to
900 seconds) and .../sqs-visibility-timeout.html; lambda/latest/dg/with-sqs.html (batches, the record's shape, deleted
after a success) and .../services-sqs-errorhandling.html (a batch that failed comes again after the visibility timeout).
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from moto.awslambda_simple.models import lambda_simple_backends
from moto.sqs import models
from moto.sqs.models import sqs_backends

from sandbox.clock import GLANCE
from sandbox.platform.locks import atomic
from sandbox.platform.override import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.awslambda.models import EventSourceMapping
    from moto.sqs.models import Message

    from sandbox.clock import VirtualClock
    from sandbox.platform.pool import Reply
    from sandbox.platform.settings import Settings

log = logging.getLogger(__name__)

DEFAULT_BATCH = 10


class QueuePoller:
    """One thread for each mapping; batches run beside each other, as Lambda runs them."""

    def __init__(self, *, settings: Settings, invoke: Callable[[str, Any], Reply]) -> None:
        self._lambda = lambda_simple_backends[settings.account][settings.region]
        self._sqs = sqs_backends[settings.account][settings.region]
        self._region = settings.region
        self._invoke = invoke
        self._followed: set[str] = set()

    def run(self) -> None:
        """Look for new mappings, forever."""
        while True:
            for mapping in list(self._lambda._event_source_mappings.values()):  # noqa: SLF001 # moto lists them by request only
                if mapping.uuid not in self._followed and ":sqs:" in mapping.event_source_arn:
                    self._followed.add(mapping.uuid)
                    threading.Thread(target=self._follow, args=(mapping,), daemon=True).start()
            time.sleep(0.2)

    def _follow(self, mapping: EventSourceMapping) -> None:
        name = mapping.event_source_arn.rpartition(":")[2]
        # moto would hand over every message at once and by itself, whatever its delay.
        self._sqs.get_queue(name).lambda_event_source_mappings.clear()
        while True:
            batch = self._receive(name, int(mapping.batch_size or DEFAULT_BATCH))
            if batch:
                threading.Thread(target=self._deliver, args=(mapping, name, batch), daemon=True).start()
            else:
                time.sleep(GLANCE)

    def _receive(self, name: str, size: int) -> list[Message]:
        with atomic("sqs"):
            queue = self._sqs.get_queue(name)
            timeout = int(queue.visibility_timeout)  # type: ignore[attr-defined] # moto sets attributes by name
            return self._sqs.receive_message(name, size, 0, timeout)

    def _deliver(self, mapping: EventSourceMapping, name: str, batch: list[Message]) -> None:
        """What succeeded is deleted; what failed becomes visible again by itself."""
        records = [_record(message, mapping.event_source_arn, self._region) for message in batch]
        reply = self._invoke(mapping.function_arn, {"Records": records})
        if reply.failed:
            log.warning("%s failed for %d messages: %s", mapping.function_arn, len(batch), reply.payload)
            return
        with atomic("sqs"):
            for message in batch:
                self._sqs.delete_message(name, str(message.receipt_handle))


def _record(message: Message, queue_arn: str, region: str) -> dict[str, Any]:
    """Shape one message as Lambda passes it."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }


def install(clock: VirtualClock) -> None:
    """Let delays, visibility timeouts and retention of moto's queues go by the virtual clock."""
    override(models, "unix_time", lambda _moment=None: clock.now())
    override(models, "unix_time_millis", lambda _moment=None: clock.now() * 1000)
