"""Troubles of S3 that befall the functions alone: calls that are refused, and a function that dies in the middle."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from tests.sandbox.conftest import RunningPlatform


def read(platform: RunningPlatform, caller: str) -> str:
    """Ask for an object that is not there; the code of the answer."""
    with pytest.raises(ClientError) as error:
        platform.client("s3", caller).get_object(Bucket="nobodys", Key="nothing")
    return str(error.value.response["Error"]["Code"])


def test_so_many_calls_of_functions_are_refused(platform: RunningPlatform) -> None:
    """With S3's own error; other callers notice nothing."""
    before = platform.control("trouble", {}).get("refused", 0)
    platform.control("trouble", {"refuse": {"s3.GetObject": 2}})
    assert [read(platform, each) for each in ("tester", "echo", "echo", "echo")] == [
        "NoSuchBucket",
        "SlowDown",
        "SlowDown",
        "NoSuchBucket",
    ]
    assert platform.control("trouble", {})["refused"] == before + 2


def test_a_function_dies_at_its_call(platform: RunningPlatform) -> None:
    """Whoever invoked it is told, the call takes effect, and the next request gets a new worker."""
    replies: list[Any] = []

    def invoke(seconds: float) -> None:
        reply = platform.client("lambda").invoke(
            FunctionName="sleep", Payload=json.dumps({"seconds": seconds})
        )
        replies.append(json.load(reply["Payload"]))

    def killed() -> bool:
        """While it runs, which takes a moment to begin."""
        platform.control("trouble", {"die": {"s3.GetObject": 1}})
        assert read(platform, "sleep") == "NoSuchBucket"
        return bool(platform.control("trouble", {}).get("killed", 0))

    thread = threading.Thread(target=invoke, args=(0.9,))
    thread.start()
    eventually(killed)
    thread.join()
    invoke(0)
    assert replies[0]["errorType"] == "Runtime.ExitError"
    assert isinstance(replies[1], int)


@pytest.mark.parametrize("wrong", [{"slow": {"s3.GetObject": 1}}, {"refuse": {"ec2.RunInstances": 1}}])
def test_other_troubles_are_not_known(platform: RunningPlatform, wrong: dict[str, Any]) -> None:
    """Nothing is left to silence."""
    with pytest.raises(HTTPError, match="400"):
        platform.control("trouble", wrong)
