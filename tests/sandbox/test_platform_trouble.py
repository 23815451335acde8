"""Troubles of S3 that befall the functions alone: calls that are refused, and a function that dies in the middle."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
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

    def invoke(seconds: float) -> Any:
        payload = json.dumps({"seconds": seconds})
        reply = platform.client("lambda").invoke(FunctionName="sleep", Payload=payload)
        return json.load(reply["Payload"])

    def death() -> Any:
        """What is answered where the function died: on a slow machine the call may miss several that ended well."""
        reply = invoke(1.5)
        return reply if "Runtime.ExitError" in str(reply) else None

    with ThreadPoolExecutor(1) as beside:
        dying = beside.submit(eventually, death)
        while not dying.done():
            platform.control("trouble", {"die": {"s3.GetObject": 1}})
            assert read(platform, "sleep") == "NoSuchBucket"
    assert "exited without" in dying.result()["errorMessage"]
    assert platform.control("trouble", {})["killed"] == 1
    assert isinstance(invoke(0), int)


@pytest.mark.parametrize("wrong", [{"slow": {"s3.GetObject": 1}}, {"refuse": {"ec2.RunInstances": 1}}])
def test_other_troubles_are_not_known(platform: RunningPlatform, wrong: dict[str, Any]) -> None:
    """Nothing is left to silence."""
    with pytest.raises(HTTPError, match="400"):
        platform.control("trouble", wrong)
