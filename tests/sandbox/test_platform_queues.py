"""Queues that feed a function, in virtual time.

Documentation: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and .../services-sqs-errorhandling.html
"""

from __future__ import annotations

import json
import uuid
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from tests.sandbox.conftest import RunningPlatform


def send(platform: RunningPlatform, body: str, seconds: int) -> float:
    """Send a message with a delay; when that was."""
    sqs, before = platform.client("sqs"), platform.clock.now()
    url = sqs.get_queue_url(QueueName="Later")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=seconds)
    return before


def waiting(platform: RunningPlatform, queue: str) -> list[int]:
    """Messages of a queue: to be received, kept back, in flight."""
    sqs = platform.client("sqs")
    names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "Delayed", "NotVisible")]
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return [int(found[name]) for name in names]


def collected(platform: RunningPlatform, body: str) -> list[tuple[float, dict[str, Any]]]:
    """When each message with a body came, and the record."""
    file = platform.folder / "collected"
    calls = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [(call["at"], each) for call in calls for each in call["records"] if each["body"] == body]


def test_a_message_comes_after_its_delay_in_virtual_time(platform: RunningPlatform) -> None:
    """Delay queues: the message is hidden for DelaySeconds, up to 15 minutes; then the function gets it, once."""
    body = uuid.uuid4().hex
    sent = send(platform, body, 900)
    assert waiting(platform, "Later")[1] == 1
    platform.clock.advance(800)
    assert collected(platform, body) == []
    platform.clock.advance(100)
    eventually(lambda: len(collected(platform, body)) == 1)
    ((came, record),) = collected(platform, body)
    assert came - sent >= 900
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(":Later")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    eventually(lambda: waiting(platform, "Later") == [0, 0, 0])


def test_what_failed_comes_again_after_the_visibility_timeout_and_is_given_up(
    platform: RunningPlatform,
) -> None:
    """Error handling: the batch becomes visible again; after maxReceiveCount it goes to the dead-letter queue."""
    body = f"ill {uuid.uuid4().hex}"
    send(platform, body, 1)
    lost = sum(waiting(platform, "Lost"))
    for tries in (1, 2, 3):
        eventually(lambda tries=tries: len(collected(platform, body)) == tries)  # type: ignore[misc]
        platform.clock.advance(60)
    eventually(lambda: sum(waiting(platform, "Lost")) == lost + 1)
    times = [at for at, _ in collected(platform, body)]
    assert len(times) == 3
    assert all(later - earlier >= 60 for earlier, later in pairwise(times))
