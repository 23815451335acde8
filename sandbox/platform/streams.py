"""Event source mappings: the poller that hands a table's changes to a function, in order and until it succeeds.

Sources, under docs.aws.amazon.com: lambda/latest/dg/with-ddb.html and services-ddb-params.html (batch size, batching
window, order, retry of the whole batch), invocation-eventfiltering.html (what does not match is skipped),
amazondynamodb/latest/developerguide/Streams.html (KEYS_ONLY).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from moto.awslambda_simple.models import lambda_simple_backends
from moto.dynamodb.models import dynamodb_backends

from sandbox.clock import GLANCE
from sandbox.platform import patterns
from sandbox.platform.locks import atomic

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.awslambda.models import EventSourceMapping

    from sandbox.clock import VirtualClock
    from sandbox.platform.pool import Reply
    from sandbox.platform.settings import Settings

log = logging.getLogger(__name__)

DEFAULT_BATCH = 100
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # virtual seconds between two attempts of a batch


class StreamPoller:
    """One thread for each mapping; a failed batch is tried again with growing pauses, later ones wait behind it."""

    def __init__(
        self, *, settings: Settings, clock: VirtualClock, invoke: Callable[[str, Any], Reply]
    ) -> None:
        self._lambda = lambda_simple_backends[settings.account][settings.region]
        self._tables = dynamodb_backends[settings.account][settings.region]
        self._region = settings.region
        self._clock = clock
        self._invoke = invoke
        self._followed: set[str] = set()

    def run(self) -> None:
        """Look for new mappings, forever."""
        while True:
            for mapping in list(self._lambda._event_source_mappings.values()):  # noqa: SLF001 # moto lists them by request only
                if mapping.uuid not in self._followed and ":dynamodb:" in mapping.event_source_arn:
                    self._followed.add(mapping.uuid)
                    threading.Thread(target=self._follow, args=(mapping,), daemon=True).start()
            time.sleep(0.2)

    def _follow(self, mapping: EventSourceMapping) -> None:
        position = 0
        while True:
            batch = self._next_batch(mapping, position)
            if not batch:
                time.sleep(GLANCE)
                continue
            records = [_record(item, mapping.event_source_arn, self._region) for item in batch]
            if wanted := [each for each in records if _passes(mapping, each)]:
                self._deliver(mapping, wanted)
            position += len(batch)

    def _next_batch(self, mapping: EventSourceMapping, position: int) -> list[dict[str, Any]]:
        """Wait for a first record, then for the window or a full batch."""
        size = int(mapping.batch_size or DEFAULT_BATCH)
        if not self._records(mapping, position, 1):
            return []
        for pause in self._clock.pauses(self._clock.now() + float(mapping.max_batch_window or 0)):
            if len(self._records(mapping, position, size)) == size:
                break
            time.sleep(pause)
        return self._records(mapping, position, size)

    def _records(self, mapping: EventSourceMapping, position: int, size: int) -> list[dict[str, Any]]:
        """Read under DynamoDB's lock: a transaction that fails takes its records back."""
        table_name = mapping.event_source_arn.split("/")[1]
        with atomic("dynamodb"):
            shard = self._tables.tables[table_name].stream_shard
            items = shard.items if shard else []
            return [item.to_json() for item in items[position : position + size]]

    def _deliver(self, mapping: EventSourceMapping, records: list[dict[str, Any]]) -> None:
        """Deliver all of a batch, in halves where it fails and the mapping says so."""
        pause = FIRST_PAUSE
        while (reply := self._invoke(mapping.function_arn, {"Records": records})).failed:
            if mapping.bisect_on_error and len(records) > 1:
                half = len(records) // 2
                self._deliver(mapping, records[:half])
                self._deliver(mapping, records[half:])
                return
            kind = json.loads(reply.payload).get("errorType")
            log.warning("%s failed for %d records (%s)", mapping.function_arn, len(records), kind)
            self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def _passes(mapping: EventSourceMapping, record: dict[str, Any]) -> bool:
    """Tell whether a record is for this function: any, where the mapping has no filter."""
    wanted = patterns.filters(mapping.filter_criteria)
    return not wanted or any(patterns.matches(each, record) for each in wanted)


def _record(item: dict[str, Any], stream_arn: str, region: str) -> dict[str, Any]:
    """Shape one record as Lambda passes it."""
    return {
        "eventID": item["eventID"],
        "eventName": item["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "eventSourceARN": stream_arn,
        "dynamodb": {
            **item["dynamodb"],
            "ApproximateCreationDateTime": item["dynamodb"]["ApproximateCreationDateTime"].timestamp(),
        },
    }
